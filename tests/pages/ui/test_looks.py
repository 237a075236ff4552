"""How series are looked at."""

import pytest

from medimg_core.study import Volume
from pages._ui.looks import Looks
from pages._ui.view import View
from tests.pages.conftest import make_ct

ONE, OTHER = ("1.9.1", "1.2", ""), ("1.9.2", "1.2", "")


def looks():
    made = Looks()
    for key, beside in ((ONE, OTHER), (OTHER, None)):
        made = made.with_view(key, View(slice_index=2)).with_measurements(key, (), straight=True)
        made = made.with_beside(key, beside).with_straightened(key, on=True)
    return made


def test_each_step_leaves_the_one_before():
    first = looks()
    second = first.with_view(ONE, View(slice_index=4)).with_beside(ONE, None).with_straightened(ONE, on=False)
    assert (first.views[ONE].slice_index, first.beside[ONE], ONE in first.straight) == (2, OTHER, True)
    assert (second.views[ONE].slice_index, second.beside[ONE], ONE in second.straight) == (4, None, False)
    assert second.views[OTHER] is first.views[OTHER]


def test_all_of_a_closed_study_goes():
    left = looks().without({"1.9.1"})
    assert list(left.views) == list(left.beside) == list(left.straight) == [OTHER]
    assert list(left.measurements) == [(OTHER, True)]
    assert looks().without({"1.9.1", "1.9.2"}).straight == frozenset()


@pytest.mark.parametrize(
    ("place", "frame", "expected"), [(-1, -1, (0, 0)), (9, 9, (4, 0)), (3, 0, (3, 0))], ids=["before", "behind", "in"]
)
def test_a_view_stays_inside_its_volume(place, frame, expected):
    volume: Volume = make_ct(5).volume
    found = View(slice_index=place, frame=frame, inverted=True).inside(volume)
    assert (found.slice_index, found.frame, found.inverted) == (*expected, True)
