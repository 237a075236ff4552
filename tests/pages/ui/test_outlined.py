"""Masks on their way over the picture."""

import numpy as np
import pytest

from medimg_core.correcting import Stroke
from pages._ui.outlined import Outlined, painted
from pages._ui.viewer import Label, overlays
from pages._ui.viewer.vault import VAULT
from tests.pages.conftest import make_case, make_ct, make_masks, make_study

RED, BLUE = (200, 10, 10), (10, 10, 200)
LABELS = (Label(1, "one", RED),)


@pytest.fixture(autouse=True)
def session(monkeypatch):
    token = VAULT.open()
    monkeypatch.setattr(overlays, "session_token", lambda: token)
    yield
    VAULT.close(token)


def held(*edits):
    case = make_case(make_study(1, make_ct(5))).with_view(slice_index=1)
    result = make_masks(case.volume, (1, (1, 3), (1, 4), (1, 4)))
    case = case.with_segmentation(case.series_key, result).with_edits(result, edits)
    return case, Outlined("mask-tiny", "Tiny", LABELS, result.mask, result)


def test_a_segmentation_can_be_corrected_and_anything_else_cannot():
    case, masks = held()
    assert masks.overlay(case, (1, 1, 1)).editable
    marks = np.zeros(case.volume.shape, np.uint8)
    marks[2, 2, 3] = 7
    case_of_search = Outlined("nodules", "Search", LABELS, marks, case.volume)
    over = case_of_search.overlay(case, (1, 1, 1))
    assert (over.editable, over.key, over.frame) == (False, "nodules", 0)
    assert over.array is marks
    # a reduced volume shows the middle voxel of each block
    assert case_of_search.overlay(case, (1, 2, 2)).array.shape == (5, 3, 4)
    assert case_of_search.overlay(case, (1, 4, 2)).array[2, 0, 1] == 7


def test_the_plane_of_a_still_picture_is_the_corrected_one():
    case, masks = held(Stroke(1, 1, (0, 2), id="a"))
    assert masks.plane(case)[0, :3].tolist() == [1, 1, 0]
    assert masks.plane(case.with_view(slice_index=0)).sum() == 0
    later = Outlined("mask-tiny", "Tiny", LABELS, masks.mask, masks.owner, frame=1)
    assert later.plane(case).sum() == 0  # of another time point


def test_outlines_are_drawn_inside_the_edge_and_nothing_else_is_touched():
    plane = np.zeros((4, 6), np.uint8)
    plane[1:3, 1:5] = 1
    plane[3, 0] = 2
    picture = np.full((40, 60, 3), 90, np.uint8)
    found = painted(picture, plane, LABELS)
    red = (found == RED).all(axis=-1)
    inside = np.zeros((40, 60), bool)
    inside[10:30, 10:50] = True
    inner = np.zeros((40, 60), bool)
    inner[12:28, 12:48] = True
    np.testing.assert_array_equal(red, inside & ~inner)
    assert (found[~red] == 90).all()
    assert (picture == 90).all()
