"""Training images of one split from any of three layouts: an index, a folder of splits and classes, MedMNIST."""

import re
import zipfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medimg_core.errors import InputError, LimitError, UnreadableFileError
from medimg_core.evaluation.folder import INDEX, Row, read_folder
from medimg_core.training.labels import label_map
from medimg_core.training.pictures import decode, decode_mask, placed
from medimg_core.training.plan import UNKNOWN, Plan
from medimg_core.training.samples import NO_CLASS, Origin, Samples, gathered, in_bits
from medimg_core.training.slices import is_volume, read_slices, read_whole

VOLUME = re.compile(r"\.(nii|nii\.gz|dcm|zip|gz)$", re.IGNORECASE)
"""How the names of volumes end."""


def _picture(row: Row, plan: Plan) -> Samples:
    """One picture as a set of one."""
    side = (plan.cache_side, plan.cache_side)
    label, undrawn = label_map(row, plan, side, partial(decode_mask, plan=plan))
    image = in_bits(decode(row.image, plan)[None], plan.bits)
    return Samples(image, _class_of(row, plan, 1), label[None], (row.group,), (row.case,), (Origin(undrawn=undrawn),))


def _volume(row: Row, plan: Plan, *, thin: bool) -> Samples:
    """The slices of one volume, or the volume as a whole."""
    classes = _class_of(row, plan, 1)
    found = read_whole(row, plan) if plan.depth else read_slices(row, plan, thin=thin)
    count = len(found.images)
    name = VOLUME.sub("", row.columns.get("image", row.image.name))  # with its folder: files may all be named alike
    return Samples(
        found.images,
        np.repeat(classes, count),
        found.masks,
        (row.group,) * count,
        tuple(f"{name}-{number:03d}" for number in found.numbers) or (name,) * count,
        (Origin(str(row.image), found.undrawn, found.inside),) * count,
    )


def _class_of(row: Row, plan: Plan, count: int) -> NDArray[np.int64]:
    if plan.classes and row.label not in plan.labels:
        wanted = ", ".join(plan.labels)
        raise UnreadableFileError(f"label must be one of {wanted}, got {row.label[:40]!r} in {INDEX}")
    return np.full(count, plan.labels.index(row.label) if plan.classes else NO_CLASS, np.int64)


def from_rows(rows: Sequence[Row], plan: Plan, *, thin: bool = False) -> Samples:
    """Decode the rows of an index: a picture is one sample, a volume one for each slice that is not blank.

    Args:
        rows: Of an index.
        plan: Sizes and classes.
        thin: Take only the plan's share of the slices without a mask.

    Raises:
        UnreadableFileError: An image cannot be read, or its label is none of the plan's.
        LimitError: All of them take more memory than the plan allows.
        InputError: No slice with a drawn mask is left.
    """
    parts: list[Samples] = []
    taken = 0
    for done, row in enumerate(rows, start=1):
        part = _volume(row, plan, thin=thin) if plan.depth or is_volume(row.image) else _picture(row, plan)
        taken += part.images.nbytes + part.masks.nbytes
        if taken > plan.memory_gb * 2**30:
            raise LimitError(
                f"training images of a split may take {plan.memory_gb:g} GiB, those of {done} of {len(rows)} rows take "
                f"{taken / 2**30:.2f}: a smaller `cache_side`, `bits` or `empty_share` makes them less"
            )
        if len(part):
            parts.append(part)
    if not parts:
        raise InputError("training volumes must have slices with a drawn mask that are not blank; there are none")
    classes = np.concatenate([part.classes for part in parts])
    groups, cases, origins = (
        tuple(value for part in parts for value in getattr(part, name)) for name in ("groups", "cases", "origins")
    )
    images, masks = [part.images for part in parts], [part.masks for part in parts]
    parts.clear()
    return Samples(gathered(images), classes, gathered(masks), groups, cases, origins)


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
    resized = [placed(Image.fromarray(image), plan, int(image.min())) for image in images]
    cases = tuple(f"{split}-{number}" for number in range(len(labels)))
    masks = np.full((len(labels), *size), UNKNOWN, np.uint8)
    return Samples(in_bits(np.stack(resized), plan.bits), labels, masks, cases, cases)


def load(folder: Path, split: str, plan: Plan) -> Samples:
    """Samples of one split from an ``index.csv`` folder, a folder of splits and classes, or a MedMNIST file.

    Raises:
        InputError: None of the three.
    """
    if folder.suffix == ".npz" and folder.is_file():
        return from_medmnist(folder, split, plan)
    if (folder / INDEX).is_file():
        return from_rows(read_folder(folder, split), plan, thin=split == "train")
    if (folder / split).is_dir():
        return from_class_folders(folder / split, plan)
    raise InputError(f"a data folder must hold {INDEX}, or a folder {split!r} of class folders, or be a MedMNIST .npz")
