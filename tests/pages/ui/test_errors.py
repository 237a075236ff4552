"""Errors in the page's words."""

import pytest
from streamlit.testing.v1 import AppTest

from medimg_core import errors
from pages._ui.errors import words_for

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.MedImgError)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_says_what_it_means_and_what_to_do(kind):
    words = words_for(kind("width must be above zero, got -5"))
    assert words.happened == "Width must be above zero, got -5."
    assert words.means
    assert words.todo


def page():
    import streamlit as st

    from medimg_core.errors import Cancelled, UnsupportedFileError
    from pages._ui.errors import shown

    with shown():
        raise UnsupportedFileError("the file is a film")
    with shown():
        raise Cancelled("stopped")
    st.text("the page goes on")


def test_the_page_stays_usable():
    app = AppTest.from_function(page).run()
    assert len(app.error) == 1
    assert "The file is a film." in app.error[0].value
    assert app.caption[0].value == "Stopped. Nothing was changed."
    assert app.text[0].value == "the page goes on"
    assert not app.exception


def test_errors_that_are_not_ours_pass_through():
    from pages._ui.errors import shown

    with pytest.raises(ZeroDivisionError), shown():
        raise ZeroDivisionError
