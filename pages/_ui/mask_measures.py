"""What is measured of masks as they are on show: the model's, or the reader's where they were corrected."""

import weakref
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field

from medimg_core.correcting import Corrected, Difference
from medimg_core.masks import Remeasured, remeasured
from medimg_core.registry import ModelCard
from medimg_core.results import Region, Segmentation
from pages._ui.language import _
from pages._ui.slice_range import extent
from pages._ui.state import Case

__all__ = ["Measured", "measured", "withheld"]


@dataclass(frozen=True, eq=False)
class Measured:
    """Masks in figures.

    Attributes:
        regions: Connected parts, the largest first.
        volumes_ml: Volume of each label by name; None where it is withheld.
        corrected: The corrected mask, or None while it is the model's.
        again: All that was measured of it, or None.
    """

    regions: tuple[Region, ...] = field(repr=False)
    volumes_ml: Mapping[str, float | None]
    corrected: Corrected | None = None
    again: Remeasured | None = None

    @property
    def differences(self) -> tuple[Difference, ...]:
        """From the model's mask, one a label; none while nothing was corrected."""
        return () if self.again is None else self.again.differences


_known: MutableMapping[Corrected, Remeasured] = weakref.WeakKeyDictionary()  # a page runs at every slice


def measured(case: Case, card: ModelCard, result: Segmentation) -> Measured:
    """Figures of masks as they are on show.

    Args:
        case: Holds the masks, and the volume they are of.
        card: Their model.
        result: The masks.
    """
    corrected, volume = case.corrected(result), case.volume
    if corrected is None or volume is None:
        return Measured(result.regions, result.volumes_ml)
    if corrected not in _known:
        spec = card.segmentation.mask if card.segmentation is not None else None
        _known[corrected] = remeasured(corrected, volume, sides=spec is not None and spec.sides)
    again = _known[corrected]
    return Measured(again.regions, again.volumes_ml, corrected, again)


def withheld(case: Case, card: ModelCard, result: Segmentation, name: str) -> str:
    """Why no volume is given of a stack, in words; empty for a single image, of which nobody expects one.

    Args:
        case: Holds the volume.
        card: The model.
        result: Its masks.
        name: Of the label.
    """
    volume = case.volume
    if volume is None or volume.shape[0] == 1:
        return ""
    if volume.geometry is None:
        return _("the file does not say where its images lie in the body")
    if result.slices[0] == result.slices[1]:
        return _("a single image was read")
    if extent(card) == "reader" and not result.declared:
        return _("nobody has said which images hold the {name}").format(name=name)
    return _("the images read may not hold all of it")
