"""Reading blind: what of the session's results may be shown, and what the reader recorded before they were.

The mode is honoured in one place: :func:`pages._ui.state.load` gives pages a case without the results of series that
are still to be read blind. A page that shows what comes another way asks :func:`pages._ui.state.hidden`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from medimg_core.blind import Answer, BlindReading, Said
from pages._ui.case import Case
from pages._ui.mappings import empty, put
from pages._ui.view import SeriesKey

__all__ = ["BlindLog"]

ReadingKey = tuple[SeriesKey, str]
"""A series, and the model that asks; empty where none does."""


@dataclass(frozen=True, eq=False)
class BlindLog:
    """The mode, and what was recorded in it.

    Attributes:
        on: Whether results are hidden until the reader recorded a finding.
        readings: What the reader recorded, the oldest first.
        begun: When a series was first on show while the mode was on, seconds of a steady clock.
        revealed: When a model's answer was first on show after that.
        seen: Series that had results, and so might have shown them, when the mode was turned on.
    """

    on: bool = False
    readings: Mapping[ReadingKey, BlindReading] = field(default_factory=empty, repr=False)
    begun: Mapping[SeriesKey, float] = field(default_factory=empty, repr=False)
    revealed: Mapping[ReadingKey, float] = field(default_factory=empty, repr=False)
    seen: frozenset[SeriesKey] = field(default_factory=frozenset, repr=False)

    def hides(self, key: SeriesKey) -> bool:
        """Whether nothing that a model said of a series may be shown."""
        return self.on and not self.readings_of(key)

    def veiled(self, case: Case) -> Case:
        """The case as pages may know it: without the results of series that are still to be read."""
        return replace(case, findings=case.findings.without(self.hides)) if self.on else case

    def readings_of(self, key: SeriesKey) -> tuple[BlindReading, ...]:
        """What was recorded of a series, one reading a question."""
        return tuple(reading for (series, _model), reading in self.readings.items() if series == key)

    def turned(self, case: Case, *, on: bool) -> "BlindLog":
        """Turn the mode on or off.

        Args:
            case: The session's, with all of its results; those that it has now may have been seen.
            on: True to hide results from now on.
        """
        found = case.findings
        keys = {key[0] for each in (found.predictions, found.segmentations, found.explanations) for key in each}
        known = keys | set(found.nodules)
        return replace(self, on=on, seen=self.seen | known, begun=self.begun if on else empty())

    def with_sight(self, key: SeriesKey, now: float) -> "BlindLog":
        """Note that a series is on show; only the first time counts, and only while it is to be read."""
        return self if key in self.begun or not self.hides(key) else replace(self, begun=put(self.begun, key, now))

    def with_reading(self, key: SeriesKey, reading: BlindReading, now: float) -> "BlindLog":
        """Record what the reader found in a series, which reveals it."""
        place = (key, reading.model)
        marked = replace(reading, seen_before=key in self.seen)
        # where no model asks, all that there is may be on show at once
        revealed = self.revealed if reading.model else put(self.revealed, place, now)
        return replace(self, readings=put(self.readings, place, marked), revealed=revealed)

    def with_said(self, key: SeriesKey, said: Said, model: str, now: float) -> "BlindLog":
        """Note what a model says, which is on show now; the first time it is, the clock starts.

        Once the reader has answered, what the answer was given to stands.
        """
        place = (key, model)
        if place not in self.readings or self.readings[place].after is not None:
            return self
        revealed = self.revealed if place in self.revealed else put(self.revealed, place, now)
        made = replace(self.readings[place], said=said)
        return replace(self, readings=put(self.readings, place, made), revealed=revealed)

    def with_answer(self, key: SeriesKey, model: str, finding: str, confidence: int, now: float) -> "BlindLog":
        """Record what the reader finds now that the model is on show; the last answer stands."""
        place = (key, model)
        if place not in self.readings or place not in self.revealed:
            return self
        answer = Answer(finding, confidence, now - self.revealed[place])
        return replace(self, readings=put(self.readings, place, replace(self.readings[place], after=answer)))

    def with_truth(self, key: SeriesKey, model: str, truth: str | None) -> "BlindLog":
        """Record what is known to be true, or take it back."""
        place = (key, model)
        if place not in self.readings:
            return self
        return replace(self, readings=put(self.readings, place, replace(self.readings[place], truth=truth)))

    def emptied(self) -> "BlindLog":
        """Forget what was recorded; series that were revealed count as seen."""
        return BlindLog(on=self.on, seen=self.seen | {key for key, _model in self.readings})
