"""What a map is worth: one line, worst first; open for the items with their rules and sources."""

import numpy as np
import streamlit as st

from medimg_core.explain import query
from medimg_core.explain.audit import Drawn, audit
from medimg_core.inference import segment
from medimg_core.registry import ModelCard
from medimg_core.results import Audit, AuditItem, Explanation, Prediction, Segmentation
from pages._ui import jobs
from pages._ui.explained import Asked
from pages._ui.explaining.desk import Desk
from pages._ui.explaining.folding import folded_line
from pages._ui.explaining.kept import explained, keep
from pages._ui.explaining.regions import drawn_before, known_region
from pages._ui.language import _
from pages._ui.plain import plain
from pages._ui.state import Case

__all__ = ["audit_panel", "busy", "lungs_of", "start", "title_of", "verdict_word"]

LUNGS = "lungs"
"""Label of a mask that the anatomy is asked with."""


def verdict_word(verdict: str) -> str:
    """A verdict, as the page says it."""
    words = {
        "shown": _("shown"),
        "not_shown": _("not shown"),
        "cannot_tell": _("cannot tell"),
        "not_applicable": _("not applicable"),
        "information": _("information"),
    }
    return words[verdict]


def title_of(item: AuditItem) -> str:
    """What an item asks, in a word or two."""
    titles = {
        "evidence": _("Evidence"),
        "faithfulness": _("Faithfulness"),
        "sanity": _("Sanity"),
        "stability": _("Stability"),
        "responsiveness": _("Responsiveness"),
        "class_contrast": _("Contrast of classes"),
        "strength": _("Strength"),
        "anatomy": _("Anatomy"),
        "place": _("Place"),
    }
    return titles.get(item.name, item.name.replace("_", " ").capitalize())


def audit_panel(desk: Desk, lungs: ModelCard | None) -> None:
    """The audit of the map that is asked for: its line, its items folded; else the button that starts it.

    Args:
        desk: Its map is audited.
        lungs: A model that outlines lungs in such images, for the anatomy; or None.
    """
    asked, found = desk.asked, desk.explanation
    if asked is None or found is None:
        return
    if not isinstance(desk.result, Prediction):
        st.caption(_("Not audited: the audit asks how a score changes, and this map explains a mask."))
        return
    told = desk.audit
    if told is None:
        if busy(desk):
            return
        st.button(
            _("Audit this map"),
            key="explain-audit",
            width="stretch",
            on_click=lambda: start(desk, asked, found, lungs),
        )
        st.caption(
            _(
                "Not audited: nobody knows whether this map follows the model. An audit hides what it marks, shifts "
                "and dims the image, and looks where it lies; that takes seconds."
            )
        )
        return
    if told.folded:
        folded_line(desk)
    else:
        st.markdown(plain(told.line))
    with st.expander(_("Audit, item by item")):
        rules = st.toggle(_("Rules and sources"), key="explain-rules")
        for item in told.items:
            _item(item, rules=rules)
        _again(desk, asked, found, lungs)


def _item(item: AuditItem, *, rules: bool) -> None:
    word = verdict_word(item.verdict)
    if item.verdict == "not_shown":
        word = f":orange[**{word}**]"
    st.markdown(f"**{title_of(item)}**: {word}  \n{plain(item.sentence)}")
    if rules:
        st.caption(_("Rule: {rule} Source: {source}").format(rule=plain(item.rule), source=plain(item.source)))


def _again(desk: Desk, asked: Asked, found: Explanation, lungs: ModelCard | None) -> None:
    """What could still be asked."""
    if desk.audit is None or desk.audit.item("place") is not None:
        return
    if drawn_before(desk.case) is None:
        st.caption(_("Place is asked only of a region that was drawn before any map of the series was shown."))
        return
    st.button(_("Ask the place, too"), key="explain-again", on_click=lambda: start(desk, asked, found, lungs))


def busy(desk: Desk) -> bool:
    """Whether a map of the model is being audited."""
    return any(job.title == _title(desk) for job in jobs.pending())


def _title(desk: Desk) -> str:
    return _("Auditing the map of {model}").format(model=_(desk.card.title))


def start(desk: Desk, asked: Asked, found: Explanation, lungs: ModelCard | None) -> None:
    """Begin the audit; what it rests on is taken now, since the reader may go on.

    Args:
        desk: Its map is audited.
        asked: The map.
        found: The map as it was made.
        lungs: Of :func:`lungs_of`.
    """
    case, card, said = desk.case, desk.card, desk.said
    series, volume, word = case.series, case.volume, case.declared.get(case.series_key)
    if volume is None or said is None:
        return
    marked, known = drawn_before(case), known_region(case)
    drawn = None if marked is None else Drawn(marked, "reader")
    if known is not None:
        drawn = Drawn(known, "truth")
    outlined = None if lungs is None else case.segmentation(lungs.id)
    place, frame = asked.key[2], asked.key[3]

    def task(progress: jobs.Progress) -> Audit:
        progress(0, 0, _("Auditing the map"))
        masks: Segmentation | None = outlined
        if lungs is not None and masks is None:
            one = (place, place)
            masks = segment(volume, lungs, series=series, declared=word, slices=one, frame=frame, progress=progress)
        shown = volume.presented(place, frame=frame)
        return audit(
            query(said, card, volume, label=asked.label),
            found,
            lungs=masks,
            drawn=drawn,
            image=np.asarray(shown.mean(axis=-1) if shown.ndim == 3 else shown),
            progress=progress,
        )

    def apply(now: Case, made: Audit) -> Case:
        return keep(now, explained(now).with_audit(asked, made))

    jobs.start("onnx", _title(desk), task, apply)


def lungs_of(cards: list[ModelCard]) -> ModelCard | None:
    """The model that outlines lungs, among those that fit."""
    return next((card for card in cards if card.segmentation is not None and LUNGS in card.segmentation.classes), None)
