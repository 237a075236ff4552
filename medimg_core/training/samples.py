"""Training images of one split with their classes and masks, decoded once, from any of three layouts."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medimg_core.errors import InputError, UnreadableFileError
from medimg_core.evaluation.folder import INDEX, Row, read_folder
from medimg_core.evaluation.networks import to_unit
from medimg_core.preprocess import letterboxed, prepare
from medimg_core.registry import InputSpec
from medimg_core.training.plan import UNKNOWN, Plan

NO_CLASS = -1


@dataclass(frozen=True)
class Samples:
    """Images of one split.

    Attributes:
        images: uint8, shape ``(n, side, side)`` or with three colours last.
        classes: Index of each image's class, -1 where it has none; shape ``(n,)``.
        masks: Label maps, uint8, shape ``(n, side, side)``: 0 background, then the mask classes from 1; all
            :data:`~medimg_core.training.plan.UNKNOWN` where nobody drew one.
        groups: Patient or group of each.
        cases: File name without suffix of each.
    """

    images: NDArray[np.uint8]
    classes: NDArray[np.int64]
    masks: NDArray[np.uint8]
    groups: tuple[str, ...]
    cases: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.cases)

    def image(self, index: int) -> NDArray[np.float32]:
        """One image as float32, 0 to 1, shape ``(side, side)`` or ``(side, side, 3)``."""
        return np.asarray(self.images[index], dtype=np.float32) / np.float32(255)

    def drawn(self) -> NDArray[np.bool_]:
        """Whether somebody drew a mask (which may be empty), shape ``(n,)``."""
        return np.asarray(self.masks[:, 0, 0] != UNKNOWN)

    def take(self, chosen: NDArray[np.integer]) -> "Samples":
        """The images at ``chosen``."""
        pick = [int(i) for i in chosen]
        return Samples(
            self.images[pick],
            self.classes[pick],
            self.masks[pick],
            tuple(self.groups[i] for i in pick),
            tuple(self.cases[i] for i in pick),
        )


def prepared(image: NDArray[np.float32], spec: InputSpec) -> NDArray[np.float32]:
    """A training image, 0 to 1, as the network takes it, shape ``(1, rows, columns, channels)``.

    Where a card names a window, training images are what it lets through, from black to white.
    """
    return prepare(to_unit(image, spec), spec)


def joined(parts: Sequence[Samples]) -> Samples:
    """Several sets as one."""
    return Samples(
        np.concatenate([p.images for p in parts]),
        np.concatenate([p.classes for p in parts]),
        np.concatenate([p.masks for p in parts]),
        tuple(g for p in parts for g in p.groups),
        tuple(c for p in parts for c in p.cases),
    )


def decode(path: Path, plan: Plan) -> NDArray[np.uint8]:
    """Read one 8-bit raster onto the cached grid, squashed or with a margin as the plan's steps have it.

    Raises:
        UnreadableFileError: Pillow cannot decode it, or it has more than 8 bits.
    """
    try:
        with Image.open(path) as picture:
            if picture.mode[0] in "IF":  # 16 bits and more, which Pillow would cut off at 255
                raise UnreadableFileError(f"a training image must have 8 bits a channel, got mode {picture.mode}")
            plain = picture.convert("L" if plan.channels == 1 else "RGB")
    except OSError as error:
        raise UnreadableFileError("a training image must be a readable JPEG or PNG; one is not") from error
    return _placed(plain, plan, int(np.asarray(plain).min()))


def decode_mask(path: Path, value: int, plan: Plan) -> NDArray[np.bool_]:
    """Read one mask, placed as its image is: where the file holds ``value``, or anything for 0.

    Raises:
        UnreadableFileError: Pillow cannot decode it.
    """
    try:
        with Image.open(path) as picture:
            values = np.asarray(picture.convert("L") if picture.mode == "1" else picture)
    except OSError as error:
        raise UnreadableFileError("a training mask must be a readable PNG; one is not") from error
    inside = values[..., 0] if values.ndim == 3 else values
    inside = inside == value if value else inside > 0
    return _placed(Image.fromarray(inside.astype(np.uint8) * 255), plan, 0) >= 128


def _placed(picture: Image.Image, plan: Plan, margin: int) -> NDArray[np.uint8]:
    """A picture on the square grid of the cache."""
    side = plan.cache_side
    if picture.size == (side, side):
        return np.asarray(picture, dtype=np.uint8)
    if "letterbox" not in plan.steps:
        return np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR), dtype=np.uint8)
    top, left, bottom, right = letterboxed((picture.height, picture.width), (side, side)).box
    inside = np.asarray(picture.resize((right - left, bottom - top), Image.Resampling.BILINEAR), dtype=np.uint8)
    result = np.full((side, side, *inside.shape[2:]), margin, np.uint8)
    result[top:bottom, left:right] = inside
    return result


def label_map(row: Row, plan: Plan) -> NDArray[np.uint8]:
    """The masks of one row as one label map; all unknown where a class has no file."""
    side = (plan.cache_side, plan.cache_side)
    result = np.zeros(side, np.uint8)
    if plan.masks and not row.masks and row.label in plan.empty_without_file:
        return result
    for number, target in enumerate(plan.masks, start=1):
        if target.column not in row.masks:
            return np.full(side, UNKNOWN, np.uint8)
        result[decode_mask(row.masks[target.column], target.value, plan)] = number
    return result if plan.masks else np.full(side, UNKNOWN, np.uint8)


def from_rows(rows: Sequence[Row], plan: Plan) -> Samples:
    """Decode the rows of an index.

    Raises:
        UnreadableFileError: An image cannot be read, or its label is none of the plan's.
    """
    images, classes = [], []
    for row in rows:
        if plan.classes and row.label not in plan.labels:
            wanted = ", ".join(plan.labels)
            raise UnreadableFileError(f"label must be one of {wanted}, got {row.label[:40]!r} in {INDEX}")
        classes.append(plan.labels.index(row.label) if plan.classes else NO_CLASS)
        images.append(decode(row.image, plan))
    return Samples(
        np.stack(images),
        np.array(classes, np.int64),
        np.stack([label_map(row, plan) for row in rows]),
        tuple(row.group for row in rows),
        tuple(row.case for row in rows),
    )


def from_class_folders(folder: Path, plan: Plan) -> Samples:
    """A folder with one folder a class, named by the plan's labels; every image is its own group.

    Raises:
        InputError: A class has no folder, or no images in it; or the plan has no classes.
    """
    if not plan.classes:
        raise InputError("a folder of classes holds no masks; this training needs an index that names them")
    rows = []
    for label in plan.labels:
        found = sorted(p for p in (folder / label).glob("*") if p.suffix.lower() in (".png", ".jpg", ".jpeg"))
        if not found:
            raise InputError(f"a folder of classes must hold images of each class; there are none of {label!r}")
        rows += [Row(path, label, "", f"{label}/{path.name}", "", {}) for path in found]
    return from_rows(rows, plan)


def from_medmnist(path: Path, split: str, plan: Plan) -> Samples:
    """One split of a MedMNIST file: ``<split>_images`` and ``<split>_labels``, class numbers in the plan's order.

    Source: Yang et al., Scientific Data 10:41 (2023), doi:10.1038/s41597-022-01721-8.

    Raises:
        InputError: The arrays are missing or of another shape, or a class number is none of the plan's.
        UnreadableFileError: It is no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if f"{split}_images" not in arrays or f"{split}_labels" not in arrays:
                raise InputError(
                    f"a MedMNIST file must hold {split}_images and {split}_labels, got {sorted(arrays)[:8]}"
                )
            images, labels = arrays[f"{split}_images"], arrays[f"{split}_labels"]
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise UnreadableFileError("a MedMNIST file must be a NumPy archive of plain arrays; this is none") from error
    if labels.size != len(images):
        raise InputError(f"a MedMNIST file must give one class an image, got labels of shape {labels.shape}")
    labels = np.ravel(labels).astype(np.int64)
    colours = 1 if images.ndim == 3 else images.shape[-1]
    if images.dtype != np.uint8 or colours != plan.channels:
        raise InputError(f"images must be uint8 with {plan.channels} channels, got {images.dtype} {images.shape}")
    if not ((labels >= 0) & (labels < len(plan.classes))).all():
        raise InputError(f"class numbers must lie in 0..{len(plan.classes) - 1}, got {labels.min()}..{labels.max()}")
    size = (plan.cache_side, plan.cache_side)
    resized = [_placed(Image.fromarray(image), plan, int(image.min())) for image in images]
    cases = tuple(f"{split}-{number}" for number in range(len(labels)))
    return Samples(np.stack(resized), labels, np.full((len(labels), *size), UNKNOWN, np.uint8), cases, cases)


def load(folder: Path, split: str, plan: Plan) -> Samples:
    """Samples of one split from an ``index.csv`` folder, a folder of splits and classes, or a MedMNIST file.

    Raises:
        InputError: None of the three.
    """
    if folder.suffix == ".npz" and folder.is_file():
        return from_medmnist(folder, split, plan)
    if (folder / INDEX).is_file():
        return from_rows(read_folder(folder, split), plan)
    if (folder / split).is_dir():
        return from_class_folders(folder / split, plan)
    raise InputError(f"a data folder must hold {INDEX}, or a folder {split!r} of class folders, or be a MedMNIST .npz")
