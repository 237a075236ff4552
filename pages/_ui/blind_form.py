"""Blind reading beside the picture: the questions before the models are shown, and again after."""

import time
from collections.abc import Sequence

import streamlit as st

from medimg_core.blind import FINDINGS, Answer, BlindReading, Said
from medimg_core.registry import ModelCard
from pages._ui.language import _
from pages._ui.plain import plain
from pages._ui.result_card import operating_point, question
from pages._ui.state import Case, blind, change, change_blind
from pages._ui.view import SeriesKey, tag_of

__all__ = ["ask", "finding_word", "said_of", "told"]

Questions = tuple[tuple[str, tuple[str, ...]], ...]
"""What is asked, each with the models that ask it."""


def finding_word(finding: str) -> str:
    """A finding, as the page says it."""
    return {"present": _("present"), "absent": _("absent"), "unsure": _("cannot tell")}[finding]


def ask(case: Case, cards: Sequence[ModelCard]) -> None:
    """The questions of the models that fit, while nothing that they say is shown.

    Args:
        case: Its current series is read.
        cards: The models that fit it.
    """
    key, study = case.series_key, case.study
    if study is None:
        return
    tag, asked = tag_of(key), _questions(cards)
    st.markdown(f"**{_('Blind reading')}**")
    st.caption(_("What models say of this series stays hidden until you record what you find and how sure you are."))
    with st.form(f"blind-{tag}", border=False):
        for number, (text, _models) in enumerate(asked):
            _answer(tag, number, plain(text), None)
        st.form_submit_button(
            _("Record and reveal"),
            key=f"blind-record-{tag}",
            type="primary",
            width="stretch",
            on_click=_record,
            args=(key, study.patient.pseudonym, asked),
        )
    if st.session_state.pop(f"blind-missing-{tag}", False):
        st.warning(_("Answer each question with a finding and a confidence first."))
    st.caption(_("The Worklist turns blind reading off."))


def told(case: Case, cards: Sequence[ModelCard]) -> None:
    """What the reader recorded of the series on show and, beside the models' answers, whether it changes.

    Args:
        case: Its current series was read.
        cards: The models that fit it.
    """
    key = case.series_key
    for card in cards:
        said = None if card.classification is None else said_of(case, card)
        if said is not None:
            change_blind(lambda log, _case, m=card.id, s=said: log.with_said(key, s, m, time.monotonic()))  # type: ignore[misc]
    log = blind()
    found = log.readings_of(key)
    if not found:
        return
    with st.expander(_("Your blind reading"), expanded=any(each.after is None for each in found), key="blind-told"):
        for number, each in enumerate(found):
            _one(key, number, each, ready=(key, each.model) in log.revealed)


def said_of(case: Case, card: ModelCard) -> Said | None:
    """What a model says of the current series: of several images the highest score; None while it has not spoken."""
    results = [
        said for place, said in case.findings.predictions.items() if place[0] == case.series_key and place[1] == card.id
    ]
    if not results:
        return None
    scores = [said.score for said in results if not said.refused]
    return Said(max(scores, default=None), operating_point(case, card).value, len(results))


def _questions(cards: Sequence[ModelCard]) -> Questions:
    asked: dict[str, list[str]] = {}
    for card in cards:
        if card.classification is not None:
            asked.setdefault(question(card), []).append(card.id)
    return tuple((text, tuple(models)) for text, models in asked.items()) or (("abnormal", ("",)),)


def _answer(tag: str, number: int, text: str, before: Answer | None) -> None:
    """A finding and a confidence; nothing is chosen for the reader before the reveal."""
    when = "before" if before is None else "after"
    st.radio(
        _("{question}: what do you find?").format(question=text),
        FINDINGS,
        index=None if before is None else FINDINGS.index(before.finding),
        format_func=finding_word,
        horizontal=True,
        key=f"blind-{when}-{tag}-{number}-finding",
    )
    st.number_input(
        _("How sure are you, %"),
        min_value=0,
        max_value=100,
        value=None if before is None else before.confidence,
        step=5,
        placeholder=_("0 (a guess) to 100 (certain)"),
        key=f"blind-{when}-{tag}-{number}-sure",
    )


def _said(tag: str, number: int, when: str) -> tuple[str, int] | None:
    """What the form holds, or None where something is missing."""
    finding = st.session_state.get(f"blind-{when}-{tag}-{number}-finding")
    sure = st.session_state.get(f"blind-{when}-{tag}-{number}-sure")
    return None if finding is None or sure is None else (str(finding), int(sure))


def _record(key: SeriesKey, pseudonym: str, asked: Questions) -> None:
    now, tag = time.monotonic(), tag_of(key)
    answers = [_said(tag, number, "before") for number in range(len(asked))]
    if any(answer is None for answer in answers):
        st.session_state[f"blind-missing-{tag}"] = True
        return
    for (text, models), answer in zip(asked, answers, strict=True):
        assert answer is not None
        for model in models:
            seconds = now - blind().begun.get(key, now)
            made = BlindReading(pseudonym, tag, text, Answer(*answer, seconds), model)
            change_blind(lambda log, _case, made=made: log.with_reading(key, made, now))  # type: ignore[misc]
    change(lambda case: case.with_overlay(shown=False))  # the image first


def _one(key: SeriesKey, number: int, each: BlindReading, *, ready: bool) -> None:
    """One question: the answer before, the one after, and the truth where somebody knows it."""
    tag = tag_of(key)
    st.markdown(_("**{question}**").format(question=plain(each.question)))
    text = _("Before: {finding}, {sure} % sure, after {seconds:.0f} s.")
    before = each.before
    st.caption(text.format(finding=finding_word(before.finding), sure=before.confidence, seconds=before.seconds))
    if each.seen_before:
        st.caption(_("Not blind: results of this series had been on show before. It is left out of the counts."))
    if each.after is not None:
        text = _("After: {finding}, {sure} % sure ({changed}).")
        changed = _("changed") if each.changed else _("not changed")
        st.caption(text.format(finding=finding_word(each.after.finding), sure=each.after.confidence, changed=changed))
    elif not ready:
        st.caption(_("Run the model, then say whether your finding changes."))
    else:
        with st.form(f"blind-after-{tag}-{number}", border=False):
            _answer(tag, number, _("With the model on show, {question}").format(question=plain(each.question)), before)
            st.form_submit_button(
                _("Record"), key=f"blind-answer-{tag}-{number}", on_click=_again, args=(key, number, each.model)
            )
    _truth(key, number, each)


def _again(key: SeriesKey, number: int, model: str) -> None:
    answer, now = _said(tag_of(key), number, "after"), time.monotonic()
    if answer is not None:
        change_blind(lambda log, _case: log.with_answer(key, model, *answer, now))


def _truth(key: SeriesKey, number: int, each: BlindReading) -> None:
    name = f"blind-truth-{tag_of(key)}-{number}"
    st.session_state[name] = each.truth or ""
    st.selectbox(
        _("Truth, where it is known"),
        ["", "present", "absent"],
        format_func=lambda value: finding_word(value) if value else _("not known"),
        key=name,
        on_change=lambda: change_blind(
            lambda log, _case: log.with_truth(key, each.model, st.session_state[name] or None)
        ),
    )
