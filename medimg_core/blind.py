"""What a reader found before the model was revealed, what it then said, and what the reader found after.

A record holds a pseudonym, never a word about the patient. Agreement with a model is not accuracy: a reader who follows
a model that is wrong agrees with it. Accuracy is counted only where somebody states the truth.
"""

import csv
import io
import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from medimg_core.errors import IncompatibleInputError

__all__ = ["COLUMNS", "FINDINGS", "Answer", "BlindReading", "Said", "Share", "Summary", "summary", "to_csv"]

FINDINGS = ("present", "absent", "unsure")
"""What a reader may answer to a model's question."""


@dataclass(frozen=True)
class Answer:
    """A reader's answer to one question.

    Attributes:
        finding: One of :data:`FINDINGS`.
        confidence: That the answer is right, 0 to 100 %.
        seconds: How long it took: before the reveal since the case was first on show, after it since the model's
            answer was.
    """

    finding: str
    confidence: int
    seconds: float

    def __post_init__(self) -> None:
        if self.finding not in FINDINGS:
            raise IncompatibleInputError(f"a finding must be one of {', '.join(FINDINGS)}, got {self.finding[:60]!r}")
        if not 0 <= self.confidence <= 100:
            raise IncompatibleInputError(f"confidence must lie in [0, 100] %, got {self.confidence:g}")
        if not self.seconds >= 0:
            raise IncompatibleInputError(f"seconds must not be below zero, got {self.seconds:g}")


@dataclass(frozen=True)
class Said:
    """What the model said when it was revealed.

    Attributes:
        score: 0 to 1, of several images the highest; None where the gate refused.
        threshold: Operating point used, 0 to 1.
        images: How many images it read.
    """

    score: float | None
    threshold: float
    images: int = 1

    @property
    def finding(self) -> str | None:
        """``"present"`` where a score reaches the threshold, else ``"absent"``; None where the gate refused."""
        if self.score is None:
            return None
        return "present" if self.score >= self.threshold else "absent"


@dataclass(frozen=True)
class BlindReading:
    """One case and one model's question.

    Attributes:
        case: Pseudonym of the patient.
        series: Short name of the series, made of its identity by a hash.
        question: What the reader was asked, in the model's words.
        before: The reader's answer while the model was hidden.
        model: Id of the model that asks; empty where none does.
        seen_before: True where the model's results had been on show before the case was read blind.
        said: What the model said, or None while it has not spoken.
        after: The reader's answer with the model on show, or None.
        truth: ``"present"`` or ``"absent"`` where somebody knows it, else None.
    """

    case: str
    series: str
    question: str
    before: Answer
    model: str = ""
    seen_before: bool = False
    said: Said | None = None
    after: Answer | None = None
    truth: str | None = None

    def __post_init__(self) -> None:
        if self.truth not in (None, "present", "absent"):
            raise IncompatibleInputError(f"truth must be present, absent or unknown, got {str(self.truth)[:60]!r}")

    @property
    def changed(self) -> bool | None:
        """Whether the finding (not only the confidence) is another one after the reveal; None without an answer."""
        return None if self.after is None else self.after.finding != self.before.finding


@dataclass(frozen=True)
class Share:
    """So many of so many.

    Examples:
        >>> str(Share(2, 3))
        '2 of 3'
    """

    count: int
    of: int

    def __str__(self) -> str:
        return f"{self.count} of {self.of}"


@dataclass(frozen=True)
class Summary:
    """Counts over readings.

    Attributes:
        read: Questions answered before a reveal, those seen before left out.
        seen_before: Questions left out, because the model had been seen.
        agreed_before: Blind findings that are the model's, of those where both decided.
        agreed_after: Findings after the reveal that are the model's, of those where both decided.
        changed: Findings that changed, of those answered again.
        towards: Changed findings that became the model's.
        away: Changed findings that had been the model's.
        right_before: Blind findings that are the truth, of those decided with the truth stated.
        right_after: Findings after the reveal that are the truth, likewise.
        model_right: Model's decisions that are the truth, likewise.
        seconds_before: Median seconds to the finding, or None.
        seconds_after: Median seconds after the reveal, or None.
    """

    read: int
    seen_before: int
    agreed_before: Share
    agreed_after: Share
    changed: Share
    towards: int
    away: int
    right_before: Share
    right_after: Share
    model_right: Share
    seconds_before: float | None
    seconds_after: float | None


def summary(readings: Iterable[BlindReading]) -> Summary:
    """Count readings. Those whose model had been seen before are only counted as such.

    Args:
        readings: Any number.
    """
    every = list(readings)
    blind = [each for each in every if not each.seen_before]
    moved = [each for each in blind if each.changed]
    models = [None if each.said is None else each.said.finding for each in blind]
    first: list[str | None] = [each.before.finding for each in blind]
    second = [None if each.after is None else each.after.finding for each in blind]
    truths = [each.truth for each in blind]
    return Summary(
        read=len(blind),
        seen_before=len(every) - len(blind),
        agreed_before=_same(first, models),
        agreed_after=_same(second, models),
        changed=Share(len(moved), sum(each.after is not None for each in blind)),
        towards=sum(_is(each.after, each.said) for each in moved),
        away=sum(_is(each.before, each.said) for each in moved),
        right_before=_same(first, truths),
        right_after=_same(second, truths),
        model_right=_same(models, truths),
        seconds_before=_median([each.before.seconds for each in blind]),
        seconds_after=_median([each.after.seconds for each in blind if each.after is not None]),
    )


COLUMNS = (
    "case",
    "series",
    "model",
    "question",
    "finding_before",
    "confidence_before",
    "seconds_to_finding",
    "seen_before",
    "score",
    "threshold",
    "images",
    "model_finding",
    "finding_after",
    "confidence_after",
    "changed",
    "seconds_after_reveal",
    "truth",
)
"""Columns of :func:`to_csv`."""


def to_csv(readings: Iterable[BlindReading]) -> str:
    """Readings as comma-separated values with a header; what is not known is an empty field.

    Examples:
        >>> made = BlindReading("P-00A1", "5f", "pneumonia", Answer("present", 70, 12.34), said=Said(0.91, 0.5))
        >>> print(to_csv([made]).splitlines()[1])
        P-00A1,5f,,pneumonia,present,70,12.3,no,0.9100,0.5000,1,present,,,,,
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for each in readings:
        said, after = each.said, each.after
        table.writerow(
            [
                each.case,
                each.series,
                each.model,
                each.question,
                each.before.finding,
                each.before.confidence,
                f"{each.before.seconds:.1f}",
                _word(each.seen_before),
                "" if said is None or said.score is None else f"{said.score:.4f}",
                "" if said is None else f"{said.threshold:.4f}",
                "" if said is None else said.images,
                "" if said is None else said.finding or "refused",
                "" if after is None else after.finding,
                "" if after is None else after.confidence,
                _word(each.changed),
                "" if after is None else f"{after.seconds:.1f}",
                each.truth or "",
            ]
        )
    return text.getvalue()


def _word(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _is(answer: Answer | None, said: Said | None) -> bool:
    return answer is not None and said is not None and answer.finding == said.finding


def _same(one: list[str | None], other: list[str | None]) -> Share:
    """How many agree, of those where both decided."""
    decided = ("present", "absent")
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a in decided and b in decided]
    return Share(sum(a == b for a, b in pairs), len(pairs))


def _median(values: list[float]) -> float | None:
    return statistics.median(values) if values else None
