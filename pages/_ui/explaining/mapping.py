"""From a wish for a map to the map: at once where it has a closed form, else as a task with progress."""

from functools import partial
from typing import Any

import streamlit as st

from medimg_core.explain import METHODS, explain, needs_of
from medimg_core.registry import ModelCard
from medimg_core.results import Explanation
from pages._ui import jobs
from pages._ui.explained import Asked
from pages._ui.explaining.desk import Desk
from pages._ui.explaining.kept import change, explained, keep
from pages._ui.explaining.regions import mask_of_region
from pages._ui.language import _
from pages._ui.state import Case, load

__all__ = ["at_once", "make", "on_its_way", "wanted", "work_of"]


def at_once(card: ModelCard, asked: Asked) -> bool:
    """Whether a map follows from what the model said, in milliseconds."""
    return not needs_of(asked.method, card, asked.layer or None) - {"features"}


def on_its_way(card: ModelCard, asked: Asked) -> bool:
    """Whether a map is being made."""
    return any(job.title == title(card, asked) for job in jobs.pending())


def title(card: ModelCard, asked: Asked) -> str:
    """What the task is called."""
    return _("{method} of {model}, {label}").format(
        method=METHODS[asked.method].title, model=_(card.title), label=asked.label
    )


def work_of(desk: Desk, asked: Asked) -> Any:
    """What makes a map; takes ``progress=``."""
    case, card, result = desk.case, desk.card, desk.result
    assert result is not None  # a map is only asked of what the model said
    own = card.cam.layer if card.cam is not None else ""
    mask = METHODS[asked.method].explains == "mask"
    return partial(
        explain,
        result,
        card,
        method=asked.method,
        label=asked.label,
        volume=case.volume,
        # Score-CAM has no layer to choose
        layer=asked.layer if asked.layer not in ("", own) else None,
        region=mask_of_region(case, desk.region) if mask and asked.region and desk.region else None,
        slice_index=asked.key[2] if mask else None,
    )


def wanted(desk: Desk) -> Explanation | None:
    """The map that is asked for while maps are shown; started once where it takes time."""
    asked, found = desk.asked, desk.explanation
    if found is not None or asked is None or not desk.case.overlay.shown:
        return found
    if at_once(desk.card, asked):
        make(desk, asked)
    elif asked not in explained(desk.case).tried:
        make(desk, asked)
        st.rerun()  # its progress stands on top
    return explained(load()).maps.get(asked)


def make(desk: Desk, asked: Asked) -> None:
    """Make a map, and keep it.

    Raises:
        MedImgError: It cannot be made; of one that takes time that is told when it ends.
    """
    if on_its_way(desk.card, asked):
        return
    work = work_of(desk, asked)
    if at_once(desk.card, asked):
        made = work()
        change(lambda now: now.with_map(asked, made))
        return
    change(lambda now: now.with_trial(asked))
    heavy = "tensorflow" in needs_of(asked.method, desk.card, asked.layer or None)
    said = _("Making the map; TensorFlow starts first, which takes seconds") if heavy else _("Making the map")

    def task(progress: jobs.Progress) -> Explanation:
        progress(0, 0, said)
        made: Explanation = work(progress=progress)
        return made

    def apply(case: Case, made: Explanation) -> Case:
        held = case.holds(asked.key[0], made.fingerprint)
        return keep(case, explained(case).with_map(asked, made)) if held else case

    jobs.start("worker" if heavy else "onnx", title(desk.card, asked), task, apply)
