"""What an audit says of a saliency map: one item a question, worst first, never a total."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from medimg_core.errors import IncompatibleInputError

__all__ = ["DECIDING", "FOLLOWING", "VERDICTS", "Audit", "AuditItem", "Verdict"]

Verdict = Literal["not_shown", "cannot_tell", "shown", "not_applicable", "information"]

VERDICTS: tuple[Verdict, ...] = ("not_shown", "cannot_tell", "shown", "not_applicable", "information")
"""From the worst to what is no verdict."""

DECIDING = ("faithfulness", "sanity")
"""Items without which nobody can say that a map follows its model."""

FOLLOWING = (*DECIDING, "responsiveness", "stability", "class_contrast")
"""Items that ask whether a map follows its model; the others ask where it lies and how strong it is."""

_WORDS: Mapping[str, str] = {"not_shown": "not shown", "cannot_tell": "cannot tell", "shown": "shown"}


@dataclass(frozen=True)
class AuditItem:
    """One question that a map was asked.

    Attributes:
        name: Key: ``"evidence"``, ``"faithfulness"``, ``"sanity"``, ``"stability"``, ``"responsiveness"``,
            ``"class_contrast"``, ``"strength"``, ``"anatomy"``, ``"place"``.
        verdict: ``"shown"``, ``"not_shown"``, ``"cannot_tell"``; ``"not_applicable"`` where the question has no
            meaning for this map; ``"information"`` where no answer would be a pass.
        sentence: What was found, for a reader, with its number.
        rule: When it counts as shown.
        source: Paper or measurement behind the rule.
        figures: Numbers behind the sentence by name, JSON-ready.
        reason: The verdict's reason in a few words, for the audit's line.
    """

    name: str
    verdict: Verdict
    sentence: str
    rule: str
    source: str
    figures: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise IncompatibleInputError(f"verdict must be one of {', '.join(VERDICTS)}, got {self.verdict!r}")

    def as_dict(self) -> dict[str, Any]:
        """Everything, JSON-ready."""
        return {
            "name": self.name,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "rule": self.rule,
            "source": self.source,
            "reason": self.reason,
            "figures": dict(self.figures),
        }


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
        items: Worst verdict first; of one verdict in the order given.

    Examples:
        >>> told = AuditItem("sanity", "cannot_tell", "", "", "", reason="not computed for this method")
        >>> Audit("tiny", "0", "1", 0, 0, "grad_cam", "features", "tumour", (told,)).line[:67]
        'Map follows the model: cannot tell (sanity: not computed for this m'
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

    def __post_init__(self) -> None:
        ordered = sorted(self.items, key=lambda item: VERDICTS.index(item.verdict))
        object.__setattr__(self, "items", tuple(ordered))

    def item(self, name: str) -> AuditItem | None:
        """The item of that name, or None where it was not asked."""
        return next((item for item in self.items if item.name == name), None)

    @property
    def verdict(self) -> Verdict:
        """Whether the map follows the model: ``"shown"``, ``"not_shown"`` or ``"cannot_tell"``.

        One item of :data:`FOLLOWING` that is not shown is enough for not shown. For shown, every item of
        :data:`DECIDING` must be.
        """
        if any(item.verdict == "not_shown" for item in self._following):
            return "not_shown"
        shown = [item.name for item in self.items if item.verdict == "shown"]
        return "shown" if set(DECIDING) <= set(shown) else "cannot_tell"

    @property
    def line(self) -> str:
        """The audit in one line, worst result first; it never says that the model is right."""
        told = [
            item
            for item in self._following
            if item.verdict in ("not_shown", "cannot_tell") or (item.name in DECIDING and item.verdict != "shown")
        ]
        missing = [name for name in DECIDING if self.item(name) is None]
        empty = self.item("evidence")
        if empty is not None and empty.verdict == "not_shown":
            told, missing = [empty], []
        verdict = self.verdict
        reasons = []
        for item in told:
            other = f"{_WORDS[item.verdict]} " if item.verdict in _WORDS and item.verdict != verdict else ""
            name = item.name.replace("_", " ")
            reasons.append(f"{other if item is not empty else ''}{name}: {item.reason or _WORDS.get(item.verdict, '')}")
        reasons += [f"{name}: not asked" for name in missing]
        why = f" ({'; '.join(reasons)})" if reasons else ""
        return f"Map follows the model: {_WORDS[verdict]}{why}. It does not say that the model is right."

    @property
    def folded(self) -> bool:
        """Whether the map must stay behind "show anyway" and its exports carry the mark.

        True where sanity or faithfulness was asked and not shown, and for a map that says nothing.
        """
        return any(item.verdict == "not_shown" for item in self.items if item.name in (*DECIDING, "evidence"))

    def as_dict(self) -> dict[str, Any]:
        """Everything but the volume's fingerprint, JSON-ready."""
        return {
            "model": self.model_id,
            "weights_sha256": self.weights_sha256,
            "slice": self.slice_index,
            "frame": self.frame,
            "method": self.method,
            "layer": self.layer,
            "label": self.label,
            "verdict": self.verdict,
            "line": self.line,
            "folded": self.folded,
            "items": [item.as_dict() for item in self.items],
        }

    @property
    def _following(self) -> list[AuditItem]:
        return [item for item in self.items if item.name in FOLLOWING]
