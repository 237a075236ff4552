"""Models that fit the series on show, and those that do not with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from medimg_core.inference import fits
from medimg_core.registry import ModelCard, list_models
from pages._ui.language import _, ngettext
from pages._ui.plain import plain
from pages._ui.state import Case

__all__ = ["Misfit", "fitting", "misfits", "offers"]


@dataclass(frozen=True)
class Misfit:
    """A model that does not fit.

    Attributes:
        card: The model.
        reason: Why, in a sentence.
        spoken: Whether only the reader's word says so.
    """

    card: ModelCard
    reason: str
    spoken: bool


def fitting(case: Case) -> tuple[list[ModelCard], list[Misfit]]:
    """Models to offer for the series on show, those that decide something first, and those that do not fit.

    A model that was asked all the same stays: its card says why it refused, and where only the reader's word says so,
    it asks again.

    Args:
        case: Its current series is judged, by its headers and by the reader's word for what they do not say.
    """
    good: list[ModelCard] = []
    rest: list[Misfit] = []
    if case.series is None:
        return good, rest
    word = case.declared.get(case.series_key)
    for card in list_models():
        fit, reason = fits(case.series, card, declared=word)
        spoken = not fit and fits(case.series, card)[0]
        if fit or _asked(case, card):
            good.append(card)
        else:
            rest.append(Misfit(card, reason, spoken))
    return sorted(good, key=lambda card: card.classification is None), rest


def offers(case: Case, good: Sequence[ModelCard]) -> str:
    """What stands over the models on offer.

    Args:
        case: Its current series is judged.
        good: Of :func:`fitting`.
    """
    word = case.declared.get(case.series_key)
    if not good or case.series is None:
        return _("No model fits this series.")
    if not any(fits(case.series, card, declared=word)[0] for card in good):
        return _("No model fits this series; what was asked all the same says why.")
    return _("Models that fit this series")


def _asked(case: Case, card: ModelCard) -> bool:
    """Whether a model has said something of the series on show."""
    said = (*case.findings.predictions, *case.findings.segmentations)
    return any(key[:2] == (case.series_key, card.id) for key in said)


def misfits(rest: Sequence[Misfit], *, expanded: bool = False) -> None:
    """Models that do not fit, folded.

    Args:
        rest: Of :func:`fitting`.
        expanded: Whether they stand open.
    """
    if not rest:
        return
    title = ngettext("{n} model does not fit", "{n} models do not fit", len(rest)).format(n=len(rest))
    with st.expander(title, expanded=expanded):
        for each in rest:
            reason = _("{reason} That stands on your word.").format(reason=each.reason) if each.spoken else each.reason
            st.markdown(f"**{plain(_(each.card.title))}**  \n{plain(reason)}")
