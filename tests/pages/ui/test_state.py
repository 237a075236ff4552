"""The session's case, and what breaking a script off can do to it."""

import pytest
import streamlit as st

from pages._ui import state
from pages._ui.case import Case


class Broken(BaseException):
    """As Streamlit breaks a script off."""


class Touchy(dict):
    """A session's state that breaks the script off at its n-th touch."""

    def __init__(self, after: int) -> None:
        super().__init__({state.KEY: state.Held()})
        self.left = after

    def _touch(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Broken

    def __contains__(self, key: object) -> bool:
        self._touch()
        return super().__contains__(key)

    def __getitem__(self, key: str) -> object:
        self._touch()
        return super().__getitem__(key)

    def __delitem__(self, key: str) -> None:
        self._touch()
        super().__delitem__(key)

    def __setitem__(self, key: str, value: object) -> None:
        self._touch()
        super().__setitem__(key, value)


@pytest.mark.parametrize("after", range(6))
def test_a_script_broken_off_loses_no_case(monkeypatch, after):
    touchy = Touchy(after)
    monkeypatch.setattr(st, "session_state", touchy)
    held = dict.__getitem__(touchy, state.KEY)
    before = held.case
    steps = []

    def step(case):
        steps.append(case)
        return case.with_overlay(shown=True)

    try:
        state.change(step)
    except Broken:
        assert not steps  # nothing was worked out in vain
        assert held.case is before
    else:
        assert held.case.overlay.shown


def test_a_change_starts_from_what_the_last_one_left(monkeypatch):
    monkeypatch.setattr(st, "session_state", {})
    state.change(lambda case: case.with_overlay(opacity=0.3))
    state.change(lambda case: case.with_overlay(shown=True))
    assert (state.load().overlay.opacity, state.load().overlay.shown) == (0.3, True)
    fresh = Case()
    state.keep(fresh)
    assert state.load() is fresh
