"""Shares of a map stand beside shares of the area; borders, marks and air are found out."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.explain.audit.anatomy import Part, anatomy, excess, on_input
from medimg_core.preprocess import letterboxed
from medimg_core.results import Flag, GateOutcome, MaskLabel, Segmentation
from tests.explain.audit.planted import GRID, case

pytestmark = pytest.mark.usefixtures("planted_models")


def spot(*cells):
    native = np.zeros(GRID)
    for cell in cells:
        native[cell] = 1
    return native


def lungs_of(own, mask, flags=(), **changes):
    return Segmentation(**{
        "model_id": "chest_xray_lungs", "weights_sha256": "0", "fingerprint": own.explanation.fingerprint, "frame": 0,
        "slices": (0, 0), "labels": (MaskLabel(1, "lungs"),), "mask": mask[None].astype(np.uint8),
        "raw": mask[None].astype(np.uint8), "regions": (), "volumes_ml": {}, "flags": flags, "agreement": {},
        "threshold": 0.5, "gate": GateOutcome(()), **changes,
    })  # fmt: skip


def half(left=True):
    mask = np.zeros((96, 96), bool)
    mask[10:80, 10:40] = True
    return mask if left else mask[:, ::-1]


@pytest.mark.parametrize(
    ("part", "value"), [(Part(0.5, 0.5), 0.0), (Part(1.0, 0.3), 1.0), (Part(0.0, 0.5), -1.0), (Part(1.0, 1.0), 0.0)]
)
def test_excess(part, value):
    assert excess(part) == pytest.approx(value)


@pytest.mark.parametrize(
    ("cell", "verdict"), [((5, 3), "shown"), ((5, 9), "not_shown")]
)  # inside the left half, and on the other side
def test_lungs(cell, verdict):
    own = case(0, ("mark_a",))
    item = anatomy(own.asked(spot(cell)), lungs_of(own, half()))
    assert item.verdict == verdict, item.sentence
    part = item.figures["lungs"]
    assert part["area"] == pytest.approx(86 * 46 / 96**2, abs=0.01)  # widened by a cell of 8 pixels on each side
    assert part["ratio"] == pytest.approx(part["share"] / part["area"])


def test_a_map_spread_evenly_has_the_areas_share():
    own = case(0, ("mark_a",))
    even = np.ones(GRID) + 0.01 * np.indices(GRID).sum(axis=0)
    item = anatomy(own.asked(even), lungs_of(own, half()))
    assert item.figures["lungs"]["ratio"] == pytest.approx(1, abs=0.05)
    assert item.figures["border"]["ratio"] == pytest.approx(1, abs=0.05)
    assert item.verdict != "shown"


@pytest.mark.parametrize(("mask", "flags"), [(half(), (Flag("size", "too small"),)), (np.zeros((96, 96), bool), ())])
def test_an_implausible_outline_says_nothing(mask, flags):
    own = case(0, ("mark_a",))
    item = anatomy(own.asked(spot((5, 3))), lungs_of(own, mask, flags))
    assert (item.verdict, item.reason) == ("cannot_tell", "the lungs' outline is not plausible")
    assert "lungs" not in item.figures


def test_a_map_at_the_border_is_found_out():
    item = anatomy(case(0, ("mark_a",)).asked(spot((0, 0), (11, 11), (0, 6))))
    assert (item.verdict, item.reason) == ("not_shown", "it lies at the border")


def test_a_map_on_burnt_in_marks_is_found_out():
    own = case(0, ("mark_a",))
    image = np.full((96, 96), 0.2, np.float32)
    image[40:52, 40:41] = image[40:52, 44:45] = image[40:52, 48:49] = image[40:52, 52:53] = 1.0  # strokes of a word
    item = anatomy(own.asked(spot((5, 5))), image=image)
    assert item.verdict == "not_shown", item.sentence
    assert "burnt-in marks" in item.reason
    assert item.figures["burnt-in marks"]["ratio"] > 2
    assert anatomy(own.asked(spot((9, 2))), image=image).figures["burnt-in marks"]["share"] == 0


def test_a_map_outside_the_body_is_found_out():
    own = case(0, ("mark_a",))
    batch = np.zeros_like(own.query.batch)
    rows, columns = np.indices((96, 96))
    batch[0, np.hypot(rows - 48, columns - 48) < 28] = 0.7
    changed = replace(own, query=replace(own.query, batch=batch))
    found = anatomy(changed.asked(spot((1, 1), (6, 6), (6, 5))))
    assert found.figures["outside the body"]["share"] > 0.2
    assert found.verdict == "not_shown"
    inside = anatomy(changed.asked(spot((6, 6), (6, 5))))
    assert inside.figures["outside the body"]["share"] == 0
    assert inside.verdict == "information"
    ultrasound = replace(changed.query.card, modality=("US",))
    silent = replace(changed, query=replace(changed.query, card=ultrasound))
    assert "outside the body" not in anatomy(silent.asked(spot((6, 6)))).figures


def test_masks_come_to_the_networks_grid_with_the_picture():
    asked = SimpleNamespace(
        explanation=SimpleNamespace(image_shape=(60, 30)),
        shape=(24, 24),
        query=SimpleNamespace(placement=letterboxed((60, 30), (24, 24))),
    )
    mask = np.zeros((60, 30), bool)
    mask[:10, 20:] = True  # top right of a narrow image
    found = on_input(asked, mask)
    assert np.argwhere(found).min(axis=0).tolist() == [0, 14]
    assert np.argwhere(found).max(axis=0).tolist() == [3, 17]
    with pytest.raises(IncompatibleInputError, match="the image's shape"):
        on_input(asked, mask.T)


def test_lungs_of_another_volume_are_refused():
    own = case(0, ("mark_a",))
    with pytest.raises(IncompatibleInputError, match="another's"):
        anatomy(own.asked(spot((5, 3))), lungs_of(own, half(), fingerprint="other"))
