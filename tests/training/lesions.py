"""A small plan, and folders of images with bright blobs: everything of a plan's training runs in seconds."""

import csv

import numpy as np
from PIL import Image

from medimg_core.training.plan import UNKNOWN, MaskTarget, Plan
from medimg_core.training.samples import Samples

SIDE = 32


def plan(**changes):
    """Classes and one mask on 32 pixels; a residual encoder with two stages."""
    settings = {
        "classes": ("none", "small", "large"), "labels": ("none", "small", "large"), "positive": ("large",),
        "reading": "large", "masks": (MaskTarget("blob"),), "modality": "mr", "size": SIDE, "cache_side": SIDE,
        "encoder": "residual", "widths": (4, 8), "head": 8, "decoder": (8, 4), "dropout": 0.0, "epochs": 2, "batch": 4,
        "learning_rate": 5e-3, "warm_up": 0.5, "ema": 0.5, "members": 2, "members_passes": 1, "calibration_passes": 1,
    }  # fmt: skip
    return Plan(**{**settings, **changes})


def only_masks(**changes):
    """The same plan without classes."""
    return plan(**{"classes": (), "labels": (), "positive": (), "reading": "", **changes})


def blob(kind, rng, side=SIDE):
    """Noise; with a bright blob off the centre for kinds 1 and 2. The image, uint8, and where the blob is."""
    image = rng.normal(90, 6, (side, side))
    mask = np.zeros((side, side), bool)
    if kind:
        row, column, half = side // 3, side // 2 + int(rng.integers(-3, 4)), side // (10 if kind == 1 else 5)
        mask[row - half : row + half, column - half : column + half] = True
        image[mask] += 100
    return np.clip(image, 0, 255).astype(np.uint8), mask


def samples(count=9, drawn=True, side=SIDE, classes=True):
    """``count`` images, kinds 0, 1, 2 in turn; those of kind 0 have an empty mask."""
    rng = np.random.default_rng(3)
    made = [blob(i % 3, rng, side) for i in range(count)]
    masks = np.stack([mask.astype(np.uint8) for _, mask in made])
    kinds = np.arange(count) % 3 if classes else np.full(count, -1)
    names = tuple(f"c{i}" for i in range(count))
    images = np.stack([image for image, _ in made])
    return Samples(images, kinds, masks if drawn else np.full_like(masks, UNKNOWN), names, names)


def picture(path, values):
    """Write an array as a PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)
    return path


def write_index(folder, rows, columns=("image", "mask", "label", "patient", "split")):
    """Write ``index.csv`` from rows in the order of the columns."""
    with (folder / "index.csv").open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return folder


def write_lesions(folder, per_kind=(4, 2), side=SIDE):
    """A folder with an index: kind 0 without a mask's file, the others with one."""
    rng = np.random.default_rng(0)
    (folder / "masks").mkdir(parents=True)
    rows = []
    for split, count in zip(("train", "val"), per_kind, strict=True):
        for kind, label in enumerate(("none", "small", "large")):
            for number in range(count):
                image, mask = blob(kind, rng, side)
                name = f"{split}-{label}-{number}.png"
                Image.fromarray(image).save(folder / name)
                if kind:
                    Image.fromarray(mask).save(folder / "masks" / name)
                rows.append([name, f"masks/{name}" if kind else "", label, f"p{number}", split])
    return write_index(folder, rows)
