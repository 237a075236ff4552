"""How a series is looked at, and how a map is laid over it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from medimg_core.results import Explanation
from medimg_core.study import Series, Volume
from pages._ui.mappings import empty

__all__ = ["Goal", "Laid", "Overlay", "ResultKey", "SeriesKey", "Span", "View", "key_of", "tag_of"]

SeriesKey = tuple[str, str, str]
"""A series inside the session: study, series, and the part of it."""
ResultKey = tuple[SeriesKey, str, int, int]
"""What a model said of one image: series, model, slice, frame."""
Goal = tuple[int, int | None, int | None]
"""A place in a series: slice, row and column from 0; None for one that is to stay."""
Span = tuple[int | None, int | None]
"""First and last slice from 0; None for one that was not said."""


@dataclass(frozen=True)
class View:
    """How one series is looked at.

    Attributes:
        slice_index: Slice, from 0.
        frame: Position on the time axis, from 0.
        voi: ``"auto"``, ``"file:<n>"`` or ``"preset:<key>"``.
        inverted: True when grey is shown inverted.
        rest: What else the viewer needs to look the same again, as JSON; only the viewer reads it.
        rest_of: The voxels it was said of.
        goal: Where a page last sent the reader, or None.
        goals: How often pages did, so that the viewer follows each wish once.
        spans: First and last slice that hold what a model seeks, by model, as the reader said.
        least: Score of the candidates of a search from which on they are shown, or None for all.
    """

    slice_index: int = 0
    frame: int = 0
    voi: str = "file:0"
    inverted: bool = False
    rest: str = field(default="", repr=False)
    rest_of: str = ""
    goal: Goal | None = None
    goals: int = 0
    spans: Mapping[str, Span] = field(default_factory=empty)
    least: float | None = None

    def inside(self, volume: Volume) -> "View":
        """The same, with slice and frame kept inside a volume."""
        last, frames = volume.shape[0] - 1, volume.frames - 1
        return replace(self, slice_index=min(max(self.slice_index, 0), last), frame=min(max(self.frame, 0), frames))


@dataclass(frozen=True)
class Overlay:
    """How a map is laid over the picture.

    Attributes:
        shown: False until the reader asks for it; False again for the plain image.
        opacity: 0 (clear) to 1.
        threshold: Share of the map's peak below which nothing is shown, 0 to 1.
        by_value: True where opacity follows the value, False where it is constant.
        stretched: True to stretch the colours to the map's own peak, False for the model's usual scale.
        native: True to show the grid the network made it on.
    """

    shown: bool = False
    opacity: float = 0.5
    threshold: float = 0.3
    by_value: bool = True
    stretched: bool = False
    native: bool = False


@dataclass(frozen=True, eq=False)
class Laid:
    """A map on its way over the picture.

    Attributes:
        explanation: The map.
        scale: Value at the top of the colour bar, unit of the map.
        usual: Usual peak of the model's maps, or None where it records none.
        mark: What must be read on the picture as long as the map is seen, or empty.
        key: Name under which the viewer keeps how it is drawn; that of its model and method where empty.
    """

    explanation: Explanation
    scale: float
    usual: float | None = None
    mark: str = ""
    key: str = ""

    @property
    def visible(self) -> bool:
        """False when there is no positive evidence, so that the plain image is shown."""
        return self.explanation.has_evidence


def key_of(study_uid: str, series: Series | None) -> SeriesKey:
    """Identity of a series inside the session."""
    return (study_uid, series.uid if series else "", series.part if series else "")


def tag_of(key: SeriesKey) -> str:
    """A short name of a series for keys of widgets, which say nothing of it."""
    return hashlib.sha256("/".join(key).encode()).hexdigest()[:12]
