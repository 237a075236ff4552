"""How figures of the Explain page are said."""

import math

import streamlit as st

from medimg_core.results import Variant
from pages._ui.language import _

__all__ = ["changed_by", "figure", "log_odds", "scale_words", "unusual"]

HARDLY = 0.05
"""Change of the log-odds, below which it says nothing: a score near 0.5 moves by about 0.01."""


def log_odds(value: float) -> str:
    """Log-odds, with their sign.

    Examples:
        >>> log_odds(2.3149), log_odds(-0.004)
        ('+2.31', '+0.00')
    """
    return f"{round(value, 2) + 0.0:+.2f}"


def figure(value: float) -> str:
    """A number in three significant digits, never with an exponent.

    Examples:
        >>> figure(1163.4), figure(828.2), figure(0.5), figure(0.00001234), figure(-20)
        ('1,160', '828', '0.5', '0.0000123', '-20')
    """
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    behind = 2 - math.floor(math.log10(abs(value)))
    text = f"{round(value, behind):,.{max(behind, 0)}f}"
    return text.rstrip("0").rstrip(".") if behind > 0 else text


def scale_words() -> str:
    """How log-odds and score of one row go together: one is not to be worked out from the other."""
    return _("Log-odds are the network's own, before calibration; the score is calibrated.")


def changed_by(change: float) -> str:
    """What became of the log-odds, in a sentence."""
    if abs(change) < HARDLY:
        return _("The log-odds hardly move ({change}).").format(change=log_odds(change))
    if change < 0:
        return _("The log-odds fall by {change:.2f}.").format(change=-change)
    return _("The log-odds rise by {change:.2f}.").format(change=change)


def unusual(variant: Variant) -> None:
    """A word of caution beside an answer to an image unlike those the model was trained on."""
    gate = variant.prediction.gate
    if variant.unusual and gate.distance is not None and gate.limit is not None:
        text = _("the changed image is stranger than the model's own ({distance}, limit {limit}).")
        said = text.format(distance=figure(gate.distance), limit=figure(gate.limit))
        st.caption(f":orange[**{_('Caution:')}**] {said} " + _("Its answer to it means little."))
