"""The gate's answer to one input."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GateReason:
    """Why the gate did not simply pass.

    Attributes:
        code: Stable key, e.g. ``"modality"``, ``"age_unknown"``, ``"out_of_distribution"``.
        text: A sentence for the page.
        refuses: True when this reason alone refuses.
    """

    code: str
    text: str
    refuses: bool


@dataclass(frozen=True)
class GateOutcome:
    """The gate's answer.

    Attributes:
        reasons: All that was found, refusals first; empty for a pass.
        distance: Out-of-distribution score of the embedding (larger is stranger), or None.
        limit: The card's limit for it, or None.
        declared: What stands on the reader's word alone because the file does not say it, each as a
            phrase, e.g. ``"modality DX"``; shown as such.
    """

    reasons: tuple[GateReason, ...] = ()
    distance: float | None = None
    limit: float | None = None
    declared: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """``"pass"``, ``"mark"`` (the score stands under a banner) or ``"refuse"`` (no score)."""
        if any(reason.refuses for reason in self.reasons):
            return "refuse"
        return "mark" if self.reasons else "pass"
