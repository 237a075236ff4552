"""A model that segments: what it is to read, what it outlined, what speaks against it, and the score beside it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import streamlit as st

from medimg_core.registry import ModelCard
from medimg_core.results import Flag, Prediction, Segmentation
from pages._ui import slice_range
from pages._ui.errors import shown
from pages._ui.going import go_to
from pages._ui.label_colours import Rgb
from pages._ui.language import _
from pages._ui.map_panel import asked_map, map_panel
from pages._ui.mask_changes import mask_changes
from pages._ui.mask_export import mask_export
from pages._ui.mask_measures import measured
from pages._ui.mask_parts import mask_parts
from pages._ui.outlined import Outlined
from pages._ui.plain import plain
from pages._ui.profile import profile
from pages._ui.result_card import at_operating_point, banner, refusal, result_details, score, small_print
from pages._ui.score_bar import as_score
from pages._ui.state import Case
from pages._ui.view import Laid
from pages._ui.viewer import Label, failed
from pages._ui.viewer.shown import shown as on_screen

__all__ = ["Laying", "current", "mask_card", "outlined"]

Ask = Callable[[str], None]
"""Puts a run button on the page, with this label."""


@dataclass(frozen=True, eq=False)
class Laying:
    """What a card lays over the picture.

    Attributes:
        masks: Outlines, or None.
        laid: A map, or None.
        maps: Whether the card has a button for maps.
    """

    masks: Outlined | None = None
    laid: Laid | None = None
    maps: bool = False


def current(case: Case, card: ModelCard) -> Segmentation | None:
    """The masks to show: of a model of single images those of the image on show only."""
    result = case.segmentation(card.id)
    if result is None or slice_range.extent(card) != "image":
        return result
    return result if result.slices[0] <= case.view.slice_index <= result.slices[1] else None


def outlined(card: ModelCard, result: Segmentation, colours: Mapping[tuple[str, int], Rgb]) -> Outlined | None:
    """Masks for the picture; None where the gate refused."""
    if result.refused:
        return None
    labels = tuple(
        Label(label.value, _(label.name), colours.get((card.id, label.value), (255, 255, 255)))
        for label in result.labels
    )
    return Outlined(f"mask-{card.id}", _(card.title), labels, result.mask, result, result.frame)


def mask_card(
    case: Case, card: ModelCard, colours: Mapping[tuple[str, int], Rgb], ask: Ask, *, keyed: bool = True
) -> Laying:
    """The card under a model's title.

    Args:
        case: The session's.
        card: A model that segments.
        colours: Of its labels.
        ask: Puts the run button on the page, with what the file does not say.
        keyed: Whether the key M works its map.

    Returns:
        What it lays over the picture.
    """
    result = current(case, card)
    if result is None:
        slice_range.controls(case, card)
        ask(_("Run"))
        return Laying()
    laid, maps = None, False
    if result.refused:
        refusal(result.gate, _("No result: the model does not apply here."))
    else:
        banner(result.gate, _("Caution, read the result with this in mind:"))
        said = case.prediction(card.id)
        if card.classification is not None:
            laid, maps = _scored(case, card, result, said, keyed=keyed)
        _masks(case, card, result, ask)
        if said is not None and card.classification is not None:
            result_details(case, card, said, _word(card, result))
        else:
            small_print(card, _word(card, result))
    if not _untold(result):
        with st.expander(_("Run again")):
            _again(case, card, result, ask)
    return Laying(outlined(card, result, colours), laid, maps)


def _untold(result: Segmentation) -> bool:
    """Whether the next step is to name the images."""
    return any(flag.code == "extent" for flag in result.flags)


def _again(case: Case, card: ModelCard, result: Segmentation, ask: Ask) -> None:
    if case.corrected(result) is not None:
        st.caption(_("A new run takes the place of these masks and of your corrections."))
    slice_range.controls(case, card)
    ask(_("Run again"))


def _word(card: ModelCard, result: Segmentation) -> tuple[str, ...]:
    """What the reader said; the image that a model of single images read is no word of theirs."""
    declared = () if slice_range.extent(card) == "image" else tuple(_(text) for text in result.declared)
    return (*result.gate.declared, *declared)


def _scored(
    case: Case, card: ModelCard, result: Segmentation, said: Prediction | None, *, keyed: bool
) -> tuple[Laid | None, bool]:
    """The score of the image on show, the scores of its neighbours, the map; whether there is a button for it."""
    place, stack = case.view.slice_index, case.volume is not None and case.volume.shape[0] > 1
    if stack:
        st.markdown(f"**{_('Image {n}').format(n=place + 1)}**")
    laid = None
    if said is None or said.refused:
        st.caption(_("No score of this image: it was not read, or is blank."))
    else:
        with shown():
            laid = asked_map(case, card, said)
        known = {reason.text for reason in result.gate.reasons}
        for reason in said.gate.reasons:
            if reason.text not in known:  # of this image alone; what holds for all stands above
                st.markdown(f":orange[**{_('Caution:')}**] {plain(reason.text)}")
        score(card, at_operating_point(case, card, said))
    if stack:
        profile(case, card, result)
    return laid, said is not None and map_panel(case, card, said, laid, keyed=keyed)


def _masks(case: Case, card: ModelCard, result: Segmentation, ask: Ask) -> None:
    """What was outlined: signs of failure first, then parts, agreement, corrections and files."""
    for number, flag in enumerate(result.flags):
        _flag(case, card, number, flag)
    if _untold(result):
        _again(case, card, result, ask)
    found = measured(case, card, result)
    mask_parts(case, card, result, found)
    _agreement(result)
    mask_changes(case, card, result, found)
    if found.corrected is None and not failed() and not case.straightened:
        st.caption(_how_to_correct(case))
    mask_export(case, card, result, found)


def _how_to_correct(case: Case) -> str:
    """How a mask is painted on, or why it cannot be."""
    what = None if case.study is None or case.series is None else on_screen(case.study, case.series)
    if what is not None and what.factors != (1, 1, 1):
        return _("These images are reduced for display; masks are only corrected where every pixel is shown.")
    return _("Shift+B paints on the image, Shift+E erases; the model's own mask is kept beside yours.")


def _flag(case: Case, card: ModelCard, number: int, flag: Flag) -> None:
    here = case.view.slice_index
    others = [place for place in flag.slices if place != here]
    with st.container(gap=None):
        st.markdown(f":orange[**{_('Check:')}**] {plain(flag.text)}")
        if case.volume is not None and case.volume.shape[0] > 1 and others:
            # one after the other: each press goes to the next that it speaks of
            following = next((place for place in others if place > here), others[0])
            st.button(
                _("Go to image {n}").format(n=following + 1),
                key=f"flag-{card.id}-{number}",
                type="tertiary",
                on_click=partial(go_to, (following, None, None)),
            )


def _agreement(result: Segmentation) -> None:
    """How far the masks stand when the image changes a little."""
    known = {name: value for name, value in result.agreement.items() if not math.isnan(value)}
    if not known:
        return
    one = len(result.labels) == 1
    words = [as_score(value) if one else f"{_(name)} {as_score(value)}" for name, value in known.items()]
    text = _("Dice {values} between masks under small changes; not a confidence interval.")
    st.caption(plain(text.format(values=", ".join(words))))
