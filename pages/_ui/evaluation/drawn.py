"""Masks that people drew of an image of an evaluated folder, to lie over it beside the model's."""

import weakref
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from medimg_core.evaluation import Verdict
from medimg_core.evaluation.files import drawn
from medimg_core.registry import ModelCard
from medimg_core.study import Volume
from pages._ui.language import _
from pages._ui.viewer import Label, MaskOverlay

__all__ = ["Drawn", "keep", "kept", "overlays", "read"]

COLOURS = ((240, 228, 66), (204, 121, 167), (0, 158, 115))
"""Told apart with every kind of colour vision (Okabe & Ito, Color Universal Design, 2008)."""

_kept: MutableMapping[Volume, tuple["Drawn", ...]] = weakref.WeakKeyDictionary()  # they go with the study


@dataclass(frozen=True, eq=False)
class Drawn:
    """A target as somebody drew it.

    Attributes:
        name: Of the target.
        mask: 1 where it was drawn, ``uint8``, shape ``(slices, rows, columns)`` of the image.
        made: Whether nobody drew it: the image was made with it, or it is known otherwise.
    """

    name: str
    mask: npt.NDArray[np.uint8] = field(repr=False)
    made: bool = False

    @property
    def title(self) -> str:
        """What it is, as it is told."""
        return (_("Known: {name}") if self.made else _("Drawn mask: {name}")).format(name=self.name)


def read(card: ModelCard, row: Verdict, volume: Volume) -> tuple[Drawn, ...]:
    """The drawn masks of a row: the model's targets, or every mask that the index names for a model without any.

    Raises:
        UnreadableFileError: A mask cannot be read, or does not lie on the image's grid.
    """
    output = card.segmentation
    targets = output.mask.targets if output is not None and output.mask is not None else ()
    wanted = [(target.name, target.column, target.value) for target in targets] or [
        (name, name, 0) for name in row.masks
    ]
    affine = None if volume.geometry is None else volume.geometry.affine
    result = []
    for name, column, value in wanted:
        if column in row.masks:
            mask = drawn(row.masks[column], value, volume.shape, affine).astype(np.uint8)
            mask.setflags(write=False)
            result.append(Drawn(name, mask))
    return tuple(result)


def keep(volume: Volume, masks: Sequence[Drawn]) -> None:
    """Keep the masks of a volume as long as the volume itself is held."""
    _kept[volume] = tuple(masks)


def kept(volume: Volume | None) -> tuple[Drawn, ...]:
    """What is kept of a volume; nothing for one that came another way."""
    return () if volume is None else _kept.get(volume, ())


def overlays(volume: Volume | None) -> list[MaskOverlay]:
    """What was drawn of a volume, for the viewer; nothing for a volume that came another way."""
    return [
        MaskOverlay(
            key=f"drawn-{place}",
            title=one.title,
            array=one.mask,
            owner=one,
            labels=(Label(1, one.name, COLOURS[place % len(COLOURS)]),),
            model=False,
        )
        for place, one in enumerate(kept(volume))
    ]
