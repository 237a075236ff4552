"""What the session keeps of explaining, inside its case."""

from collections.abc import Callable
from dataclasses import replace

from pages._ui import state
from pages._ui.explained import Explained
from pages._ui.explaining.regions import regions_of_series
from pages._ui.state import Case

__all__ = ["change", "explained", "keep", "reveal"]


def explained(case: Case) -> Explained:
    """What the session keeps of explaining."""
    return case.findings.explained


def keep(case: Case, made: Explained) -> Case:
    """The case with this in it."""
    return replace(case, findings=replace(case.findings, explained=made))


def change(step: Callable[[Explained], Explained]) -> None:
    """Apply one arrow to what the session keeps of explaining."""
    state.change(lambda case: keep(case, step(explained(case))))


def reveal(case: Case) -> None:
    """Note that a map of the current series is on show: what is drawn from now on is no blind mark."""
    key = case.series_key
    if key not in explained(case).before:
        drawn = regions_of_series(case)
        change(lambda now: now.with_reveal(key, drawn))
