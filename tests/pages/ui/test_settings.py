"""The table of figures."""

import pytest

from medimg_core.errors import IncompatibleInputError
from pages._ui.settings import Settings, read_settings


def test_defaults():
    assert read_settings({}) == Settings()
    assert Settings().session_bytes == 1024**3
    assert Settings().server_bytes == 3 * 1024**3


def test_the_environment_overrides_a_row():
    assert read_settings({"MEDIMG_SESSION_BYTES": "5e6"}).session_bytes == 5e6


@pytest.mark.parametrize("text", ["0", "-1", "many", "nan"])
def test_nonsense_is_refused(text):
    with pytest.raises(IncompatibleInputError, match="MEDIMG_SERVER_BYTES must be a number above zero"):
        read_settings({"MEDIMG_SERVER_BYTES": text})
