"""Training images of one split with their classes and masks; or whole volumes, for a network that takes them.

A volume is a picture with its slices last, where the colours of others are: what is done to a picture's colours alike,
turned, exposed or cropped, is done to slices alike too. :func:`prepared` turns it to the network's order.

They stay in memory: a grey image of 8 bits takes two bytes for each pixel of the cache, one of them for its label map,
a colour one four. A plan says how much one split may take (``memory_gb``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from medimg_core.evaluation.networks import to_unit
from medimg_core.preprocess import prepare, prepare_block
from medimg_core.registry import InputSpec
from medimg_core.training.plan import UNKNOWN

NO_CLASS = -1

Stored = NDArray[Any]
"""Cached images: uint8 from 0 to 255, or floats from 0 to 1."""


@dataclass(frozen=True)
class Origin:
    """What an image is a part of.

    Attributes:
        stack: The volume that it is a slice of; empty for an image of its own.
        undrawn: Bits of the mask classes that nobody drew, the first class's lowest; 0 where all or none were.
        inside: Share of the cached grid that is image and not margin.
    """

    stack: str = ""
    undrawn: int = 0
    inside: float = 1.0


@dataclass(frozen=True)
class Samples:
    """Images of one split.

    Attributes:
        images: uint8, or floats from 0 to 1 (:func:`in_bits`); shape ``(n, side, side)``, or with three colours or all
            slices of a volume last.
        classes: Index of each image's class, -1 where it has none; shape ``(n,)``.
        masks: Label maps, uint8, shape ``(n, side, side)`` or with all slices last: 0 background, then the mask classes
            from 1; all :data:`~medimg_core.training.plan.UNKNOWN` where nobody drew one.
        groups: Patient or group of each.
        cases: File name without suffix of each; with folder and slice number where it is a slice of a volume.
        origins: What each is a part of.
    """

    images: Stored
    classes: NDArray[np.int64]
    masks: NDArray[np.uint8]
    groups: tuple[str, ...]
    cases: tuple[str, ...]
    origins: tuple[Origin, ...] = ()

    def __post_init__(self) -> None:
        if not self.origins:
            object.__setattr__(self, "origins", (Origin(),) * len(self.cases))

    def __len__(self) -> int:
        return len(self.cases)

    def image(self, index: int) -> NDArray[np.float32]:
        """One image as float32, 0 to 1, shape ``(side, side)``, or with colours or slices last."""
        image = np.asarray(self.images[index], dtype=np.float32)
        return image / np.float32(255) if self.images.dtype == np.uint8 else image

    def stacks(self) -> NDArray[np.int64]:
        """A number for each image, the same for slices of one volume, shape ``(n,)``."""
        names = [origin.stack or f"\0{place}" for place, origin in enumerate(self.origins)]
        return np.asarray(np.unique(names, return_inverse=True)[1], dtype=np.int64)

    def drawn(self) -> NDArray[np.bool_]:
        """Whether somebody drew a mask (which may be empty), shape ``(n,)``."""
        return np.asarray(self.masks.reshape(len(self), -1)[:, 0] != UNKNOWN)

    def take(self, chosen: NDArray[np.integer]) -> "Samples":
        """The images at ``chosen``."""
        pick = [int(i) for i in chosen]
        return Samples(
            self.images[pick],
            self.classes[pick],
            self.masks[pick],
            tuple(self.groups[i] for i in pick),
            tuple(self.cases[i] for i in pick),
            tuple(self.origins[i] for i in pick),
        )


def prepared(image: NDArray[np.float32], spec: InputSpec) -> NDArray[np.float32]:
    """A training image, 0 to 1, as the network takes it, shape ``(1, rows, columns, channels)``.

    A volume, shape ``(rows, columns, slices)``, becomes ``(1, slices, rows, columns, 1)`` of the network's size. Where
    a card names a window, training images are what it lets through, from black to white.
    """
    values = to_unit(image, spec)
    return prepare_block(np.moveaxis(values, -1, 0), spec) if spec.depth else prepare(values, spec)


def shown(batch: NDArray[np.float32]) -> NDArray[np.float32]:
    """The planes by which the gate knows inputs of :func:`prepared`: their first channel, of volumes the middle slice.

    Args:
        batch: Shape ``(n, rows, columns, channels)`` or ``(n, slices, rows, columns, 1)``.

    Returns:
        Shape ``(n, rows, columns)``.
    """
    images = batch if batch.ndim == 4 else batch[:, batch.shape[1] // 2]
    return np.asarray(images[..., 0])


def joined(parts: Sequence[Samples]) -> Samples:
    """Several sets as one."""
    if len(parts) == 1:
        return parts[0]
    return Samples(
        np.concatenate([p.images for p in parts]),
        np.concatenate([p.classes for p in parts]),
        np.concatenate([p.masks for p in parts]),
        tuple(g for p in parts for g in p.groups),
        tuple(c for p in parts for c in p.cases),
        tuple(o for p in parts for o in p.origins),
    )


def in_bits(images: Stored, bits: int) -> Stored:
    """Images as a plan keeps them: 8 bits as uint8, 16 and 32 as floating point from 0 to 1.

    Args:
        images: uint8, or floats from 0 to 1.
        bits: 8, 16 or 32. A half float tells 2,048 greys apart between a half and 1, and more below.

    Examples:
        >>> in_bits(np.array([0.0, 0.5, 1.0]), 8).tolist(), in_bits(np.array([255], np.uint8), 32).tolist()
        ([0, 128, 255], [1.0])
    """
    whole = images.dtype == np.uint8
    if bits == 8:
        return images if whole else np.asarray(np.clip(images * 255 + 0.5, 0, 255), dtype=np.uint8)
    shares = images.astype(np.float32) / np.float32(255) if whole else images
    return shares.astype(np.float16 if bits == 16 else np.float32)


def gathered(blocks: list[NDArray[Any]]) -> NDArray[Any]:
    """Blocks as one array. The list is emptied on the way, so that memory holds them once and not twice."""
    count = sum(len(block) for block in blocks)
    result = np.empty((count, *blocks[0].shape[1:]), blocks[0].dtype)
    while blocks:
        block = blocks.pop()
        count -= len(block)
        result[count : count + len(block)] = block
    return result


class Pictures(Sequence[NDArray[np.float32]]):
    """Images of a set as floats, each made when it is asked for: together they take four times their memory.

    Args:
        samples: The set.
        most: How many at most, evenly spread over the set; 0 for all.
    """

    def __init__(self, samples: Samples, most: int = 0) -> None:
        self._samples = samples
        count = len(samples)
        self._places = np.linspace(0, count - 1, most).round().astype(int) if 0 < most < count else np.arange(count)

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> NDArray[np.float32]: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[NDArray[np.float32]]: ...

    def __getitem__(self, index: int | slice) -> NDArray[np.float32] | Sequence[NDArray[np.float32]]:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        return self._samples.image(int(self._places[index]))

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        return (self[i] for i in range(len(self)))
