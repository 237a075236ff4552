"""Slices of volumes as training images, read and oriented by the doors that inference uses.

NIfTI, DICOM and archives of either go through :func:`medimg_core.io.open_study` and
:func:`medimg_core.inference.model_input.slice_values`, as they do when a model is used: a slice lies in training as
:func:`medimg_core.inference.segment` will see it, with the values that it will have there. Slices run along the
volume's stored slice axis.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medimg_core.errors import UnreadableFileError
from medimg_core.evaluation.files import drawn, image_of
from medimg_core.evaluation.folder import Row
from medimg_core.evaluation.networks import to_grey
from medimg_core.gate import is_blank
from medimg_core.inference.model_input import slice_values, volume_values
from medimg_core.io.sniffing import sniff
from medimg_core.preprocess import along, placement, resize
from medimg_core.study import Volume
from medimg_core.training.labels import label_map, resized, stacked, unknown
from medimg_core.training.plan import UNKNOWN, Plan
from medimg_core.training.samples import Stored, in_bits

__all__ = ["Slices", "is_volume", "kept", "read_slices", "read_whole"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Slices:
    """Slices of one volume on the grid of the cache, or the volume as a whole.

    Attributes:
        images: Shape ``(n, side, side)`` or with three colours last, or ``(1, side, side, depth)`` for a whole volume:
            uint8, or floats from 0 to 1.
        masks: Label maps, uint8, shape ``(n, side, side)`` or ``(1, side, side, depth)``.
        numbers: Which slices of the volume they are, from 0; none for a whole volume.
        undrawn: Bits of the classes that nobody drew in this volume.
        inside: Share of the cached grid that is image and not margin.
    """

    images: Stored
    masks: NDArray[np.uint8]
    numbers: tuple[int, ...]
    undrawn: int
    inside: float


def is_volume(path: Path) -> bool:
    """Whether a file is read as a volume; pictures (PNG, JPEG, TIFF and what Pillow knows) are not."""
    with path.open("rb") as file:
        kind = sniff(file.read(1024), path.stat().st_size).kind
    return kind in ("nifti", "gzip", "dicom", "zip")


def read_slices(row: Row, plan: Plan, *, thin: bool) -> Slices:
    """Every slice of a volume that is not blank, with its label map; blank ones no network is ever shown.

    Args:
        row: Of an index; its image is a volume.
        plan: Sizes, unit, window and classes.
        thin: Take only the plan's share of the slices without a mask.

    Raises:
        UnreadableFileError: Image or mask cannot be read, a mask lies on another grid, the volume has several
            frames, or values in another unit than the plan's; or classes are to be told of a volume of several
            slices.
    """
    volume: Volume = image_of(row.image).volume
    _check(volume, plan)
    affine = None if volume.geometry is None else volume.geometry.affine
    whole, undrawn = label_map(row, plan, volume.shape, partial(drawn, shape=volume.shape, affine=affine))
    shown = [index for index in range(volume.shape[0]) if not is_blank(volume.plane(index))]
    if not plan.classes and unknown(whole):
        shown = []  # nobody drew: nothing can be learned from it
    full = [index for index in shown if whole[index].any()]
    empty = [index for index in shown if not whole[index].any()]
    numbers = sorted(full + (kept(empty, plan.empty_share) if thin else empty))
    side = (plan.cache_side, plan.cache_side)
    images = [_cached(to_grey(slice_values(volume, plan.input, index), plan.input), plan) for index in numbers]
    masks = [_placed_label(whole[index], plan) for index in numbers]
    top, left, bottom, right = placement((volume.shape[1], volume.shape[2]), plan.cached).box
    return Slices(
        np.stack(images) if images else np.empty((0, *side), np.uint8),
        np.stack(masks) if masks else np.empty((0, *side), np.uint8),
        tuple(numbers),
        undrawn,
        (bottom - top) * (right - left) / plan.cache_side**2,
    )


def read_whole(row: Row, plan: Plan) -> Slices:
    """A volume as one training image of a network that takes volumes, with its label map.

    Slices are resampled to the network's number at once, rows and columns to the cache's: augmentation moves a volume
    in its planes.

    Args:
        row: Of an index; its image is a volume.
        plan: Sizes, unit, window and classes.

    Raises:
        UnreadableFileError: As :func:`read_slices`; or the volume has one slice only.
    """
    volume: Volume = image_of(row.image).volume
    _check(volume, plan)
    if volume.shape[0] == 1:
        raise UnreadableFileError("a network that takes volumes is trained on volumes, got a single image")
    affine = None if volume.geometry is None else volume.geometry.affine
    whole, undrawn = label_map(row, plan, volume.shape, partial(drawn, shape=volume.shape, affine=affine))
    values = to_grey(volume_values(volume, plan.input), plan.input)
    image = along(np.stack([_on_grid(plane, plan) for plane in values]), plan.depth)
    label = stacked(np.stack([_placed_label(plane, plan) for plane in whole]), plan.depth, len(plan.masks))
    top, left, bottom, right = placement((volume.shape[1], volume.shape[2]), plan.cached).box
    none = slice(0, 0 if unknown(label) else 1)  # nobody drew: nothing can be learned from it
    return Slices(
        in_bits(np.moveaxis(image, 0, -1), plan.bits)[None][none],
        np.moveaxis(label, 0, -1)[None][none],
        (),
        undrawn,
        (bottom - top) * (right - left) / plan.cache_side**2,
    )


def kept(places: list[int], share: float) -> list[int]:
    """A share of some places, evenly spread; at least one of any.

    Examples:
        >>> kept([0, 1, 2, 10, 11, 12], 0.5), kept([4, 5, 6], 0.1), kept([4, 5], 1.0), kept([4], 0.0)
        ([1, 10, 12], [5], [4, 5], [])
    """
    count = min(len(places), int(np.ceil(share * len(places))))
    return [places[int(place)] for place in np.floor((np.arange(count) + 0.5) * len(places) / max(1, count))]


def _check(volume: Volume, plan: Plan) -> None:
    if volume.frames_axis:
        raise UnreadableFileError(f"a training volume must have one frame, got {volume.frames}")
    if plan.unit not in ("any", volume.unit) and volume.unit != "unknown":
        raise UnreadableFileError(f"training volumes must hold values in {plan.unit}, got {volume.unit}")
    if plan.classes and volume.shape[0] > 1:
        raise UnreadableFileError(f"classes are told of single images, got a volume of {volume.shape[0]} slices")


def _cached(image: Floats, plan: Plan) -> Stored:
    """An image, 0 to 1, on the grid of the cache, in as many bits as the plan keeps."""
    return in_bits(_on_grid(image, plan), plan.bits)


def _on_grid(image: Floats, plan: Plan) -> Floats:
    """An image on the grid of the cache."""
    if plan.channels == 3 and image.ndim == 2:
        image = np.stack([image] * 3, axis=-1)
    top, left, bottom, right = placement((image.shape[0], image.shape[1]), plan.cached).box
    inside = resize(image, (bottom - top, right - left)) if image.shape[:2] != (bottom - top, right - left) else image
    result = np.full((plan.cache_side, plan.cache_side, *inside.shape[2:]), inside.min(), np.float32)
    result[top:bottom, left:right] = inside
    return result


def _placed_label(label: NDArray[np.uint8], plan: Plan) -> NDArray[np.uint8]:
    """A label map where the image lies on the grid of the cache; the margin is background."""
    if unknown(label):
        return np.full((plan.cache_side, plan.cache_side), UNKNOWN, np.uint8)
    top, left, bottom, right = placement((label.shape[0], label.shape[1]), plan.cached).box
    result = np.zeros((plan.cache_side, plan.cache_side), np.uint8)
    result[top:bottom, left:right] = resized(label, (bottom - top, right - left), len(plan.masks))
    return result
