"""A folder of small images with drawn masks, and fakes that judge them."""

import csv
from types import SimpleNamespace

import numpy as np
from PIL import Image

from medimg_core.evaluation.judging import Found

SHAPE = (24, 32)
PASS = SimpleNamespace(status="pass")


def square(left, size=8, top=6):
    mask = np.zeros(SHAPE, bool)
    mask[top : top + size, left : left + size] = True
    return mask


def write_mask(path, mask):
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(mask).save(path)  # bool: one bit a pixel, as in public sets


def write_folder(root, rows, columns):
    """A folder with ``index.csv``; every image is a picture with the drawn square brighter than the rest."""
    root.mkdir(exist_ok=True)
    for row in rows:
        line = dict(zip(columns, row, strict=True))
        grey = np.random.default_rng(len(line["image"])).integers(40, 80, SHAPE).astype(np.uint8)
        if line.get("mask"):
            with Image.open(root / line["mask"]) as mask:
                grey = np.where(np.asarray(mask), grey + 120, grey).astype(np.uint8)
        Image.fromarray(grey).save(root / line["image"])
    with (root / "index.csv").open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return root


def found(*masks, status="pass", **more):
    """What a model found: the first class where the first mask is, and so on."""
    label = np.zeros((1, *SHAPE), np.uint8)
    for value, mask in enumerate(masks, start=1):
        label[0][mask] = value
    values = dict(zip(("lesion", "rim"), range(1, 3), strict=True))
    return Found(label, values, SimpleNamespace(status=status), **more)
