"""Connected parts of a label mask."""

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.masks import parts


def drawn() -> np.ndarray:
    """Label 2: a bar through three slices, two voxels that touch it by a corner, a speck; label 1 beside them."""
    mask = np.zeros((5, 8, 9), np.uint8)
    mask[1:4, 2, 3:7] = 2
    mask[4, 3, 7] = 2  # by a corner
    mask[0, 1, 2] = 2  # by a corner
    mask[3, 6, 0] = 2
    mask[1:4, 3, 3:7] = 1
    return mask


def test_faces_edges_and_corners_connect():
    found = parts(drawn(), 2)
    assert found.voxels == (14, 1)
    box, inside = found.inside(0)
    assert box == (slice(0, 5), slice(1, 4), slice(2, 8))
    assert inside.sum() == 14
    box, inside = found.inside(1)
    assert box == (slice(3, 4), slice(6, 7), slice(0, 1))
    assert inside.tolist() == [[[True]]]


def test_eight_neighbours_in_a_slice():
    mask = np.zeros((1, 5, 5), np.uint8)
    mask[0, 0, 0] = mask[0, 1, 1] = mask[0, 1, 3] = 1
    assert parts(mask, 1).voxels == (2, 1)


@pytest.mark.parametrize(("count", "kept"), [(0, 15), (1, 14), (2, 15), (9, 15)])
def test_the_largest_are_kept(count, kept):
    mask = drawn()
    result = np.zeros_like(mask)
    parts(mask, 2).first(count).paint(result)
    assert np.count_nonzero(result) == kept
    assert set(np.unique(result)) == {0, 2}
    assert np.array_equal(result[mask == 2] > 0, result[mask == 2] == 2)


def test_areas_are_by_slice_of_the_box():
    found = parts(drawn(), 2)
    assert found.areas.tolist() == [1, 4, 4, 5, 1]
    assert found.first(1).areas.tolist() == [1, 4, 4, 4, 1]


def test_of_two_of_one_size_the_first_comes_first():
    mask = np.zeros((1, 3, 9), np.uint8)
    mask[0, 1, [7, 1, 4]] = 1
    found = parts(mask, 1)
    assert [found.inside(index)[0][2].start for index in range(3)] == [1, 4, 7]


def test_a_label_that_is_not_there_has_no_parts():
    found = parts(drawn(), 3)
    assert (len(found), found.areas.size, found.chosen.size) == (0, 0, 0)
    mask = np.zeros((5, 8, 9), np.uint8)
    found.first(1).paint(mask)
    assert not mask.any()


@pytest.mark.parametrize(("shape", "value"), [((4, 4), 1), ((1, 4, 4), 0)])
def test_what_is_no_label_mask_is_refused(shape, value):
    with pytest.raises(IncompatibleInputError, match="parts need a mask"):
        parts(np.zeros(shape, np.uint8), value)
