"""Two maps, or two cases: with what a map is compared, and the figures of both."""

import streamlit as st

from medimg_core.errors import NotApplicableError
from medimg_core.explain import METHODS
from medimg_core.explain.compare import TOP, Comparison
from medimg_core.registry import ModelCard
from medimg_core.results import Explanation
from pages._ui.explaining import mapping
from pages._ui.explaining.desk import Desk, seat
from pages._ui.explaining.folding import folded_away, folded_line
from pages._ui.explaining.kept import change, explained
from pages._ui.explaining.method_panel import choices
from pages._ui.explaining.pairing import CASE, HERE, MODEL, SHOWN, Pair, agreed, compared, others_of, pair_of, voters
from pages._ui.language import _
from pages._ui.plain import plain
from pages._ui.state import Case, load
from pages._ui.study_panel import series_title, study_title

__all__ = ["compare_panel"]


def compare_panel(desk: Desk, cards: list[ModelCard]) -> None:
    """With what the map is compared, the second map, and the figures of both."""
    folded_line(desk)
    _with_what(desk)
    pair = pair_of(desk, cards)
    if pair.same:
        _other_model(desk, pair, cards)
        st.caption(_("With this second map:"))
        choices(pair.other, second=True)
    if pair.other.result is None or pair.other.asked is None:
        st.caption(_("This model has no answer there to explain. Run it there first, on Analyse."))
        return
    if desk.explanation is None:
        st.caption(_("Show the first map to compare it."))
        return
    if pair.other.explanation is None:
        _make(pair)
        return
    _worth(pair)
    if pair.same:
        _which()
    _figures(pair, desk.explanation, pair.other.explanation)


def _with_what(desk: Desk) -> None:
    """Another map of this image, or another case."""
    names = {HERE: _("Another map of this image")}
    for place, other in others_of(desk.case):
        names[place] = _named(other)
    if len(names) == 1:
        return
    key = "explain-with"
    wanted = explained(desk.case).settings.get(CASE)
    st.session_state[key] = wanted if wanted in names else HERE
    st.selectbox(
        _("Compare with"),
        list(names),
        format_func=names.__getitem__,
        key=key,
        on_change=lambda: change(lambda now: now.with_setting(CASE, st.session_state[key])),
    )


def _named(other: Case) -> str:
    if other.study is None or other.series is None:
        return ""
    return f"{study_title(other.study)}: {series_title(other.series)}"


def _other_model(desk: Desk, pair: Pair, cards: list[ModelCard]) -> None:
    heard = [card for card in cards if seat(desk.case, card).result is not None]
    if len(heard) < 2:
        return
    names = {card.id: _(card.title) for card in heard}
    key = "explain-model-2"
    st.session_state[key] = pair.other.card.id if pair.other.card.id in names else desk.card.id
    st.selectbox(
        _("Second model"),
        list(names),
        format_func=names.__getitem__,
        key=key,
        on_change=lambda: change(lambda now: now.with_setting(MODEL, st.session_state[key])),
    )


def _make(pair: Pair) -> None:
    """The second map: at once where that takes no time, else by a button."""
    other = pair.other
    assert other.asked is not None
    if mapping.at_once(other.card, other.asked):
        mapping.make(other, other.asked)
        st.rerun()
    if not mapping.on_its_way(other.card, other.asked):
        st.button(
            _("Make the second map"),
            key="explain-make-2",
            type="primary",
            width="stretch",
            on_click=mapping.make,
            args=(other, other.asked),
        )


def _worth(pair: Pair) -> None:
    """What the second map is worth; a map that no audit speaks for is not the first one's equal."""
    told, caution = pair.other.audit, f":orange[**{_('Caution:')}**]"
    if pair.other.asked == pair.one.asked:
        return  # one and the same map: said already
    if told is None and pair.one.audit is None:
        st.caption(f"{caution} " + _("neither of the two maps was audited."))
    elif told is None:
        st.caption(f"{caution} " + _("the second map was not audited."))
    elif told.folded:
        folded_line(pair.other, second=True)
    else:
        st.caption(_("Second map: {line}").format(line=plain(told.line)))


def _which() -> None:
    names = {"map": _("Map"), "difference": _("Difference"), "agreement": _("Agreement")}
    key = "explain-beside"
    st.session_state[key] = explained(load()).settings.get(SHOWN, "map")
    st.segmented_control(
        _("Beside it"),
        list(names),
        format_func=names.__getitem__,
        key=key,
        required=True,
        width="stretch",
        on_change=lambda: change(lambda now: now.with_setting(SHOWN, st.session_state[key])),
    )


def _figures(pair: Pair, one: Explanation, other: Explanation) -> None:
    if folded_away(pair.one) or folded_away(pair.other):
        st.caption(_("Nothing is compared: a map that is folded is not on show."))
    else:
        _numbers(compared(one, other))
    if pair.same and explained(pair.one.case).settings.get(SHOWN) == "agreement":
        _votes(pair.one)


def _numbers(found: Comparison) -> None:
    if found.rank_correlation is not None:
        st.markdown(
            _("Rank correlation **{value:.2f}** (1: the same order of places).").format(value=found.rank_correlation)
        )
    if found.overlap is not None and found.chance is not None:
        text = _("Top {top:.0f} % of both overlap by {value:.2f} (intersection over union); by chance {chance:.2f}.")
        st.markdown(text.format(top=100 * TOP, value=found.overlap, chance=found.chance))
    st.caption(plain(found.note))


def _votes(desk: Desk) -> None:
    """By which rule places are outlined, and whose maps were asked."""
    voting, away = voters(desk)
    if away:
        names = ", ".join(METHODS[each.method].title for each in away)
        st.caption(_("Without a vote, folded by its audit: {names}.").format(names=names))
    try:
        votes = agreed(desk)
    except NotApplicableError as error:
        st.caption(plain(f"{str(error)[:1].upper()}{str(error)[1:]}."))
        return
    if votes.area.any():
        text = _(
            "Outlined: in the top {top:.0f} % of at least one map of each family (class activation, gradient, "
            "perturbation), and of at least {least} of all {n} maps ({names})."
        )
    else:
        text = _(
            "Nothing is outlined: no place is in the top {top:.0f} % of at least one map of each family (class "
            "activation, gradient, perturbation), and of at least {least} of all {n} maps ({names})."
        )
    names = ", ".join(METHODS[name].title for name in votes.counted)
    st.caption(text.format(top=100 * votes.top, least=votes.at_least, n=len(votes.counted), names=names))
    if votes.dropped:
        twins = ", ".join(f"{METHODS[a].title} = {METHODS[b].title}" for a, b in votes.dropped)
        st.caption(_("Counted once: {twins}.").format(twins=twins))
    audits = explained(desk.case).audits
    unaudited = [METHODS[each.method].title for each in voting if each not in audits]
    if unaudited:
        st.caption(_("Not audited: {names}.").format(names=", ".join(unaudited)))
