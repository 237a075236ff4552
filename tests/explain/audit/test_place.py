"""Against truth, or what was drawn before the map was shown: each figure beside chance."""

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.explain.audit.place import Drawn, place
from medimg_core.explain.audit.record import MethodRecord, Record, Stage
from tests.explain.audit.planted import GRID, case

pytestmark = pytest.mark.usefixtures("planted_models")


def spot(cell, rest=0.0):
    native = np.full(GRID, rest)
    native[cell] = 1
    return native


def box(top, left, bottom, right):
    mask = np.zeros((96, 96), bool)
    mask[top:bottom, left:right] = True
    return mask


def record_of(cut):
    stages = (Stage("dense", 0.1, 0.0, 0.0, 0.1),)
    method = MethodRecord("features", "mark_a", 50, GRID, stages, 50, 0.5, 0.1, {}, cut, 0.4, "planted train, 9 images")
    return Record("0", "val", 0, {"grad_cam": method})


def test_the_true_map_lies_in_the_truth():
    own = case(0, ("mark_a",))
    item = place(own.asked(), Drawn(own.truth, "truth"), None)
    assert item.verdict == "shown", item.sentence
    assert item.figures["pointing"] is True
    assert item.figures["energy_chance"] == pytest.approx(36 / 96**2)
    assert "iou" not in item.figures


@pytest.mark.parametrize(
    ("native", "verdict", "pointing"),
    [
        (spot((4, 4)), "shown", True),
        (spot((9, 2)), "not_shown", False),
        (spot((4, 4), 0.9), "cannot_tell", True),  # the peak is there, and everything else everywhere
    ],
)
def test_places(native, verdict, pointing):
    item = place(case(0, ("mark_a",)).asked(native), Drawn(box(30, 30, 42, 42), "reader"), None)
    assert (item.verdict, item.figures["pointing"]) == (verdict, pointing), item.sentence
    assert "the reader's region" in item.sentence


@pytest.mark.parametrize(
    ("region", "hit", "near"),
    [
        (box(32, 39, 40, 47), True, True),  # the peak's cell reaches from pixel 32 to 39
        (box(32, 40, 40, 48), False, True),
        (box(32, 25, 40, 33), True, True),
        (box(32, 24, 40, 32), False, True),
        (box(39, 39, 41, 41), True, True),
        (box(40, 32, 48, 40), False, True),
        (box(32, 47, 40, 55), False, True),  # the next cell reaches from 40 to 47
        (box(32, 48, 40, 56), False, False),
        (box(16, 16, 24, 24), False, False),
    ],
)
def test_a_peak_counts_where_its_cell_touches_the_region(region, hit, near):
    item = place(case(0, ("mark_a",)).asked(spot((4, 4))), Drawn(region, "truth"), None)
    assert (item.figures["pointing"], item.figures["near"]) == (hit, near)


def test_chance_is_the_area_of_the_cells_that_touch():
    item = place(case(0, ("mark_a",)).asked(spot((4, 4))), Drawn(box(32, 39, 40, 47), "truth"), None)
    assert item.figures["pointing_chance"] == pytest.approx(2 * 64 / 96**2)
    assert item.figures["near_chance"] == pytest.approx(3 * 4 * 64 / 96**2)
    assert item.figures["energy_chance"] == pytest.approx(64 / 96**2)


def test_the_overlap_is_cut_where_training_images_say():
    own = case(0, ("mark_a",))
    native = spot((4, 4), 0.2)
    item = place(own.asked(native), Drawn(box(32, 32, 40, 40), "truth"), record_of(0.6))
    spread = own.asked(native).on_input
    cut = spread >= 0.6 * spread.max()
    inside = box(32, 32, 40, 40)
    assert item.figures["iou"] == pytest.approx((cut & inside).sum() / (cut | inside).sum())
    a, b = cut.mean(), inside.mean()
    assert item.figures["iou_chance"] == pytest.approx(a * b / (a + b - a * b))
    assert "60 % of its peak" in item.sentence


def test_the_models_own_mask_is_no_truth():
    with pytest.raises(IncompatibleInputError, match="before the map was shown"):
        Drawn(box(0, 0, 5, 5), "model")


def test_nothing_drawn_is_no_place():
    assert place(case(0, ("mark_a",)).asked(), Drawn(box(0, 0, 0, 0), "truth"), None).verdict == "not_applicable"


def test_a_region_of_another_grid_is_refused():
    with pytest.raises(IncompatibleInputError, match="the image's shape"):
        place(case(0, ("mark_a",)).asked(), Drawn(np.ones((95, 96), bool), "truth"), None)
