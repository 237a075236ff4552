"""What a session has on the Evaluate page: what is chosen, and the last evaluation; one record under one key."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from medimg_core.evaluation import Evaluation
from pages._ui.jobs import Job

__all__ = ["KEY", "Bench", "Contents", "Shown", "change", "load"]

KEY = "medimg_bench"


@dataclass(frozen=True)
class Contents:
    """What a folder's index holds.

    Attributes:
        stamp: Of the index when it was read.
        splits: Rows of each split, in the index's order; ``""`` for rows that name none.
        labels: Rows of each label, by split.
        masks: Rows of each column of drawn masks, by split.
    """

    stamp: tuple[str, int, int] = field(repr=False)
    splits: Mapping[str, int]
    labels: Mapping[str, Mapping[str, int]] = field(repr=False)
    masks: Mapping[str, Mapping[str, int]] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Shown:
    """An evaluation with what it is of.

    Attributes:
        evaluation: Its figures and rows.
        folder: Name of the folder, for the page alone.
    """

    evaluation: Evaluation = field(repr=False)
    folder: str = field(repr=False)


@dataclass(frozen=True, eq=False)
class Bench:
    """What is chosen and what was found. Paths are hidden from repr.

    Attributes:
        model: Id of the model, or empty for the first.
        offered: Name of a folder on offer, or None for one whose path is typed.
        typed: The path that was typed.
        contents: What the folder's index holds; read again when it changes.
        split: Split to use, or None for the usual one.
        curves: Whether curves are wanted.
        robust: Whether robustness is wanted.
        drawn: Images drawn for it.
        job: The evaluation on its way, or the last one.
        shown: The last evaluation that was finished.
        tab: Part of it that is on show, from 0.
    """

    model: str = ""
    offered: str | None = field(default=None, repr=False)
    typed: str = field(default="", repr=False)
    contents: Contents | None = field(default=None, repr=False)
    split: str | None = None
    curves: bool = True
    robust: bool = False
    drawn: int = 100
    job: Job | None = field(default=None, repr=False)
    shown: Shown | None = field(default=None, repr=False)
    tab: int = 0


def load() -> Bench:
    """The session's bench; an empty one at first."""
    known: Bench = st.session_state.get(KEY) or Bench()
    return known


def change(**facts: Any) -> Bench:
    """Change the session's bench."""
    bench = replace(load(), **facts)
    st.session_state[KEY] = bench
    return bench
