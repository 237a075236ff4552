"""What lies over the picture, as the browser is told of it: maps of models, masks."""

import weakref
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.correcting import Corrected
from medimg_core.explain import DIVERGING, METHODS
from medimg_core.results import Explanation, Segmentation
from medimg_core.study import AnyArray
from pages._ui.correcting import Correction
from pages._ui.language import _
from pages._ui.viewer import edits
from pages._ui.viewer.vault import VAULT, session_token

__all__ = ["Label", "MapOverlay", "MaskOverlay", "Overlay", "map_of", "mask_of", "thinned"]

COLORMAP = "inferno"


@dataclass(frozen=True)
class Label:
    """One label of a mask.

    Attributes:
        value: In the mask, 1 to 255.
        name: What it is.
        colour: Red, green, blue, 0 to 255.
    """

    value: int
    name: str
    colour: tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class MaskOverlay:
    """Labels on the very grid of the volume shown.

    Attributes:
        key: Keeps its settings through new results of the same kind.
        title: What it is.
        array: ``uint8``, 0 for nothing, shape ``(slices, rows, columns)`` or with a leading time axis.
        owner: The result it belongs to; the browser fetches it once as long as that is the same.
        labels: What the values mean.
        model: True when a model made it.
        frame: Time point that it speaks of, or None for all, or where it has a time axis itself.
        correction: What the reader made of it; None where it cannot be corrected. Its owner is the segmentation then.
    """

    key: str
    title: str
    array: npt.NDArray[np.uint8] = field(repr=False)
    owner: object = field(repr=False)
    labels: tuple[Label, ...] = ()
    model: bool = True
    frame: int | None = None
    correction: Correction | None = field(default=None, repr=False)

    @property
    def editable(self) -> bool:
        """Whether the reader can correct it."""
        return self.correction is not None

    def describe(self) -> dict[str, Any]:
        """For the browser."""
        planes = self.array.reshape(-1, *self.array.shape[-2:])
        frames = self.array.shape[0] if self.array.ndim == 4 else 1
        item = VAULT.put(session_token(), self.owner, planes, part=self.key)
        return {
            "kind": "mask",
            "key": self.key,
            "title": self.title,
            "model": self.model,
            "labels": [{"value": each.value, "name": each.name, "colour": list(each.colour)} for each in self.labels],
            "frame": self.frame,
            "edits": None if self.correction is None else edits.describe(self.correction),
            **item.describe((frames, len(planes) // frames, *planes.shape[1:])),
        }


@dataclass(frozen=True, eq=False)
class MapOverlay:
    """A map on a grid of its own.

    Attributes:
        key: Keeps its settings through new results of the same kind.
        title: What it is.
        array: Values, ``float32``, shape ``(slices, rows, columns)`` of its own grid.
        to_volume: Maps homogeneous native indices ``(slice, row, column, 1)`` to those of the volume, shape ``(4, 4)``.
        owner: The result it belongs to; the browser fetches it once as long as that is the same.
        own: Largest value, top of the stretched colour bar.
        usual: Value at the top of the colour bar otherwise, or None.
        unit: Of the values, in words.
        only: First and last slice of the volume that it speaks of, or None for all.
        frame: Time point that it speaks of, or None for all.
        model: True when a model made it.
        signed: True where values below zero are shown, too, as evidence against.
        mark: What must be read on the picture as long as the map is seen, or empty.
    """

    key: str
    title: str
    array: npt.NDArray[np.float32] = field(repr=False)
    to_volume: npt.NDArray[np.float64] = field(repr=False)
    owner: object = field(repr=False)
    own: float
    usual: float | None = None
    unit: str = ""
    only: tuple[int, int] | None = None
    frame: int | None = None
    model: bool = True
    signed: bool = False
    mark: str = ""

    def describe(self) -> dict[str, Any]:
        """For the browser."""
        item = VAULT.put(session_token(), self.owner, self.array, part=self.key)
        back = np.linalg.inv(self.to_volume)
        return {
            "kind": "map",
            "key": self.key,
            "title": self.title,
            "model": self.model,
            "unit": self.unit,
            "toNative": _numbers(back[:3]),
            "toVolume": _numbers(self.to_volume[:3]),
            "only": None if self.only is None else list(self.only),
            "frame": self.frame,
            "scales": {"own": self.own, "usual": self.usual},
            "colormap": DIVERGING if self.signed else COLORMAP,
            "signed": self.signed,
            "mark": self.mark,
            **item.describe((1, *self.array.shape)),
        }


Overlay = MaskOverlay | MapOverlay


def _numbers(matrix: AnyArray) -> list[float]:
    return [float(value) for value in matrix.ravel()]


def map_of(
    explanation: Explanation,
    usual: float | None,
    *,
    slice_on_screen: int,
    factors: Sequence[int] = (1, 1, 1),
    mark: str = "",
    key: str = "",
) -> MapOverlay:
    """A model's map of one slice.

    Args:
        explanation: The map.
        usual: Usual peak of the model's maps, or None.
        slice_on_screen: Slice of the volume shown that it speaks of.
        factors: Slices, rows and columns of the series in one voxel of the volume shown.
        mark: What must be read on the picture as long as the map is seen.
        key: Keeps its settings through other maps; those of its model and method where empty.
    """
    matrix = np.eye(4)
    shrink = np.diag([1 / factors[1], 1 / factors[2], 1.0])
    shrink[:2, 2] = [(1 / factor - 1) / 2 for factor in factors[1:]]  # half-pixel centres
    matrix[1:, 1:] = shrink @ explanation.to_image
    matrix[0, 3] = slice_on_screen
    return MapOverlay(
        key=key or f"map-{explanation.model_id}-{explanation.method}",
        title=_("{method} for {label}").format(method=METHODS[explanation.method].title, label=explanation.label),
        array=explanation.native[None],
        to_volume=matrix,
        owner=explanation,
        own=explanation.peak,
        usual=usual,
        unit=_("Evidence, {unit}").format(unit=_(METHODS[explanation.method].unit)),
        only=(slice_on_screen, slice_on_screen),
        frame=explanation.frame,
        signed=explanation.signed,
        mark=mark,
    )


def mask_of(
    result: Segmentation,
    title: str,
    labels: Sequence[Label],
    *,
    correction: Correction | None = None,
    factors: Sequence[int] = (1, 1, 1),
) -> MaskOverlay:
    """A model's masks, which the reader can correct.

    Args:
        result: What the model said.
        title: What it is.
        labels: Its labels, with their colours.
        correction: What the reader made of it (``case.findings.correction(result)``); None where nothing is to be
            corrected.
        factors: Slices, rows and columns of the series in one voxel of the volume shown. A volume that is reduced for
            display shows the mask's voxels nearest to its own, with the reader's corrections in it; none can be made.
    """
    whole = tuple(factors) == (1, 1, 1)
    owner: Segmentation | Corrected = result
    if not whole and correction is not None and correction.corrected.edits:
        owner = correction.corrected
    return MaskOverlay(
        key=f"mask-{result.model_id}",
        title=title,
        array=result.mask if whole else thinned(owner, owner.mask, tuple(factors)),
        owner=owner,
        labels=tuple(labels),
        frame=result.frame,
        correction=correction if whole else None,
    )


_thin: MutableMapping[Any, tuple[tuple[int, ...], npt.NDArray[np.uint8]]] = weakref.WeakKeyDictionary()


def thinned(owner: object, mask: npt.NDArray[np.uint8], factors: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """The middle voxel of each block of a mask, as :func:`medimg_core.reformat.reduced` cuts them; found once.

    Args:
        owner: The result that the mask belongs to.
        mask: Shape ``(slices, rows, columns)``.
        factors: Slices, rows and columns of a block.
    """
    known = _thin.get(owner)
    if known is None or known[0] != factors:
        places = [
            np.minimum(np.arange(-(-length // factor)) * factor + factor // 2, length - 1)
            for length, factor in zip(mask.shape, factors, strict=True)
        ]
        known = _thin[owner] = factors, mask[np.ix_(*places)]
    return known[1]
