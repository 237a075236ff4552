"""What is kept of explaining goes into the case and comes out of it; the first map on show is noted once."""

import pytest
import streamlit as st

from medimg_core.measuring import measure
from pages._ui.explained import Explained
from pages._ui.explaining.kept import change, explained, keep, reveal
from pages._ui.state import keep as keep_case
from pages._ui.state import load
from tests.pages.conftest import make_case, make_study


@pytest.fixture(autouse=True)
def state():
    st.session_state.clear()
    yield
    st.session_state.clear()


def test_in_and_out():
    case = make_case(make_study(1))
    made = Explained().with_setting("task", "hide")
    assert explained(keep(case, made)) is made
    assert not explained(case).settings


def test_one_arrow_changes_what_is_kept_and_nothing_else():
    case = keep_case(make_case(make_study(1)))
    change(lambda now: now.with_setting("task", "hide"))
    assert explained(load()).settings == {"task": "hide"}
    assert load().studies is case.studies


def test_the_first_map_on_show_is_noted_with_what_was_drawn_by_then():
    case = make_case(make_study(1))
    one = measure(case.volume, id="a", kind="ellipse", points=[[0, 1, 1], [0, 4, 6]], axis=0)
    two = measure(case.volume, id="b", kind="ellipse", points=[[0, 1, 1], [0, 4, 6]], axis=0)
    keep_case(case.with_measurements(case.series_key, (one,), straight=False))
    reveal(load())
    keep_case(load().with_measurements(case.series_key, (one, two), straight=False))
    reveal(load())
    assert explained(load()).before[case.series_key] == (one,)
