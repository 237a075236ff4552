"""Folders of small NIfTI volumes whose two parts lie where no turn and no mirror leaves them."""

import nibabel
import numpy as np

from medimg_core.training.plan import MaskTarget
from tests.training.lesions import only_masks, write_index

SHAPE = (7, 20, 14)
"""Slices, rows, columns."""

FULL = (2, 3, 4)
"""Slices with a mask; the first one is blank."""

TWO = (MaskTarget("head", value=1), MaskTarget("tail", value=2))
AFFINE = np.array([[-1.5, 0, 0, 30], [0, 1.0, 0, -12], [0, 0, 4.0, 7], [0, 0, 0, 1]])


def plan(**changes):
    """Two parts in one file's values, on 32 pixels."""
    return only_masks(**{"masks": TWO, "steps": ("to_grey01", "letterbox", "standardise"), **changes})


def whole(**changes):
    """The same for a network that takes volumes of 8 slices."""
    return plan(**{"depth": 8, "encoder": "unet", "widths": (4, 8), **changes})


def labels():
    """1 at the top left, 2 below and to the right; shape :data:`SHAPE`."""
    found = np.zeros(SHAPE, np.uint8)
    for index in FULL:
        found[index, 3 : 7 + index, 2:6] = 1
        found[index, 7 + index : 15, 2 + index : 12] = 2
    return found


def image(rng, low=0.0, high=100.0):
    """Bright parts on a ramp with noise, float32, between ``low`` and ``high``; slice 0 has one value."""
    drawn = labels()
    grey = 0.1 + 0.2 * np.linspace(0, 1, SHAPE[2]) + rng.normal(0, 0.02, SHAPE)
    grey = np.clip(np.where(drawn == 1, 0.6, np.where(drawn == 2, 0.9, grey)), 0, 1)
    grey[0] = 0
    return (low + grey * (high - low)).astype(np.float32)


def write_volume(path, values, affine=AFFINE):
    """An array of slices, rows and columns as NIfTI, its axes turned to the format's order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(np.ascontiguousarray(values.transpose(2, 1, 0)), affine), path)


def write_volumes(folder, counts=(4, 2), low=0.0, high=100.0):
    """A folder of patients, each with ``image.nii.gz`` and ``mask.nii.gz`` in a folder of its own."""
    rng, rows = np.random.default_rng(5), []
    for split, count in zip(("train", "val"), counts, strict=True):
        for number in range(count):
            name = f"{split}{number}"
            write_volume(folder / name / "image.nii.gz", image(rng, low, high))
            write_volume(folder / name / "mask.nii.gz", labels())
            rows.append([f"{name}/image.nii.gz", f"{name}/mask.nii.gz", name, split])
    return write_index(folder, rows, ("image", "mask", "patient", "split"))
