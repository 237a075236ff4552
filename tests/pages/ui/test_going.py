"""A page sends the reader to a place, and the viewer follows once."""

import pytest

from pages._ui.going import middle_of
from pages._ui.viewer import events
from pages._ui.viewer.shown import Shown
from pages._ui.viewer.vault import VAULT
from tests.pages.conftest import make_case, make_ct, make_masks, make_study


@pytest.fixture(autouse=True)
def session(monkeypatch):
    from pages._ui.viewer import shown

    token = VAULT.open()
    for module in (events, shown):
        monkeypatch.setattr(module, "session_token", lambda: token)
    yield
    VAULT.close(token)


def view(case, **facts):
    study, series = case.study, case.series
    return events.saved(case, Shown(study, series, series.volume, **facts))


def test_a_region_is_shown_where_it_is_largest():
    volume = make_ct(5).volume
    (region,) = make_masks(volume, (1, (1, 3), (2, 3), (1, 2)), (1, (3, 3), (1, 4), (1, 6))).regions
    place, row, column = middle_of(region)
    assert place == 3
    assert (row, column) == (2, 4) or (row, column) == (3, 4)  # halves round to even


@pytest.mark.parametrize(
    ("goal", "facts", "index"),
    [
        ((4, 3, 5), {}, [4, 3, 5]),
        ((4, None, None), {}, [4, None, None]),
        ((4, 3, 5), {"factors": (2, 2, 4)}, [2, 1, 1]),
    ],
)
def test_the_browser_is_told_on_the_grid_it_shows(goal, facts, index):
    case = make_case(make_study(1, make_ct(5)))
    assert view(case)["goal"] is None
    sent = case.with_view(slice_index=goal[0], goal=goal, goals=3)
    assert view(sent, **facts)["goal"] == {"n": 3, "index": index}
    assert view(sent, straight=True)["goal"] is None
