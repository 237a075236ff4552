"""What an audit says of a saliency map: one item a question, worst first, never a total."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from medimg_core.errors import IncompatibleInputError

__all__ = ["VERDICTS", "Audit", "AuditItem", "Verdict"]

Verdict = Literal["not_shown", "cannot_tell", "shown", "not_applicable", "information"]

VERDICTS: tuple[Verdict, ...] = ("not_shown", "cannot_tell", "shown", "not_applicable", "information")
"""From the worst to what is no verdict."""


@dataclass(frozen=True)
class AuditItem:
    """One question that a map was asked.

    Attributes:
        name: Key, e.g. ``"faithfulness"``, ``"sanity"``, ``"stability"``, ``"anatomy"``.
        verdict: ``"shown"``, ``"not_shown"``, ``"cannot_tell"``; ``"not_applicable"`` where the question has no
            meaning for this map; ``"information"`` where no answer would be a pass.
        sentence: What was found, for a reader, with its number.
        rule: When it counts as shown.
        source: Paper or measurement behind the rule.
        figures: Numbers behind the sentence by name, JSON-ready.
    """

    name: str
    verdict: Verdict
    sentence: str
    rule: str
    source: str
    figures: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise IncompatibleInputError(f"verdict must be one of {', '.join(VERDICTS)}, got {self.verdict!r}")


@dataclass(frozen=True)
class Audit:
    """What is known of one map.

    Attributes:
        model_id: Model explained.
        weights_sha256: Its weights.
        fingerprint: Of the volume explained.
        slice_index: Slice of the volume, from 0.
        frame: Frame of the volume, from 0.
        method: Of the map.
        layer: Of the map.
        label: What the map explains.
        items: Worst verdict first.
    """

    model_id: str
    weights_sha256: str
    fingerprint: str
    slice_index: int
    frame: int
    method: str
    layer: str
    label: str
    items: tuple[AuditItem, ...]

    def item(self, name: str) -> AuditItem | None:
        """The item of that name, or None where it was not asked."""
        return next((item for item in self.items if item.name == name), None)

    @property
    def folded(self) -> bool:
        """Whether the map must stay behind "show anyway" and its exports carry the mark.

        True where sanity or faithfulness was asked and not shown.
        """
        return any(item.verdict == "not_shown" for item in self.items if item.name in ("sanity", "faithfulness"))
