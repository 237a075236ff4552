"""The acceptance test must hold here, and must fail where something is wrong."""

import dataclasses

import numpy as np
import pytest

from medimg_core import selftest as module
from medimg_core.geometry import Geometry
from medimg_core.io import open_study
from medimg_core.phantoms import Phantom, make_phantom
from medimg_core.registry import ModelCard
from medimg_core.selftest import selftest
from medimg_core.study import Series


@pytest.fixture(scope="module")
def axial() -> tuple[Phantom, Series]:
    phantom = make_phantom("orientation_axial")
    return phantom, open_study(phantom.files).studies[0].series[0]


def test_every_check_holds(shipped_models: list[ModelCard]) -> None:
    seen: list[str] = []
    answer = selftest(progress=lambda done, total, text: seen.append(text))
    assert {check["name"]: check["value"] for check in answer["checks"] if not check["holds"]} == {}
    assert answer["holds"] is True
    assert len(answer["checks"]) > 30
    for card in shipped_models:
        assert any(check["name"].startswith(card.id) for check in answer["checks"])
    assert seen[-1] == "done"


def with_affine(series: Series, affine: np.ndarray) -> Series:
    assert series.volume is not None
    return dataclasses.replace(series, volume=dataclasses.replace(series.volume, geometry=Geometry(affine)))


@pytest.mark.parametrize("column", [0, 1, 2], ids=["slices", "rows", "columns"])
def test_a_mirrored_axis_is_found(axial: tuple[Phantom, Series], column: int) -> None:
    phantom, series = axial
    assert series.volume is not None
    assert series.volume.geometry is not None
    affine = series.volume.geometry.affine.copy()
    affine[:3, column] *= -1
    checks = list(module._geometry(phantom, with_affine(series, affine)))
    assert not all(check["holds"] for check in checks)


def test_a_shift_of_a_ball_s_width_is_found(axial: tuple[Phantom, Series]) -> None:
    phantom, series = axial
    assert series.volume is not None
    assert series.volume.geometry is not None
    affine = series.volume.geometry.affine.copy()
    affine[:3, 3] += 6.5
    checks = list(module._geometry(phantom, with_affine(series, affine)))
    assert not any(check["holds"] for check in checks if "landmark" in check["name"])


@pytest.mark.parametrize(
    ("which", "phantom", "results"),
    [("tiny_masks", "ct_thorax", {"mask"}), ("tiny_multi", "breast_ultrasound_benign", {"mask", "score"})],
)
def test_every_kind_of_model_is_tried_on_a_phantom_of_its_kind(
    request: pytest.FixtureRequest, axial: tuple[Phantom, Series], which: str, phantom: str, results: set[str]
) -> None:
    made = make_phantom(phantom, reduced=True)
    phantoms = {"orientation_axial": axial[1], phantom: open_study(made.files).studies[0].series[0]}
    checks = list(module._model(request.getfixturevalue(which), phantoms))
    assert [check["name"] for check in checks if not check["holds"]] == []
    names = " ".join(check["name"] for check in checks)
    assert {what for what in ("mask", "score") if f"the {what} of a phantom is marked" in names} == results
    assert "another modality is not offered" in names
