from dataclasses import fields

import pytest

from medimg_core.errors import InputError, LimitError
from medimg_core.io import LIMITS, Limits, open_study
from medimg_core.io.limits import Budget


def test_every_limit_can_be_set_in_the_environment():
    names = [entry.name for entry in fields(Limits)]
    environment = {f"MEDIMG_LIMITS_{name.upper()}": str(index + 1) for index, name in enumerate(names)}
    limits = Limits.from_environment(environment)
    assert [getattr(limits, name) for name in names] == list(range(1, len(names) + 1))
    assert Limits.from_environment({}) == LIMITS


@pytest.mark.parametrize("value", ["0", "-5", "many", "1.5", ""])
def test_a_wrong_limit_is_refused(value):
    with pytest.raises(InputError, match="must be a whole number above zero"):
        Limits.from_environment({"MEDIMG_LIMITS_FILES": value})


def test_the_environment_is_asked_at_the_door(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MEDIMG_LIMITS_FILES", "1")
    opened = open_study([("a", b"text"), ("b", b"text")])
    assert opened.refused[1].reason == "one drop may hold at most 1 files"


def test_budget_says_what_is_taken():
    budget = Budget(3 * 2**20)
    budget.take(2 * 2**20)
    with pytest.raises(LimitError, match="may take 3 MiB; 2 MiB are taken and this stack needs 2 MiB"):
        budget.take(2 * 2**20)
    assert budget.used == 2 * 2**20
