"""Masks as files: NIfTI for a volume, pictures of indexed colours for slices, and what is said of them beside."""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError, InputError, NotApplicableError
from medimg_core.io import write_nifti
from medimg_core.masks.summary import summary
from medimg_core.results import Segmentation
from medimg_core.study import Volume

__all__ = ["COLOURS", "write_masks"]

COLOURS = (
    (0, 0, 0), (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0),
    (204, 121, 167),
)  # fmt: skip
"""Background, then labels in turn: told apart by the colour-blind too (Okabe and Ito 2008, jfly.uni-koeln.de/color)."""


def write_masks(found: Segmentation, volume: Volume, out: Path) -> tuple[Path, ...]:
    """Write a segmentation.

    - ``.nii`` or ``.nii.gz``: the whole mask on the volume's grid, values as labels; needs the volume's geometry.
    - ``.png``: a mask of one slice, 8 bits a pixel, values as labels, each with a colour of its own.
    - no suffix: a folder of such pictures, ``slice_0012.png`` for slice 12 counted from 0, of the slices read.

    Beside it lies ``<name>.json`` (in a folder ``masks.json``) with the model, its weights and
    :func:`~medimg_core.masks.summary.summary`; nothing of the patient.

    Args:
        found: The segmentation.
        volume: What it was made from.
        out: File or folder; files of these names are replaced.

    Returns:
        The files written, the JSON last.

    Raises:
        IncompatibleInputError: The volume is another one or lacks geometry, the suffix is none of these, or a
            ``.png`` is asked of several slices.
        NotApplicableError: The gate refused the input, so that there is no mask.
        InputError: A file cannot be written.
    """
    if volume.fingerprint != found.fingerprint:
        raise IncompatibleInputError("a mask must be written with the volume it was made from; this is another one")
    if found.refused:
        raise NotApplicableError("an input that the gate refused has no mask to write")
    name = out.name.lower()
    try:
        if name.endswith((".nii", ".nii.gz")):
            written = [_nifti(found, volume, out)]
            beside = out.with_name(out.name[: name.rindex(".nii")] + ".json")
        elif name.endswith(".png"):
            if found.slices[0] != found.slices[1]:
                count = found.slices[1] - found.slices[0] + 1
                raise IncompatibleInputError(f"a .png must hold one slice, got {count}: name a folder or a .nii.gz")
            written = [_picture(found.mask[found.slices[0]], out)]
            beside = out.with_suffix(".json")
        elif not out.suffix:
            out.mkdir(parents=True, exist_ok=True)
            every = range(found.slices[0], found.slices[1] + 1)
            written = [_picture(found.mask[index], out / f"slice_{index:04d}.png") for index in every]
            beside = out / "masks.json"
        else:
            raise IncompatibleInputError(
                f"masks are written as .nii, .nii.gz, .png or to a folder without a suffix, got {out.suffix[:20]!r}"
            )
        about = {"model": found.model_id, "weights_sha256": found.weights_sha256, **summary(found)}
        beside.write_text(json.dumps(about, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"the output must be one that can be written: {error.strerror}") from error
    return (*written, beside)


def _nifti(found: Segmentation, volume: Volume, out: Path) -> Path:
    if volume.geometry is None:
        raise IncompatibleInputError("a NIfTI mask needs the geometry of its volume, which this has not: name a folder")
    write_nifti(found.mask, volume.geometry, out, description=f"mask by {found.model_id}, research use only"[:79])
    return out


def _picture(mask: npt.NDArray[np.uint8], out: Path) -> Path:
    from PIL import Image

    picture = Image.frombytes("P", (mask.shape[1], mask.shape[0]), np.ascontiguousarray(mask).tobytes())
    palette = [COLOURS[0], *(COLOURS[1 + value % (len(COLOURS) - 1)] for value in range(255))]
    picture.putpalette([level for colour in palette for level in colour])
    picture.save(out)
    return out
