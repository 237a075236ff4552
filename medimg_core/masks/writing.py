"""Masks as files: NIfTI for a volume, pictures of indexed colours for slices, and what is said of them beside.

:func:`write_masks` writes a model's to disk; the other functions give contents of single files, of the model's mask
or of one that a reader corrected. None holds anything of the patient.
"""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from medimg_core.correcting import Corrected
from medimg_core.errors import IncompatibleInputError, InputError, NotApplicableError
from medimg_core.io import nifti_bytes, write_nifti
from medimg_core.masks.corrected import Remeasured, corrected_summary
from medimg_core.masks.summary import NOTE, summary
from medimg_core.results import Region, Segmentation
from medimg_core.study import Volume

__all__ = ["COLOURS", "masks_json", "masks_nifti", "masks_png", "regions_csv", "write_masks"]

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
    _fits(found, volume)
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
        beside.write_bytes(masks_json(found))
    except OSError as error:
        raise InputError(f"the output must be one that can be written: {error.strerror}") from error
    return (*written, beside)


def _nifti(found: Segmentation, volume: Volume, out: Path) -> Path:
    if volume.geometry is None:
        raise IncompatibleInputError("a NIfTI mask needs the geometry of its volume, which this has not: name a folder")
    write_nifti(found.mask, volume.geometry, out, description=_described(found, corrected=False))
    return out


def _picture(mask: npt.NDArray[np.uint8], out: Path) -> Path:
    out.write_bytes(masks_png(mask))
    return out


def masks_nifti(made: Segmentation | Corrected, volume: Volume) -> bytes:
    """A mask as ``.nii.gz``, in the place of its volume; the header says whether a reader corrected it.

    Args:
        made: The model's mask, or the corrected one.
        volume: What it was made from.

    Raises:
        IncompatibleInputError: The volume is another one, or lacks geometry.
        NotApplicableError: The gate refused the input, so that there is no mask.
    """
    found = made.segmentation if isinstance(made, Corrected) else made
    _fits(found, volume)
    if volume.geometry is None:
        raise IncompatibleInputError("a NIfTI mask needs the geometry of its volume, which this has not")
    return nifti_bytes(made.mask, volume.geometry, description=_described(found, corrected=isinstance(made, Corrected)))


def masks_png(plane: npt.NDArray[np.uint8]) -> bytes:
    """Labels of one slice as a picture, 8 bits a pixel, each with a colour of its own.

    Args:
        plane: Shape ``(rows, columns)``.

    Examples:
        >>> masks_png(np.zeros((2, 3), np.uint8))[1:4]
        b'PNG'
    """
    from PIL import Image

    picture = Image.frombytes("P", (plane.shape[1], plane.shape[0]), np.ascontiguousarray(plane).tobytes())
    palette = [COLOURS[0], *(COLOURS[1 + value % (len(COLOURS) - 1)] for value in range(255))]
    picture.putpalette([level for colour in palette for level in colour])
    content = io.BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


def masks_json(found: Segmentation, corrected: Corrected | None = None, measured: Remeasured | None = None) -> bytes:
    """What is said of masks: model, weights, :func:`~medimg_core.masks.summary.summary`.

    Args:
        found: The segmentation.
        corrected: What a reader made of it; with ``measured`` it stands under ``corrected``.
        measured: Of the corrected mask.
    """
    about = {"model": found.model_id, "weights_sha256": found.weights_sha256, **summary(found)}
    if corrected is not None and measured is not None:
        about["corrected"] = corrected_summary(corrected, measured)
    return (json.dumps(about, indent=1, allow_nan=False) + "\n").encode()


def regions_csv(found: Segmentation, regions: Sequence[Region], *, mask: str = "model") -> bytes:
    """One row a region, for a spreadsheet; every row says where it comes from, as rows are copied.

    Images count from 1, as on the screen. Areas are in the square of the row's unit.

    Args:
        found: The segmentation.
        regions: Its own, or those of a corrected mask.
        mask: ``"model"`` or ``"corrected"``.
    """
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(
        (
            "number", "label", "name", "image", "first_image", "last_image", "voxels", "area", "long_axis",
            "short_axis", "length_unit", "length_note", "volume_ml", "at_border", "mask", "gate", "model",
            "weights_sha256", "note",
        )
    )  # fmt: skip
    origin = (mask, found.gate.status, found.model_id, found.weights_sha256, NOTE)
    for region in regions:
        first, last = region.slices
        sizes = (f"{value:.6g}" for value in (region.area, region.long_axis, region.short_axis))
        volume = "" if region.volume_ml is None else f"{region.volume_ml:.6g}"
        rows.writerow(
            (
                region.number, region.label, region.name, region.slice_index + 1, first + 1, last + 1, region.voxels,
                *sizes, region.length_unit, region.length_note, volume, "yes" if region.at_border else "no", *origin,
            )
        )  # fmt: skip
    return table.getvalue().encode()


def _fits(found: Segmentation, volume: Volume) -> None:
    if volume.fingerprint != found.fingerprint:
        raise IncompatibleInputError("a mask must be written with the volume it was made from; this is another one")
    if found.refused:
        raise NotApplicableError("an input that the gate refused has no mask to write")


def _described(found: Segmentation, *, corrected: bool) -> str:
    return f"mask by {found.model_id}, {'corrected, ' if corrected else ''}research use only"[:79]
