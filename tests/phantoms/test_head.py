"""The head's surfaces: layers in order, two hemispheres, fluid where it belongs."""

import numpy as np
import pytest

from medimg_core.phantoms.head import SCALP, SKULL, brain, draw_folds, vault

X = np.arange(-90, 91, dtype=np.float32)[None, :]
Y = np.arange(-110, 106, dtype=np.float32)[:, None]
FOLDS = draw_folds(np.random.default_rng(1))


def point(z: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return X, Y, np.full((1, 1), z, dtype=np.float32)


@pytest.mark.parametrize("z", [0.0, 25.0, 50.0])
def test_skull_and_scalp_have_their_thickness(z: float) -> None:
    layers = vault(point(z))
    row = int(np.argmin(np.abs(Y[:, 0] - 3)))
    reach = {name: float(X[0][field[row] > 0].max()) for name, field in layers.items()}
    assert reach["bone"] - reach["inner"] == pytest.approx(SKULL, abs=3)  # cut aslant higher up
    assert reach["skin"] - reach["bone"] == pytest.approx(SCALP, abs=2)
    for inside, outside in (("inner", "bone"), ("bone", "skin")):
        assert not ((layers[inside] > 0) & (layers[outside] <= 0)).any()


def test_the_face_lies_in_front_and_only_below() -> None:
    low, high = (vault(point(z))["skin"] > 0 for z in (-38.0, 30.0))
    front = [float(Y[:, 0][mask.any(axis=1)].min()) for mask in (low, high)]
    assert front[0] < front[1] - 8


@pytest.mark.parametrize("z", [35.0, 50.0])
def test_a_cleft_parts_the_hemispheres_above_the_corpus_callosum(z: float) -> None:
    inner = vault(point(z))["inner"]
    tissue = (brain(point(z), inner, FOLDS)["tissue"] > 0) & (inner > 0)
    middle = tissue[:, np.abs(X[0]) < 4].min(axis=1)
    length = (inner[:, 90] > 6).sum()
    assert (~middle & (inner[:, 90] > 6)).sum() > 0.9 * length
    assert tissue.mean() > 0.5 * (inner > 0).mean()


@pytest.mark.parametrize(
    ("name", "place", "inside"),
    [
        ("ventricles", (10.0, -14.0, 21.0), True),
        ("ventricles", (-10.0, -14.0, 21.0), True),
        ("ventricles", (40.0, -14.0, 21.0), False),
        ("nuclei", (-10.0, 9.0, 9.0), True),
        ("nuclei", (45.0, 9.0, 9.0), False),
        ("callosum", (3.0, 0.0, 23.0), True),
        ("hindbrain", (20.0, 45.0, -34.0), True),
        ("hindbrain", (20.0, 45.0, 10.0), False),
        ("cisterns", (0.0, -14.0, -19.0), True),
    ],
)
def test_structures_lie_where_they_belong(name: str, place: tuple[float, float, float], inside: bool) -> None:
    x, y, z = place
    found = brain(point(z), vault(point(z))["inner"], FOLDS)[name]
    assert (found[int(y) + 110, int(x) + 90] > 0) == inside


def test_sulci_differ_between_persons_and_between_the_sides() -> None:
    inner = vault(point(45.0))["inner"]
    one, other = (brain(point(45.0), inner, folds)["depth"] for folds in (FOLDS, draw_folds(np.random.default_rng(2))))
    rim = (inner > 4) & (inner < 14)
    assert ((one > 0) != (other > 0))[rim].mean() > 0.05
    assert ((one > 0) != (one > 0)[:, ::-1])[rim].mean() > 0.05
