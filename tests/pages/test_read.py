"""The read page: the viewer, and the still picture where the viewer cannot run."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from medimg_core.study import Opened, Series, Volume
from tests.pages.conftest import alts, case_of, make_case, make_ct, make_series, make_study, settled, told, words


def test_without_a_study_it_says_where_to_go(open_app):
    app = open_app(page="read", still=True)
    assert "No study is open" in words(app)
    assert not app.image
    app.button(key="guard-worklist").click().run()
    assert app.header[0].value == "Worklist"


def test_a_series_without_an_image_is_named(open_app):
    study = make_study(1, Series("1.5", "SR", None, kind="object", object_name="Structured report"))
    assert "Structured report" in words(open_app(make_case(study), "read", still=True))


def test_the_viewer_gets_the_current_series(open_app):
    app = open_app(make_case(make_study(1, make_ct(5), make_series(3))), "read")
    data = told(app)
    assert data["main"]["shape"] == [1, 5, 6, 8]
    assert data["main"]["unit"] == "HU"
    assert (data["first"], data["view"]["index"]) == (2, [2, 3, 4])
    assert [item["current"] for item in data["series"]] == [True, False]
    assert not app.image
    app.selectbox(key="panel-series").set_value(1).run()
    assert told(app)["main"]["shape"] == [1, 1, 12, 16]


def test_nothing_in_what_the_browser_gets_names_the_patient(open_app):
    study = make_study(1, make_ct(5))
    text = json.dumps(told(open_app(make_case(study), "read")))
    assert study.patient.pseudonym in text
    for uid in (study.uid, study.series[0].uid):
        assert f'"{uid}"' not in text


def test_slice_and_frame_come_back_to_the_viewer(open_app):
    app = open_app(make_case(make_study(1, make_ct(5))).with_view(slice_index=4), "read")
    app.switch_page("../models.py").run()
    app.switch_page("../read.py").run()
    assert told(app)["view"]["index"][0] == 4


def test_where_the_viewer_cannot_run_the_page_says_so_and_it_can_be_tried_again(open_app):
    app = open_app(make_case(make_study(1)), "read", still=True)
    assert "does not run in this browser" in words(app)
    assert len(app.image) == 1
    app.button(key="viewer-again").click().run()
    assert told(app)["main"]["shape"] == [1, 1, 12, 16]


def test_the_picture_has_words_for_those_who_do_not_see_it(open_app):
    app = open_app(make_case(make_study(1)), "read", still=True)
    assert alts(app)[0] == ("DX image 1 of 1, left edge R, right edge L, top H, bottom F, no overlay")


def test_windows_of_the_file_come_first_and_presets_need_hounsfield_units(open_app):
    radiograph = open_app(make_case(make_study(1)), "read", still=True).selectbox(key="view-voi")
    assert radiograph.options == ["File: Full range", "Automatic (1 to 99 %)"]
    ct = open_app(make_case(make_study(2, make_ct())), "read", still=True).selectbox(key="view-voi")
    assert ct.options[0] == "Soft tissue"
    assert ct.options[-1] == "Automatic (1 to 99 %)"


@pytest.mark.parametrize(("key", "expected"), [("view-next", 3), ("view-previous", 1)])
def test_steps_through_slices(open_app, key, expected):
    app = open_app(make_case(make_study(2, make_ct(5))), "read", still=True)
    assert case_of(app).view.slice_index == 2
    app.button(key=key).click().run()
    assert case_of(app).view.slice_index == expected
    assert f"image {expected + 1} of 5" in alts(app)[0]


def test_the_last_slice_is_the_end(open_app):
    app = open_app(make_case(make_study(2, make_ct(2))), "read", still=True)
    app.button(key="view-next").click().run()
    app.button(key="view-next").click().run()
    assert case_of(app).view.slice_index == 1


def test_a_slider_moves_to_a_slice(open_app):
    app = open_app(make_case(make_study(2, make_ct(5))), "read", still=True)
    app.slider(key="view-slice_index").set_value(5).run()
    assert case_of(app).view.slice_index == 4


def test_window_slice_and_inversion_survive_a_change_of_page(open_app):
    app = open_app(make_case(make_study(2, make_ct(5))), "read", still=True)
    app.selectbox(key="view-voi").set_value("preset:bone").run()
    app.button(key="view-next").click().run()
    app.button(key="view-invert").click().run()
    app.switch_page("../models.py").run()
    app.switch_page("../read.py").run()
    assert app.selectbox(key="view-voi").value == "preset:bone"
    assert app.slider(key="view-slice_index").value == 4
    assert case_of(app).view.inverted


def test_another_series_has_its_own_view(open_app):
    study = make_study(1, make_ct(5), make_series(3))
    app = open_app(make_case(study), "read", still=True)
    app.button(key="view-next").click().run()
    app.selectbox(key="panel-series").set_value(1).run()
    assert "image 1 of 1" in alts(app)[0]
    app.selectbox(key="panel-series").set_value(0).run()
    assert "image 4 of 5" in alts(app)[0]


def test_a_study_that_arrives_meanwhile_waits_on_the_worklist(open_app):
    from pages._ui import jobs
    from pages._ui.opening import _keep

    gate = threading.Event()
    app = open_app(make_case(make_study(1)), "read", still=True)
    job = jobs.Job("Reading", _keep)
    with ThreadPoolExecutor(1) as pool:
        job.future = pool.submit(lambda: (gate.wait(20), Opened((make_study(2),)))[1])
        app.session_state[jobs.KEY] = [job]
        app.run()
        gate.set()
        settled(app)
    assert case_of(app).study_uid == make_study(1).uid
    assert len(case_of(app).studies) == 2


def test_a_cine_of_one_slice_steps_through_time(open_app):
    rng = np.random.default_rng(4)
    cine = Series("1.8", "US", Volume(rng.integers(0, 255, (6, 1, 9, 9), dtype=np.uint8), frames_axis=True))
    app = open_app(make_case(make_study(1, cine)), "read", still=True)
    first = app.image[0].value
    app.button(key="view-next").click().run()
    assert (case_of(app).view.frame, case_of(app).view.slice_index) == (1, 0)
    assert app.image[0].value != first
    assert app.slider(key="view-frame").value == 2
