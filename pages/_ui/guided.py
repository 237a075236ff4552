"""Where a guided case stands, as the session keeps it."""

from dataclasses import dataclass, field, replace

from medimg_core.demo import Step, Story

__all__ = ["Guided"]


@dataclass(frozen=True, eq=False)
class Guided:
    """A guided case on its way.

    Attributes:
        story: What is told.
        study_uid: The study that it is told on.
        arrived: Whether its first page was shown.
        step: The step on show, from 0.
        arranged: The last step whose page was set up, or -1.
        tried: What was begun for this step: what failed or was stopped is not begun again by itself.
    """

    story: Story = field(repr=False)
    study_uid: str = field(repr=False)
    arrived: bool = False
    step: int = 0
    arranged: int = -1
    tried: frozenset[str] = frozenset()

    @property
    def name(self) -> Step:
        """The step on show."""
        return self.story.steps[self.step]

    @property
    def last(self) -> bool:
        """Whether it is the last."""
        return self.step == len(self.story.steps) - 1

    def moved(self, by: int) -> "Guided":
        """So many steps on, or back, within the case."""
        step = min(max(self.step + by, 0), len(self.story.steps) - 1)
        return replace(self, step=step, arranged=-1, tried=frozenset())

    def with_trial(self, what: str | None) -> "Guided":
        """Note that something was begun; None forgets all that was."""
        return replace(self, tried=frozenset() if what is None else self.tried | {what})
