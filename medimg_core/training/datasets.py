"""Training images as one cached uint8 array, with their classes, groups and regions."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medimg_core.errors import InputError, UnreadableFileError
from medimg_core.evaluation.folder import INDEX, Row, read_folder
from medimg_core.training.recipe import Recipe


@dataclass(frozen=True)
class ImageSet:
    """Images of one split, decoded once.

    Attributes:
        images: uint8, shape ``(n, side, side)``, grey.
        classes: Index of each image's class, shape ``(n,)``.
        groups: Patient of each image.
        cases: File name without suffix of each image.
    """

    images: NDArray[np.uint8]
    classes: NDArray[np.int64]
    groups: tuple[str, ...]
    cases: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.cases)

    def grey(self, index: int) -> NDArray[np.float32]:
        """One image as float32, 0 to 1."""
        return np.asarray(self.images[index], dtype=np.float32) / np.float32(255)

    def greys(self) -> Sequence[NDArray[np.float32]]:
        """All images as float32, each made when it is asked for: together they would fill the memory."""
        return _Greys(self)

    def take(self, chosen: NDArray[np.int64]) -> "ImageSet":
        """The images at ``chosen``."""
        return ImageSet(
            self.images[chosen],
            self.classes[chosen],
            tuple(self.groups[i] for i in chosen),
            tuple(self.cases[i] for i in chosen),
        )


class _Greys(Sequence[NDArray[np.float32]]):
    def __init__(self, images: ImageSet) -> None:
        self._images = images

    def __len__(self) -> int:
        return len(self._images)

    @overload
    def __getitem__(self, index: int) -> NDArray[np.float32]: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[NDArray[np.float32]]: ...

    def __getitem__(self, index: int | slice) -> NDArray[np.float32] | Sequence[NDArray[np.float32]]:
        if isinstance(index, slice):
            return _Greys(self._images.take(np.arange(len(self))[index]))
        return self._images.grey(range(len(self))[index])


def decode(path: Path, side: int) -> NDArray[np.uint8]:
    """Read one 8-bit raster as grey, squashed to ``side`` x ``side`` where it has another size.

    Raises:
        UnreadableFileError: Pillow cannot decode it.
    """
    try:
        with Image.open(path) as picture:
            grey = picture.convert("L")
    except OSError as error:
        raise UnreadableFileError("a training image must be a readable JPEG or PNG; one is not") from error
    if grey.size != (side, side):
        grey = grey.resize((side, side), Image.Resampling.BILINEAR)
    return np.asarray(grey, dtype=np.uint8)


def load_images(rows: Sequence[Row], recipe: Recipe) -> ImageSet:
    """Decode the images of ``rows``.

    Raises:
        UnreadableFileError: An image cannot be read, or its label is none of the recipe's.
    """
    images = np.empty((len(rows), recipe.cache_side, recipe.cache_side), np.uint8)
    classes = np.empty(len(rows), np.int64)
    for index, row in enumerate(rows):
        value = row.subtype or row.label
        if value not in recipe.labels:
            raise UnreadableFileError(f"label must be one of {', '.join(recipe.labels)}, got {value[:40]!r} in {INDEX}")
        classes[index] = recipe.labels.index(value)
        images[index] = decode(row.image, recipe.cache_side)
    return ImageSet(images, classes, tuple(r.group for r in rows), tuple(r.case for r in rows))


@dataclass(frozen=True)
class Regions:
    """True region masks (lungs) for some of the images, by case name.

    Attributes:
        masks: bool, ``(n, side, side)``, squashed as the images are.
        cases: Case of each mask: the name of the image it belongs to.
        splits: Split of each.
        name: Of their folder.
    """

    masks: NDArray[np.bool_]
    cases: tuple[str, ...]
    splits: tuple[str, ...]
    name: str = ""


def find_regions_folder(folders: Sequence[Path]) -> Path:
    """The folder of lung masks: the second one given, else ``chest_lungs`` beside the first.

    Raises:
        InputError: There is none.
    """
    folder = folders[1] if len(folders) > 1 else folders[0].resolve().parent / "chest_lungs"
    if not (folder / INDEX).is_file():
        raise InputError(
            "training against shortcuts needs a folder of lung masks: give it as a second folder, "
            "or keep it beside the first as chest_lungs"
        )
    return folder


def load_regions(folder: Path, side: int) -> Regions:
    """Read lung masks; ``<number>_<case>.jpg`` belongs to the image ``<case>``."""
    rows = [row for row in read_folder(folder) if "mask" in row.masks]
    if not rows:
        raise InputError("the folder of lung masks must have a `mask` column with files, got none")
    masks = np.stack([decode(row.masks["mask"], side) >= 128 for row in rows])
    cases = tuple(row.case.split("_", 1)[-1] for row in rows)
    return Regions(masks, cases, tuple(row.split for row in rows), folder.resolve().name)


@dataclass(frozen=True)
class Data:
    """Everything a training reads from its folders.

    Attributes:
        train: Images to fit.
        val: Images to choose thresholds on and to measure with.
        regions: True region masks of some of both.
        folder: The first folder; its name is that of the data set.
    """

    train: ImageSet
    val: ImageSet
    regions: Regions
    folder: Path
