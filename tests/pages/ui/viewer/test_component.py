"""What the page gives the viewer, and what it does when the viewer asks for something."""

from dataclasses import replace

import numpy as np
import pytest
import streamlit as st

from medimg_core.io import open_study
from medimg_core.phantoms import make_phantom
from medimg_core.study import Opened
from pages._ui import jobs, memory
from pages._ui.state import KEY as CASE
from pages._ui.state import Case, keep, load
from pages._ui.view import key_of
from pages._ui.viewer import component
from pages._ui.viewer.shown import derived_bytes, item_of, shown
from tests.pages.conftest import make_case, make_ct, make_series, make_study


@pytest.fixture(autouse=True)
def state(session, monkeypatch):
    """An empty session state."""
    monkeypatch.setattr(component, "session_token", lambda: session)
    monkeypatch.setattr(memory, "_session", lambda: session)
    st.session_state.clear()
    yield
    st.session_state.clear()


def asked(case, wish, *, of=None):
    """The case after the viewer asked for something."""
    keep(case)
    st.session_state[component.KEY] = {"ask": {**wish, "of": of or item_of(case.volume).id}}
    component._on_ask()
    return load()


@pytest.fixture(scope="module")
def three_studies():
    """A CT, an earlier one of the same patient, and one of somebody else."""
    opened = [
        open_study(list(make_phantom(name).files)) for name in ("ct_thorax", "ct_thorax_prior", "orientation_axial")
    ]
    return tuple(study for each in opened for study in each.studies)


@pytest.fixture
def case(three_studies):
    case = Case().with_opened(Opened(three_studies))
    return case.with_study(three_studies[0].uid)


def what_of(case):
    return shown(case.study, case.series)


def test_the_strip_offers_the_studys_series_and_the_same_patients_others(case):
    strip = component._strip(case, what_of(case), None)
    assert [(item["current"], item["prior"]) for item in strip] == [(True, ""), (False, "PRIOR, 12 months before")]


def test_seen_from_the_earlier_study_the_other_one_is_no_prior(case):
    case = case.with_study(case.studies[1].uid)
    assert [item["prior"] for item in component._strip(case, what_of(case), None)] == [
        "",
        "OTHER STUDY, 12 months later",
    ]


def test_a_series_beside_is_of_the_same_patient_or_not_shown(case, three_studies):
    prior, stranger = (key_of(study.uid, study.series[0]) for study in three_studies[1:])
    assert component._beside(case.with_beside(prior), what_of(case)).study is three_studies[1]
    assert component._beside(case.with_beside(stranger), what_of(case)) is None
    assert component._beside(case.with_beside(case.series_key), what_of(case)) is None


def test_what_was_asked_of_a_series_that_is_gone_from_the_screen_is_not_done(case, three_studies):
    old = item_of(case.volume).id
    now = case.with_study(three_studies[2].uid)
    after = asked(now, {"beside": item_of(three_studies[1].series[0].volume).id}, of=old)
    assert after is now


def test_another_series_is_turned_to_and_the_whole_page_runs_again():
    case = make_case(make_study(1, make_ct(), make_series(2)))
    after = asked(case, {"series": item_of(case.study.series[1].volume).id})
    assert after.series_index == 1
    assert st.session_state.pop(component._WHOLE)
    assert asked(after, {"series": item_of(after.volume).id}).series_index == 1
    assert component._WHOLE not in st.session_state  # the same series: nothing else to show


@pytest.mark.parametrize(("step", "place"), [(1, 2), (-1, 2)])
def test_steps_go_over_objects_without_images(step, place):
    study = make_study(1, make_ct(), replace(make_series(2), volume=None), make_series(3))
    assert asked(make_case(study), {"step": step}).series_index == place


def test_a_map_is_asked_for():
    assert asked(make_case(make_study(1)), {"map": True}).overlay.shown


@pytest.mark.parametrize(
    "wish", [None, 3, "beside", [], {"of": 5}, {"beside": {"a": 1}}, {"series": 7}, {"step": "on"}]
)
def test_nonsense_changes_nothing(wish):
    case = make_case(make_study(1, make_ct(), make_series(2)))
    keep(case)
    of = {"of": item_of(case.volume).id} if isinstance(wish, dict) and "of" not in wish else {}
    st.session_state[component.KEY] = {"ask": {**wish, **of} if isinstance(wish, dict) else wish}
    component._on_ask()
    assert load().series_index == 0
    assert load().beside_key is None


def test_a_viewer_that_fails_gives_way_to_the_still_picture():
    assert not component.failed()
    asked(make_case(make_study(1)), {"failed": "no modules"})
    assert component.failed()
    component.reopen()
    assert not component.failed()


def test_the_setting_turns_it_off(monkeypatch):
    monkeypatch.setenv("MEDIMG_VIEWER", "still")
    assert component.failed()


def test_straightening_is_a_task_and_its_result_is_counted_and_let_go():
    case = Case().with_opened(open_study(list(make_phantom("orientation_oblique").files)))
    asked(case, {"straighten": True})
    assert st.session_state.pop(component._WHOLE)  # the page shows how far it is
    asked(case, {"straighten": True})  # impatience starts no second one
    (job,) = st.session_state[jobs.KEY]
    job.future.result(timeout=60)
    assert derived_bytes(case.volume) > 0
    done = case.with_straightened(on=True)
    what = shown(done.study, done.series, straight=done.straightened)
    assert what.straight
    assert what.notes[0].startswith("Straightened")
    assert np.allclose(np.abs(what.volume.geometry.directions).max(axis=1), 1)
    after = asked(done, {"straighten": False})
    assert not after.straightened
    assert derived_bytes(case.volume) == 0
    assert CASE in st.session_state
