"""Label maps of training masks."""

from pathlib import Path

import numpy as np
import pytest

from medimg_core.evaluation.folder import Row
from medimg_core.training.labels import EITHER, MOST, coded, label_map, resized, stacked, unknown
from medimg_core.training.plan import UNKNOWN, MaskTarget
from tests.training.lesions import only_masks, plan

SHAPE = (3, 8, 10)
INNER, OUTER = MaskTarget("inner", "mask"), MaskTarget("outer", "outer_mask", covers=("inner",))
BOXES = {"mask": np.s_[:, 3:5, 4:7], "outer_mask": np.s_[:, 2:6, 3:8]}


def read(path, value):
    """Stands in for a file: the box of its column."""
    found = np.zeros(SHAPE, bool)
    found[BOXES[path.name]] = True
    return found


def row(*columns, label=""):
    return Row(Path("i"), label, "", "p", "", {column: Path(column) for column in columns})


def test_later_classes_are_drawn_over_earlier_ones():
    found, undrawn = label_map(row("mask", "outer_mask"), only_masks(masks=(OUTER, INNER)), SHAPE, read)
    assert undrawn == 0
    assert found[1, 4, 5] == 2
    assert found[1, 2, 3] == 1
    assert (found == 2).sum() == 3 * 6
    assert (found > 0).sum() == 3 * 20


@pytest.mark.parametrize(
    ("masks", "columns", "bits", "values"),
    [
        ((OUTER, INNER), ("mask",), 0b01, {0, 2}),
        ((MaskTarget("outer", "outer_mask"), INNER), ("outer_mask",), 0b10, {0, 1}),
        # What was drawn as the outer one may be the inner one: neither is known.
        ((OUTER, INNER), ("outer_mask",), 0, {UNKNOWN}),
        ((OUTER, INNER), (), 0, {UNKNOWN}),
        ((), ("mask",), 0, {UNKNOWN}),
        (tuple(MaskTarget(f"c{i}", "mask" if i else "outer_mask") for i in range(MOST)), ("mask",), 1, {0, MOST}),
        (tuple(MaskTarget(f"c{i}", "mask" if i else "outer_mask") for i in range(MOST + 1)), ("mask",), 0, {UNKNOWN}),
    ],
)
def test_classes_without_a_file_are_undrawn(masks, columns, bits, values):
    chosen = only_masks(masks=masks) if masks else plan(masks=())
    found, undrawn = label_map(row(*columns), chosen, SHAPE, read)
    assert undrawn == bits
    assert set(np.unique(found).tolist()) == values


def test_a_label_may_say_that_a_mask_is_empty():
    chosen = plan(empty_without_file=("none",))
    assert label_map(row(label="none"), chosen, SHAPE, read)[0].max() == 0
    assert label_map(row(label="large"), chosen, SHAPE, read)[0].min() == UNKNOWN


@pytest.mark.parametrize(("bits", "code"), [(0, 0), (0b01, EITHER + 1), (0b100, EITHER + 4)])
def test_the_background_of_undrawn_classes_has_a_code(bits, code):
    label = np.array([[0, 2], [UNKNOWN, 0]], np.uint8)
    assert coded(label, bits).tolist() == [[code, 2], [UNKNOWN, code]]
    assert coded(label, bits).dtype == np.uint8
    assert EITHER + (1 << MOST) - 1 < UNKNOWN


def test_parts_that_touch_leave_no_gap_when_they_are_resized():
    label = np.zeros((40, 60), np.uint8)
    label[10:30, 10:30], label[10:30, 30:50] = 1, 2
    small = resized(label, (9, 13), 2)
    inside = small[3:6]
    assert (inside > 0).sum(axis=1).tolist() == [9, 9, 9] or (inside > 0).sum(axis=1).tolist() == [8, 8, 8]
    for line in inside:
        held = line[line > 0]
        assert (np.diff(held) >= 0).all()  # 1s, then 2s, nothing between
        assert (np.diff(np.flatnonzero(line)) == 1).all()
    assert (resized(np.full((4, 4), UNKNOWN, np.uint8), (2, 2), 2) == UNKNOWN).all()


@pytest.mark.parametrize("count", [3, 8, 20])
def test_slices_of_a_label_map_are_resampled_without_new_labels(count):
    label = np.zeros((8, 6, 6), np.uint8)
    label[1:4, :3], label[4:7, 3:] = 1, 2
    found = stacked(label, count, 2)
    assert found.shape == (count, 6, 6)
    assert set(np.unique(found).tolist()) <= {0, 1, 2}
    for value in (1, 2):
        share = (found == value).mean() / (label == value).mean()
        assert share == pytest.approx(1, abs=1.5 / count * 8 / 3)
    assert (stacked(np.full((4, 2, 2), UNKNOWN, np.uint8), 6, 2) == UNKNOWN).all()
    assert stacked(label, 8, 2) is label


def test_a_volume_that_nobody_drew_is_told_from_one_with_empty_ends():
    assert unknown(np.full((2, 3, 4), UNKNOWN, np.uint8))
    assert not unknown(np.zeros((2, 3, 4), np.uint8))
