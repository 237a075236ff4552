"""Edits on a mask whose three axes differ: what they change, and that taking them back leaves nothing behind."""

from dataclasses import replace

import numpy as np
import pytest

from medimg_core.correcting import MOST_RUNS, Add, Drop, Stroke, apply, difference
from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.geometry import Geometry
from medimg_core.results import GateOutcome, MaskLabel, Segmentation

LABELS = (MaskLabel(1, "one"), MaskLabel(3, "three"))
SHAPE = (4, 6, 5)


def made() -> Segmentation:
    """Two labels, each in two parts; a small part of label 3 was taken away."""
    mask = np.zeros(SHAPE, np.uint8)
    mask[0:2, 1:3, 1:3] = 1
    mask[2, 3, 3] = 1  # shares a corner with the block above: one part
    mask[3, 5, 0] = 1
    mask[0, 4:6, 3:5] = 3
    raw = mask.copy()
    raw[3, 0:2, 4] = 3
    return Segmentation(
        "tiny", "ab", "cd", 0, (0, 3), LABELS, mask, raw, (), {"one": None, "three": None}, (), {}, 0.5, GateOutcome()
    )


MODEL = made()


def places(mask, other=MODEL.mask):
    """Voxels that differ, with their new values."""
    return {tuple(int(n) for n in at): int(mask[tuple(at)]) for at in np.argwhere(mask != other)}


def run(row, column, count, *more):
    """Runs of a stroke; a row has five pixels."""
    return (row * 5 + column, count, *(run(*more) if more else ()))


EDITS = [
    ("brush", Stroke(3, 1, run(0, 0, 2, 5, 4, 1)), {(1, 0, 0): 3, (1, 0, 1): 3, (1, 5, 4): 3}),
    ("brush over another label", Stroke(3, 0, run(1, 0, 3)), {(0, 1, 0): 3, (0, 1, 1): 3, (0, 1, 2): 3}),
    ("brush over its own label", Stroke(1, 0, run(2, 0, 4)), {(0, 2, 0): 1, (0, 2, 3): 1}),
    ("brush to the next row", Stroke(1, 2, run(0, 3, 3)), {(2, 0, 3): 1, (2, 0, 4): 1, (2, 1, 0): 1}),
    ("eraser", Stroke(1, 0, run(1, 0, 5), erase=True), {(0, 1, 1): 0, (0, 1, 2): 0}),
    ("eraser leaves other labels", Stroke(3, 0, run(1, 0, 25), erase=True),
     {(0, 4, 3): 0, (0, 4, 4): 0, (0, 5, 3): 0, (0, 5, 4): 0}),
    ("a part over three slices", Drop((2, 3, 3)),
     {(k, r, c): 0 for k in (0, 1) for r in (1, 2) for c in (1, 2)} | {(2, 3, 3): 0}),
    ("a part of one voxel", Drop((3, 5, 0)), {(3, 5, 0): 0}),
    ("a part of the other label", Drop((0, 4, 3)), {(0, r, c): 0 for r in (4, 5) for c in (3, 4)}),
    ("a part brought back", Add((3, 1, 4)), {(3, 0, 4): 3, (3, 1, 4): 3}),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "changed"), [pytest.param(e, c, id=name) for name, e, c in EDITS])
def test_an_edit_changes_these_voxels_and_no_others(edit, changed):
    before = MODEL.mask.copy()
    corrected = apply(MODEL, [edit])
    assert places(corrected.mask) == changed
    assert np.array_equal(MODEL.mask, before)
    assert set(corrected.slices) == {at[0] for at in changed}
    assert not corrected.mask.flags.writeable
    assert np.array_equal(apply(MODEL, [], corrected).mask, before)


def test_edits_work_on_what_is_left_by_those_before():
    bridge, drop = Stroke(1, 2, run(3, 2, 1, 4, 1, 1)), Drop((3, 5, 0))
    assert places(apply(MODEL, [drop, bridge]).mask) == {(3, 5, 0): 0, (2, 3, 2): 1, (2, 4, 1): 1}
    joined = apply(MODEL, [bridge, drop])
    assert not (joined.mask == 1).any()  # one part now, from corner to corner
    assert joined.slices == {0: 1, 1: 1, 2: 1, 3: 1}
    brought = apply(MODEL, [Stroke(1, 3, run(0, 4, 1)), Add((3, 1, 4))])
    assert places(brought.mask) == {(3, 0, 4): 1, (3, 1, 4): 3}  # what was painted stays


def test_the_slices_name_the_last_edit_that_changed_them():
    edits = [Drop((2, 3, 3)), Stroke(3, 1, run(0, 0, 1)), Stroke(1, 3, run(5, 0, 1)), Add((3, 1, 4))]
    assert apply(MODEL, edits).slices == {0: 0, 1: 1, 2: 0, 3: 3}


@pytest.mark.parametrize("seed", range(6))
def test_step_by_step_taken_back_and_made_again_is_the_same_as_at_once(seed):
    rng = np.random.default_rng(seed)
    known = apply(MODEL, [])
    edits: list = []
    for _turn in range(25):
        kind = rng.integers(5)
        if kind == 0 and edits:
            edits = edits[: rng.integers(len(edits))]
        elif kind == 1 and known.mask.any():
            edits = [*edits, Drop(tuple(int(n) for n in rng.choice(np.argwhere(known.mask))))]
        else:
            first = int(rng.integers(25))
            runs = (first, int(rng.integers(1, 6)))
            edits = [*edits, Stroke(int(rng.choice([1, 3])), int(rng.integers(4)), runs, bool(kind == 2))]
        known = apply(MODEL, edits, known)
        whole = apply(MODEL, edits)
        assert np.array_equal(known.mask, whole.mask)
        assert known.slices == whole.slices
        assert known.edits == tuple(edits)


def test_a_correction_of_another_mask_is_not_gone_on_with():
    other = made()
    erased = apply(other, [Drop((3, 5, 0))])
    assert np.array_equal(apply(MODEL, [], erased).mask, MODEL.mask)
    assert erased.corrects == ("tiny", "ab", "cd")


@pytest.mark.parametrize(
    ("edit", "error", "text"),
    [
        (Drop((0, 0, 0)), NotApplicableError, "no part at this point"),
        (Add((0, 0, 0)), NotApplicableError, "no part was taken away"),
        (Add((0, 1, 1)), NotApplicableError, "in the mask already"),
        (Drop((0, 6, 0)), IncompatibleInputError, "must lie in a mask"),
        (Add((0, 0, -1)), IncompatibleInputError, "must lie in a mask"),
        (Drop((3, 5, 0), frame=1), IncompatibleInputError, "the mask is of frame 0, the edit of frame 1"),
        (Stroke(2, 0, (0, 1)), IncompatibleInputError, "must be one of 1, 3, got 2"),
        (Stroke(1, 4, (0, 1)), IncompatibleInputError, "slice must be 0 to 3, got 4"),
        (Stroke(1, 0, ()), IncompatibleInputError, "1 to 40000 runs"),
        (Stroke(1, 0, (0,)), IncompatibleInputError, "1 to 40000 runs"),
        (Stroke(1, 0, (0, 1) * (MOST_RUNS + 1)), IncompatibleInputError, "1 to 40000 runs"),
        (Stroke(1, 0, (-1, 2)), IncompatibleInputError, "slice of 30 pixels"),
        (Stroke(1, 0, (28, 3)), IncompatibleInputError, "slice of 30 pixels"),
        (Stroke(1, 0, (0, 2**70)), IncompatibleInputError, "slice of 30 pixels"),
        (Stroke(1, 0, (4, 0)), IncompatibleInputError, "rise"),
        (Stroke(1, 0, (4, 2, 5, 1)), IncompatibleInputError, "rise"),
        (Stroke(1, 0, (8, 2, 4, 1)), IncompatibleInputError, "rise"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused(edit, error, text):
    with pytest.raises(error, match=text):
        apply(MODEL, [edit])


STACK = Geometry.from_dicom(
    orientation=[1, 0, 0, 0, 1, 0], position=[0, 0, 0], pixel_spacing=[2, 0.5], slice_step=[1, 0, 5]
)  # a gantry tilt: the step is longer than the slices are apart, the volume is that of 5 mm


def test_the_difference_is_told_label_by_label():
    edits = [Stroke(1, 1, run(0, 0, 3)), Stroke(3, 0, run(2, 2, 1)), Drop((3, 5, 0)), Drop((0, 5, 4))]
    one, three = difference(MODEL.mask, apply(MODEL, edits).mask, LABELS, STACK)
    # label 1: 10 voxels, 3 come and 2 go; label 3: 4 voxels, all of them go and another one comes
    assert (one.label, one.name, one.added, one.removed, one.slices) == (1, "one", 3, 2, (0, 1, 3))
    assert one.dice == pytest.approx(2 * 8 / (10 + 11))
    assert one.change_ml == pytest.approx((3 - 2) * 5 * 2 * 0.5 / 1000)
    assert (three.added, three.removed, three.slices) == (1, 4, (0,))
    assert three.dice == 0
    assert three.change_ml == pytest.approx(-3 * 5e-3)


def test_without_edits_nothing_differs():
    for each in difference(MODEL.mask, MODEL.mask, LABELS):
        assert (each.dice, each.added, each.removed, each.change_ml, each.slices) == (1, 0, 0, None, ())
    empty = np.zeros(SHAPE, np.uint8)
    assert all(np.isnan(each.dice) for each in difference(empty, empty, LABELS))


def test_masks_of_two_shapes_are_not_compared():
    with pytest.raises(IncompatibleInputError, match="one shape"):
        difference(MODEL.mask, MODEL.mask[:2], LABELS)


def test_the_frame_is_the_masks_own():
    later = replace(MODEL, frame=2)
    assert places(apply(later, [Drop((3, 5, 0), frame=2)]).mask) == {(3, 5, 0): 0}
