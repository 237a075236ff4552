"""Blind reading on the worklist: turn it on and off, what was recorded so far, and the record as a file."""

import streamlit as st

from medimg_core.blind import Share, Summary, summary, to_csv
from pages._ui.language import _, ngettext
from pages._ui.state import blind, change_blind
from pages._ui.theme import say

__all__ = ["blind_summary", "withheld"]

SWITCH = "blind-on"


def blind_summary() -> None:
    """The switch and, once something was recorded, the counts and the file."""
    log = blind()
    st.session_state[SWITCH] = log.on
    st.toggle(
        _("Blind reading first"),
        key=SWITCH,
        on_change=_turn,
        help=_(
            "Hides scores, maps, masks, flags and candidates of every series until you have recorded what you find and "
            "how sure you are, on Analyse. Then they are shown, and you say whether your finding changes."
        ),
    )
    readings = tuple(log.readings.values())
    if not readings:
        return
    title = ngettext("Blind readings: {n} answer", "Blind readings: {n} answers", len(readings))
    with st.expander(title.format(n=len(readings)), key="blind-readings"):
        _counts(summary(readings))
        with st.container(horizontal=True):
            st.download_button(
                _("Record (CSV)"),
                to_csv(readings),
                file_name="blind_readings.csv",
                mime="text/csv",
                on_click="ignore",
                key="blind-export",
            )
            st.button(
                _("Clear the record"),
                key="blind-clear",
                on_click=lambda: change_blind(lambda now, _case: now.emptied()),
            )
        st.caption(_("The file holds pseudonyms of this server run, and nothing of the header."))


def withheld() -> bool:
    """Whether a page must keep single cases to itself, because the reader reads blind; says so where it must."""
    if not blind().on:
        return False
    say(_("Hidden while blind reading is on: what a model said of single images. The Worklist turns it off."))
    return True


def _turn() -> None:
    on = bool(st.session_state[SWITCH])
    change_blind(lambda log, case: log.turned(case, on=on))


def _counts(found: Summary) -> None:
    lines: list[str] = []
    if found.read:
        lines += _agreed(found)
    if found.seen_before:
        text = ngettext(
            "{n} answer is left out: results had been on show before.",
            "{n} answers are left out: results had been on show before.",
            found.seen_before,
        )
        lines.append(text.format(n=found.seen_before))
    st.markdown("\n".join(f"- {line}" for line in lines))


def _agreed(found: Summary) -> list[str]:
    lines = [
        _("Agreed with the model: {before} before it was shown, {after} after.").format(
            before=_share(found.agreed_before), after=_share(found.agreed_after)
        ),
        _("Changed after it was shown: {changed}; {towards} to the model's answer, {away} away from it.").format(
            changed=_share(found.changed), towards=found.towards, away=found.away
        ),
        _("**Agreement with a model is not accuracy:** a reader who follows a model that is wrong agrees with it."),
    ]
    if found.right_before.of or found.right_after.of or found.model_right.of:
        text = _("Right where the truth is stated: {before} before, {after} after, the model {model}.")
        lines.append(
            text.format(
                before=_share(found.right_before), after=_share(found.right_after), model=_share(found.model_right)
            )
        )
    else:
        lines.append(_("No truth is stated, so nothing can be said of accuracy."))
    if found.seconds_before is not None:
        text = _("Median time to a finding: {seconds:.0f} s.").format(seconds=found.seconds_before)
        if found.seconds_after is not None:
            text += " " + _("After the model was shown: {seconds:.0f} s.").format(seconds=found.seconds_after)
        lines.append(text)
    return lines


def _share(share: Share) -> str:
    return _("{count} of {of}").format(count=share.count, of=share.of)
