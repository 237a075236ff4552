"""A page sends the reader to a place in the series on show; the viewer follows."""

from medimg_core.results import Region
from pages._ui.state import change
from pages._ui.view import Goal

__all__ = ["go_to", "middle_of"]


def go_to(goal: Goal) -> None:
    """Show a place of the current series.

    Args:
        goal: Slice, row and column; None leaves the viewer's row or column, which only other planes show.
    """
    change(lambda case: case.with_view(slice_index=goal[0], goal=goal, goals=case.view.goals + 1))


def middle_of(region: Region) -> Goal:
    """Where a region is largest: its slice, and the middle of its long axis there."""
    (_, *one), (_, *other) = region.long_ends
    row, column = ((a + b) / 2 for a, b in zip(one, other, strict=True))
    return region.slice_index, round(row), round(column)
