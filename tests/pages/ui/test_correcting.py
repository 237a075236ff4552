"""A reader's correction in the session."""

from dataclasses import replace

import numpy as np
import pytest

from medimg_core.correcting import Drop, Stroke
from medimg_core.errors import NotApplicableError
from pages._ui.correcting import begun
from tests.pages.conftest import make_case, make_ct, make_study
from tests.pages.ui.test_findings import segmented

PAINT, ERASE = Stroke(1, 0, (0, 3), id="a1"), Stroke(2, 2, (34, 2), erase=True, id="a2")
DROP = Drop((1, 2, 3), id="a3")


@pytest.fixture(scope="module")
def result():
    return segmented(make_ct(6).volume)


def test_nothing_is_copied_until_something_is_corrected(result):
    correction = begun(result)
    assert correction.corrected.mask is result.mask
    assert (correction.heard, correction.said, dict(correction.undone)) == (0, "", {})


def test_edits_that_are_taken_back_can_be_made_again_by_their_names(result):
    made = begun(result).with_edits([PAINT, ERASE, DROP])
    back = made.with_edits([PAINT])
    assert set(back.undone) == {"a2", "a3"}
    assert (back.edit("a1"), back.edit("a2"), back.edit("a9")) == (PAINT, ERASE, None)
    again = back.with_edits([PAINT, back.edit("a2")])
    assert set(again.undone) == {"a3"}
    assert np.array_equal(again.corrected.mask, begun(result).with_edits([PAINT, ERASE]).corrected.mask)
    assert np.array_equal(again.with_edits([]).corrected.mask, result.mask)


def test_an_edit_of_a_page_gets_a_name_of_its_own(result):
    nameless = Drop((1, 2, 3))
    made = begun(result).with_edits([PAINT, nameless])
    assert [edit.id for edit in made.corrected.edits] == ["a1", "page-1"]
    more = made.with_edits([*made.corrected.edits, Stroke(2, 1, (5, 1))])
    assert [edit.id for edit in more.corrected.edits] == ["a1", "page-1", "page-2"]
    less = more.with_edits([PAINT]).with_edits([PAINT, nameless])
    assert [edit.id for edit in less.corrected.edits] == ["a1", "page-3"]  # the names of others are not given again


def test_an_edit_that_cannot_be_made_changes_nothing(result):
    made = begun(result).with_edits([PAINT])
    with pytest.raises(NotApplicableError):
        made.with_edits([PAINT, Drop((0, 0, 5))])
    assert made.corrected.edits == (PAINT,)


def test_a_case_keeps_corrections_beside_the_models_masks():
    case = make_case(make_study(1, make_ct(6)))
    result = segmented(case.volume)
    assert case.with_edits(result, [PAINT]).corrected(result) is None  # masks that the case does not hold
    case = case.with_segmentation(case.series_key, result)
    edited = case.with_edits(result, [PAINT])
    assert edited.segmentation("tiny_masks") is result
    assert edited.corrected(result).mask[0, 0, :4].tolist() == [1, 1, 1, 0]
    assert case.corrected(result) is None
    assert edited.with_edits(result, []).corrected(result) is None
    newer = segmented(case.volume)
    again = edited.with_segmentation(case.series_key, newer)
    assert (again.corrected(newer), again.corrected(result)) == (None, None)
    assert again.with_edits(result, [PAINT]).corrected(result) is None  # too late
    assert not edited.with_declared("a word").findings.corrections
    assert not edited.without_studies({"1.9.1"}).findings.corrections


def test_masks_of_other_slices_keep_their_corrections():
    case = make_case(make_study(1, make_ct(6)))
    one, other = segmented(case.volume, slices=(0, 2)), segmented(case.volume, slices=(3, 5))
    case = case.with_segmentation(case.series_key, one).with_edits(one, [PAINT])
    case = case.with_segmentation(case.series_key, other).with_edits(other, [ERASE])
    assert case.corrected(one).edits == (PAINT,)
    assert case.corrected(other).edits == (ERASE,)


def test_the_number_heard_stays_with_the_correction(result):
    said = replace(begun(result), heard=7, said="no part there")
    assert said.with_edits([PAINT]).heard == 7


def test_what_a_page_takes_back_can_be_made_again_until_something_else_is(result):
    made = begun(result).with_edits([PAINT, ERASE])
    empty = made.without_edits()
    assert empty.corrected.mask is result.mask
    assert empty.discarded == (PAINT, ERASE)
    assert empty.with_edits(empty.discarded).corrected.edits == (PAINT, ERASE)
    assert empty.with_edits(empty.discarded).discarded == ()
    assert empty.with_edits([DROP]).discarded == ()
