"""How the open series are looked at: slices and windows, measurements, what is beside them, what is straightened."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace

from medimg_core.results import Measurement
from pages._ui.mappings import empty, only, put
from pages._ui.view import SeriesKey, View

__all__ = ["Looks"]


@dataclass(frozen=True, eq=False)
class Looks:
    """How each open series is looked at.

    Attributes:
        views: Slice, window and the rest, by series; none for one that nobody has looked at yet.
        measurements: Of the reader, by series, as read and straightened.
        beside: The series shown beside another, or None, by the other.
        straight: Series that are shown straightened.
    """

    views: Mapping[SeriesKey, View] = field(default_factory=empty, repr=False)
    measurements: Mapping[tuple[SeriesKey, bool], tuple[Measurement, ...]] = field(default_factory=empty, repr=False)
    beside: Mapping[SeriesKey, SeriesKey | None] = field(default_factory=empty, repr=False)
    straight: frozenset[SeriesKey] = field(default_factory=frozenset, repr=False)

    def with_view(self, key: SeriesKey, view: View) -> "Looks":
        """Keep how a series is looked at."""
        return replace(self, views=put(self.views, key, view))

    def with_measurements(self, key: SeriesKey, made: tuple[Measurement, ...], *, straight: bool) -> "Looks":
        """Keep what the reader measured on a series."""
        return replace(self, measurements=put(self.measurements, (key, straight), made))

    def with_beside(self, key: SeriesKey, other: SeriesKey | None) -> "Looks":
        """Show a series beside another, or none."""
        return replace(self, beside=put(self.beside, key, other))

    def with_straightened(self, key: SeriesKey, *, on: bool) -> "Looks":
        """Show a series straightened, or as it was read."""
        return replace(self, straight=self.straight - {key} | ({key} if on else set()))

    def without(self, uids: Set[str]) -> "Looks":
        """Let go of closed studies."""
        return Looks(
            views=only(self.views, lambda key: key[0] not in uids),
            measurements=only(self.measurements, lambda key: key[0][0] not in uids),
            beside=only(self.beside, lambda key: key[0] not in uids),
            straight=frozenset(key for key in self.straight if key[0] not in uids),
        )
