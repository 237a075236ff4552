"""A session to put things into."""

import pytest

from pages._ui.viewer import describe, edits, events, overlays, shown
from pages._ui.viewer.vault import VAULT


@pytest.fixture(autouse=True)
def session(monkeypatch):
    """Token of a session of its own; outside of a script Streamlit has none."""
    token = VAULT.open()
    for module in (describe, edits, events, overlays, shown):
        monkeypatch.setattr(module, "session_token", lambda: token)
    yield token
    VAULT.close(token)
