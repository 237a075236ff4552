"""One result as a compact card: what was asked, the score or the reason there is none, what it means."""

from collections.abc import Iterable
from dataclasses import replace

import streamlit as st

from medimg_core.prevalence import predictive_values, shifted
from medimg_core.registry import ModelCard, Reading, Threshold
from medimg_core.results import GateOutcome, Prediction
from pages._ui.figure_names import spaced
from pages._ui.language import _, ngettext
from pages._ui.plain import plain
from pages._ui.score_bar import as_score, bar_alt, percent, score_bar
from pages._ui.state import Case, change
from pages._ui.theme import palette

__all__ = [
    "asked",
    "at_operating_point",
    "banner",
    "operating_point",
    "prevalence_input",
    "question",
    "refusal",
    "result_card",
    "result_details",
    "score",
    "small_print",
]


def operating_point(case: Case, card: ModelCard) -> Threshold:
    """The operating point the reader chose for a model, or the card's first."""
    name = case.operating.get(card.id)
    return next((threshold for threshold in card.thresholds if threshold.name == name), card.threshold)


def at_operating_point(case: Case, card: ModelCard, result: Prediction) -> Prediction:
    """The same prediction, decided at the chosen operating point; the score does not change."""
    return replace(result, threshold=operating_point(case, card).value)


def result_card(case: Case, card: ModelCard, result: Prediction) -> None:
    """What a model said of one image; a refusal takes the place of the score."""
    if result.refused:
        refusal(result.gate, _("No score: the model does not apply here."))
        return
    banner(result.gate, _("Caution, read the score with this in mind:"))
    score(card, at_operating_point(case, card, result))


def result_details(case: Case, card: ModelCard, result: Prediction, declared: Iterable[str] | None = None) -> None:
    """What the score means, what it does not, and where the model was never measured.

    Args:
        case: The session's.
        card: The model.
        result: What it said of one image.
        declared: What the reader said of the whole run; of this image where None.
    """
    if result.refused:
        return
    _meaning(case, card)
    _probability(case, card, result)
    _finer(card, result)
    small_print(card, result.gate.declared if declared is None else declared)


def question(card: ModelCard) -> str:
    """What the model is asked, in a word or two."""
    reading = _reading(card)
    return spaced(reading.name) if reading else ", ".join(_classes(card))


def asked(card: ModelCard) -> str:
    """What a model is asked, and what it outlines."""
    words = [_("Asked: {question}").format(question=question(card))] if card.classification else []
    if card.segmentation is not None:
        names = ", ".join(_(name) for name in card.segmentation.classes)
        words.append((_("outlines: {names}") if words else _("Outlines: {names}")).format(names=names))
    return "; ".join(words)


def _reading(card: ModelCard) -> Reading | None:
    return None if card.classification is None else card.classification.reading


def _classes(card: ModelCard) -> tuple[str, ...]:
    return () if card.classification is None else card.classification.classes


def refusal(gate: GateOutcome, title: str) -> None:
    """Why there is no result, in its place.

    Args:
        gate: It refused.
        title: What there is not.
    """
    reasons = "\n".join(f"- {plain(reason.text)}" for reason in gate.reasons if reason.refuses)
    st.error(f"**{title}**\n\n{reasons}")
    st.caption(_("A refusal says nothing about the patient."))
    _word(gate.declared)


def banner(gate: GateOutcome, title: str) -> None:
    """What the gate marked, over the result; nothing where it passed.

    Args:
        gate: Its outcome.
        title: What is to be read with it in mind.
    """
    if gate.status != "mark":
        return
    reasons = "\n".join(f"- {plain(reason.text)}" for reason in gate.reasons)
    st.warning(f"**{title}**\n\n{reasons}")


def score(card: ModelCard, result: Prediction) -> None:
    """The score on its bar, and the decision in words.

    Args:
        card: The model.
        result: At the operating point chosen.
    """
    reading = _reading(card)
    positive = reading.positive_text if reading else _("above the threshold")
    negative = reading.negative_text if reading else _("not above the threshold")
    st.markdown(
        _("**Score {score}** - {decision}").format(
            score=as_score(result.score), decision=plain(positive if result.positive else negative)
        )
    )
    drawing = score_bar(result.score, result.score_range, result.threshold, palette())
    st.image(drawing, width=320, alt=bar_alt(result.score, result.score_range, result.threshold))
    low, high = (as_score(end) for end in result.score_range)
    span = low if low == high else _("{low} to {high}").format(low=low, high=high)
    st.caption(_("Range under small changes: {span} (the model's heads; not a confidence interval).").format(span=span))
    if result.uses_outside:
        text = _("this model uses information outside the {region}.").format(region=_(card.region or "region"))
        st.markdown(f":orange[**{_('Caution:')}**] {plain(text)}")


def _meaning(case: Case, card: ModelCard) -> None:
    point = operating_point(case, card)
    if len(card.thresholds) > 1:
        names = [threshold.name for threshold in card.thresholds]
        key = f"operating-{card.id}"
        st.session_state[key] = point.name
        st.selectbox(
            _("Operating point"),
            names,
            key=key,
            format_func=spaced,
            on_change=lambda: change(lambda now: now.with_operating(card.id, st.session_state[key])),
        )
    st.caption(
        _(
            "At this threshold the model found {found} of the images labelled {question} and left {left} of the "
            "others unflagged ({source})."
        ).format(
            found=percent(point.sensitivity),
            left=percent(point.specificity),
            question=plain(question(card)),
            source=plain(point.source),
        )
    )


def _probability(case: Case, card: ModelCard, result: Prediction) -> None:
    """A probability needs a prevalence; without one there is only the score."""
    prevalence_input(case, card)
    stated = case.prevalence.get(question(card))
    if stated is None or not 0 < card.prevalence < 1:
        return
    point = operating_point(case, card)
    ppv, npv = predictive_values(point.sensitivity, point.specificity, stated)
    st.markdown(
        _("**Probability {p}** at a prevalence of {prevalence:.3g} %.").format(
            p=percent(shifted(result.score, card.prevalence, stated)), prevalence=100 * stated
        )
    )
    st.caption(
        _(
            "At this prevalence and threshold, {ppv} of flagged images would have it (PPV) and {npv} of "
            "unflagged ones would not (NPV)."
        ).format(ppv=percent(ppv), npv=percent(npv))
    )


def prevalence_input(case: Case, card: ModelCard) -> None:
    """Asks for the share of positives where the score is read."""
    name = question(card)
    key, stated = f"prevalence-{card.id}", case.prevalence.get(name)
    st.session_state[key] = None if stated is None else 100 * stated
    stack = case.volume is not None and case.volume.shape[0] > 1  # scores are of slices then, and so is the share
    label = _("Share of {question} among such images, %") if stack else _("Share of {question} among your patients, %")
    st.number_input(
        label.format(question=plain(name)),
        min_value=0.1,
        max_value=99.9,
        step=1.0,
        format="%.1f",
        key=key,
        placeholder=_("not stated: no probability is given"),
        help=_("Scores are calibrated at the training prevalence, {trained}; a probability needs yours.").format(
            trained=percent(card.prevalence)
        ),
        on_change=lambda: change(lambda now: now.with_prevalence(name, st.session_state[key])),
    )


def _finer(card: ModelCard, result: Prediction) -> None:
    """Classes that the reading puts together, for research."""
    if len(_classes(card)) > 2 and st.toggle(
        _("Show finer classes (research output)"), key=f"classes-{card.id}", persist_state="session"
    ):
        st.caption(_("Not a radiographic distinction; never part of a report."))
        scores = result.class_scores.items()
        st.table([{_("Class"): plain(name), _("Score"): plain(as_score(value))} for name, value in scores])


def small_print(card: ModelCard, declared: Iterable[str]) -> None:
    """Where the model was never measured, what stands on the reader's word, and under which licence.

    Args:
        card: The model.
        declared: What the reader said, each as a phrase.
    """
    never = card.population.never_measured
    title = ngettext("Never measured: {n} point", "Never measured: {n} points", len(never)).format(n=len(never))
    if never:
        with st.expander(title):
            st.markdown("\n".join(f"- {plain(text)}" for text in never))
    _word(declared)
    st.caption(_("Weights: {licence}.").format(licence=plain(card.weights_licence)))


def _word(declared: Iterable[str]) -> None:
    """What stands on the reader's word alone."""
    if facts := ", ".join(declared):
        st.caption(plain(_("On your word: {facts}.").format(facts=facts)))
