"""Drops that held several patients."""

import pytest

from medimg_core.study import Opened
from pages._ui.mixed import closed, others, persons, with_drop
from tests.pages.conftest import make_case, make_study

A, B, C, D = (frozenset({name}) for name in "abcd")


@pytest.mark.parametrize(
    ("pseudonyms", "grouped"),
    [
        (("P-A", "P-B"), ({1}, {2})),
        (("P-A", "P-B", "P-A"), ({1, 3}, {2})),
        (("P-A", "P-A"), ({1}, {2})),
        (("P-A", "P-A", "P-A"), ({1}, {2}, {3})),
    ],
)
def test_studies_by_person(pseudonyms, grouped):
    studies = tuple(make_study(number, patient=name) for number, name in enumerate(pseudonyms, 1))
    assert persons(studies) == tuple(frozenset(f"1.9.{number}" for number in own) for own in grouped)


@pytest.mark.parametrize(
    ("drops", "gone", "left"),
    [
        (((A, B),), {"a"}, ()),
        (((A, B, C),), {"a"}, ((B, C),)),
        (((A, B), (C, D)), {"a"}, ((C, D),)),
        (((A | B, C),), {"a"}, ((B, C),)),
        (((A, B),), set(), ((A, B),)),
    ],
)
def test_what_closing_leaves_to_choose(drops, gone, left):
    assert closed(drops, gone) == left


def test_a_person_is_kept_of_the_drops_they_came_in():
    assert others(((A, B), (A, C), (B, D)), A) == {"b", "c"}


def test_the_same_drop_again_is_one_drop():
    assert with_drop(((A, B), (C, D)), (B, A)) == ((C, D), (B, A))


@pytest.mark.parametrize("names", [("P-A", "P-A"), ("P-A", "P-B")])
def test_two_persons_whose_studies_share_a_uid_stay_guarded(names):
    drop = tuple(make_study(1, patient=name) for name in names)
    case = make_case().with_opened(Opened(drop, mixed_patients=True))
    kept = case.with_patient(frozenset({"1.9.1"}))
    assert len(kept.studies) == 2
    assert kept.mixed
