"""Which model is explained, and what it said, in a few lines."""

from collections.abc import Mapping

import streamlit as st

from medimg_core.explain import methods_for
from medimg_core.registry import ModelCard
from medimg_core.results import Prediction
from pages._ui import slice_range
from pages._ui.asking import ask_and_run
from pages._ui.explaining.desk import Desk
from pages._ui.explaining.kept import change, explained
from pages._ui.language import _
from pages._ui.plain import plain
from pages._ui.result_card import at_operating_point, refusal
from pages._ui.score_bar import as_score
from pages._ui.state import Case
from pages._ui.view import tag_of

__all__ = ["choose_model", "explainable", "said"]


def explainable(cards: list[ModelCard]) -> list[ModelCard]:
    """Models that some method makes a map for; those that decide something first."""
    return sorted((card for card in cards if methods_for(card)), key=lambda card: card.classification is None)


def choose_model(case: Case, cards: list[ModelCard]) -> ModelCard:
    """The model whose map is asked for; those that have spoken of the image come first.

    Args:
        case: Its current series is explained.
        cards: One model or more.
    """
    heard = [card for card in cards if case.prediction(card.id) or case.segmentation(card.id)]
    titles = {card.id: _(card.title) for card in cards}
    wanted = explained(case).models.get(case.series_key)
    chosen = next((card for card in cards if card.id == wanted), (heard or cards)[0])
    if len(cards) == 1:
        st.markdown(f"**{plain(titles[chosen.id])}**")
        return chosen
    key, series = f"explain-model-{tag_of(case.series_key)}", case.series_key
    names = _short(titles)
    st.session_state[key] = chosen.id
    st.selectbox(
        _("Model"),
        list(names),
        format_func=names.__getitem__,
        key=key,
        label_visibility="collapsed",
        on_change=lambda: change(lambda now: now.with_model(series, st.session_state[key])),
    )
    return chosen


def _short(titles: Mapping[str, str]) -> Mapping[str, str]:
    """What the titles say behind their colons, where that tells the models apart.

    What stands before it is what the image shows, which is the same for all that fit; the list has no room for both.
    """
    ends = {name: title.partition(": ")[2] for name, title in titles.items()}
    if not all(ends.values()) or len(set(ends.values())) < len(ends):
        return titles
    return {name: end[0].upper() + end[1:] for name, end in ends.items()}


def said(desk: Desk) -> bool:
    """What the model said of the image, or the button that asks it.

    Returns:
        Whether there is something to explain.
    """
    case, card, result = desk.case, desk.card, desk.result
    if result is None:
        if card.segmentation is not None:
            slice_range.controls(case, card)
        ask_and_run(card, _("Run"))
        return False
    if result.refused:
        refusal(result.gate, _("Nothing to explain: the model does not apply here."))
        return False
    if desk.said is not None and not desk.said.refused:
        _score(desk, desk.said)
    else:
        names = ", ".join(_(name) for name in (card.segmentation.classes if card.segmentation else ()))
        st.markdown(_("Outlines: {names}").format(names=plain(names)))
    for reason in result.gate.reasons:
        st.caption(f":orange[**{_('Caution:')}**] {plain(reason.text)}")
    return True


def _score(desk: Desk, found: Prediction) -> None:
    """The score and the decision, in one line; what it means stands on Analyse."""
    card = desk.card
    at = at_operating_point(desk.case, card, found)
    reading = card.classification.reading if card.classification is not None else None
    positive = reading.positive_text if reading else _("above the threshold")
    negative = reading.negative_text if reading else _("not above the threshold")
    st.markdown(
        _("**Score {score}** - {decision} (threshold {threshold})").format(
            score=as_score(at.score),
            decision=plain(positive if at.positive else negative),
            threshold=as_score(at.threshold),
        )
    )
    if at.uses_outside:
        text = _("this model uses information outside the {region}.").format(region=_(card.region or "region"))
        st.caption(f":orange[**{_('Caution:')}**] {plain(text)}")
