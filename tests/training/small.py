"""A small data folder on which everything of a training runs in seconds."""

import csv

import numpy as np
from PIL import Image

from medimg_core.training.recipe import Recipe

SIDE = 48
SUBTYPES = (("normal", "normal"), ("pneumonia", "bacteria"), ("pneumonia", "virus"))


def recipe(**changes):
    settings = {
        "size": 32, "cache_side": SIDE, "stem": 4, "widths": (8, 12), "blocks": (1, 1), "epochs": 2,
        "batch": 8, "warm_up": 0.5, "members": 2, "members_passes": 1, "calibration_passes": 2,
        "mixed": False, "region_epochs": 1, "region_size": 32, "learning_rate": 5e-3, "ema": 0.5,
    }  # fmt: skip
    return Recipe(**{**settings, **changes})


def picture(kind, rng):
    """Dark lungs on grey; the second half of the classes has something bright in them."""
    image = rng.normal(120, 8, (SIDE, SIDE))
    mask = np.zeros((SIDE, SIDE), bool)
    mask[10:38, 6:20] = mask[10:38, 28:42] = True
    image[mask] -= 60
    if kind:
        image[24:36, 8:18] += 70
    if kind == 2:
        image[12:22, 30:40] += 50
    return np.clip(image, 0, 255).astype(np.uint8), mask


def write_folders(root, per_class=(10, 5)):
    """``chest`` with an index and, beside it, ``chest_lungs`` with masks for every second image."""
    rng = np.random.default_rng(0)
    rows, masks = [], []
    for split, count in zip(("train", "val"), per_class, strict=True):
        for kind, (label, subtype) in enumerate(SUBTYPES):
            for number in range(count):
                image, mask = picture(kind, rng)
                case = f"{'IM' if kind == 0 else 'person'}-{split}-{kind}-{number}"
                path = f"images/{case}.png"
                (root / "chest" / "images").mkdir(parents=True, exist_ok=True)
                Image.fromarray(image).save(root / "chest" / path)
                rows.append([path, label, subtype, f"{subtype}:{case}", split])
                if number % 2 == 0:
                    lungs = root / "chest_lungs"
                    (lungs / "masks").mkdir(parents=True, exist_ok=True)
                    Image.fromarray(image).save(lungs / f"77_{case}.png")
                    Image.fromarray(mask).save(lungs / "masks" / f"77_{case}.png")
                    masks.append([f"77_{case}.png", f"masks/77_{case}.png", label, f"{subtype}:{case}", split])
    for folder, names, lines in (
        ("chest", ["image", "label", "subtype", "patient", "split"], rows),
        ("chest_lungs", ["image", "mask", "label", "patient", "split"], masks),
    ):
        with (root / folder / "index.csv").open("w", newline="") as file:
            csv.writer(file).writerows([names, *lines])
    return root / "chest"
