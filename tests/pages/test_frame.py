"""The frame: navigation, notice, current study, sign-in, errors nobody foresaw."""

import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.state import KEY, Held
from tests.pages.conftest import FRAME, case_of, make_case, make_series, make_study, words

PAGES = ("worklist", "read", "analyse", "models", "evaluate")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_carries_the_notice(open_app, page):
    assert "Research use only. Not for diagnosis." in words(open_app(page=page))


@pytest.mark.parametrize("page", PAGES)
def test_every_page_stands_with_a_study_open(open_app, page):
    app = open_app(make_case(make_study(1)), page)
    assert not app.error
    assert any("P-000001" in text.value for text in app.sidebar.text)


def test_the_name_needs_a_click_and_hides_with_another_study(open_app):
    from medimg_core.io import open_study
    from medimg_core.phantoms import make_phantom

    phantom = open_study(make_phantom("orientation_radiograph").files).studies[0]
    app = open_app(make_case(phantom, make_study(2)))
    assert not any("Name:" in text.value for text in app.sidebar.text)
    app.button(key="panel-name").click().run()
    assert any("Name: " in text.value for text in app.sidebar.text)
    app.selectbox(key="panel-study").set_value(make_study(2).uid).run()
    app.selectbox(key="panel-study").set_value(phantom.uid).run()
    assert not any("Name:" in text.value for text in app.sidebar.text)


def test_no_name_in_the_file_no_button(open_app):
    app = open_app(make_case(make_study(1)))
    assert "panel-name" not in [button.key for button in app.button]


def test_the_series_is_chosen_in_the_sidebar(open_app):
    app = open_app(make_case(make_study(1, make_series(1), make_series(2))))
    app.selectbox(key="panel-series").set_value(1).run()
    assert case_of(app).series.description == "Chest 2"


def test_state_survives_every_page(open_app):
    case = make_case(make_study(1), make_study(2))
    app = open_app(case)
    for page in (*PAGES[1:], *PAGES[:1]):
        app.switch_page(f"../{page}.py").run()
        assert [study.uid for study in case_of(app).studies] == [study.uid for study in case.studies]


PAGE_FILES = sorted(FRAME.parents[1].glob("*.py"))


@pytest.mark.parametrize("name", PAGES)
def test_every_page_begins_with_enter(name):
    assert "enter()" in (FRAME.parents[1] / f"{name}.py").read_text(encoding="utf-8")


def test_pages_are_thin():
    for path in PAGE_FILES:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 120, path.name


def script_that_fails():
    """A page with a fault that nobody foresaw."""
    from pages._ui.errors import on_script_error

    on_script_error(KeyError("DOE^JOHN 1970-01-01"))


def test_an_unforeseen_error_is_told_without_a_traceback(caplog):
    app = AppTest.from_function(script_that_fails).run()
    assert "did not foresee" in app.error[0].value
    assert "DOE" not in app.error[0].value
    assert "KeyError" in caplog.text
    assert "DOE" not in caplog.text


@pytest.mark.parametrize("page", PAGES)
def test_where_there_is_a_sign_in_nothing_is_shown_before_it(card, page):
    app = AppTest.from_file(str(FRAME), default_timeout=60)
    app.secrets["auth"] = {"client_id": "reading-room"}
    app.user.clear()
    app.session_state[KEY] = Held(make_case(make_study(1)))
    app.run()
    app.switch_page(f"../{page}.py").run()
    assert [button.label for button in app.button] == ["Sign in"]
    assert not app.sidebar.text
    assert not app.image
    assert not app.dataframe


def test_who_signed_in_sees_the_pages_and_can_leave(card):
    app = AppTest.from_file(str(FRAME), default_timeout=60)
    app.secrets["auth"] = {"client_id": "reading-room"}
    app.user["is_logged_in"] = True
    app.run()
    assert app.header[0].value == "Worklist"
    assert "Sign out" in [button.label for button in app.sidebar.button]
