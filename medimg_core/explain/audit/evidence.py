"""Does the map say anything? One of the same value everywhere marks nothing: it is announced, and nothing is asked."""

import numpy as np

from medimg_core.explain.audit.asked import Asked
from medimg_core.results import AuditItem

__all__ = ["FLAT", "evidence"]

FLAT = 1e-3
"""Spread of a map's values, as a share of its peak, below which it is the same everywhere: a picture of it would be
rounding, stretched to full colour."""

_RULE = "A map must hold evidence for the label, and not the same everywhere."
_SOURCE = (
    "Libraries stretch every map to its own peak, and a map without a positive value comes back black without a word "
    "(tf-keras-vis 0.8.7)."
)


def evidence(asked: Asked) -> AuditItem | None:
    """The item of a map that says nothing; None for any other.

    Args:
        asked: The map under audit.
    """
    values = asked.evidence
    peak, spread = float(values.max()), float(np.ptp(values))
    figures = {"peak": peak, "spread": spread}
    if peak <= 0:
        sentence = "The map is empty: nothing in this image speaks for the label. There is nothing to see in it."
        return AuditItem("evidence", "not_shown", sentence, _RULE, _SOURCE, figures, "the map is empty")
    if spread < FLAT * peak:
        sentence = "The map is the same everywhere: it marks no place. Its colours would say nothing."
        return AuditItem("evidence", "not_shown", sentence, _RULE, _SOURCE, figures, "the map is the same everywhere")
    return None
