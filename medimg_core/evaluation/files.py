"""The files that a row of a folder names: its image, and what somebody drew in it."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg_core.errors import UnreadableFileError
from medimg_core.evaluation.folder import Row
from medimg_core.evaluation.metrics import Bools
from medimg_core.registry import ModelCard


def image_of(path: Path) -> Any:
    """The first series with an image in a file of a folder.

    Raises:
        UnreadableFileError: There is none.
    """
    from medimg_core.io import open_study

    opened = open_study([path])
    for study in opened.studies:
        for series in study.series:
            if series.volume is not None:
                return series
    reason = opened.refused[0].reason if opened.refused else "it holds no image"
    raise UnreadableFileError(f"an image must be readable; this one is not: {reason}")


def drawn_file(card: ModelCard, row: Row) -> tuple[Path, int] | None:
    """The file in which somebody drew what a model looks for, and the value in it that counts; None where nobody did.

    Args:
        card: The model. Of one that does not segment the column ``mask`` is meant, else the first of its targets that
            the row has.
        row: Of a folder.
    """
    output = card.segmentation
    targets = output.mask.targets if output is not None and output.mask is not None else ()
    wanted = [(target.column, target.value) for target in targets] or [("mask", 0)]
    return next(((row.masks[column], value) for column, value in wanted if column in row.masks), None)


def drawn(path: Path, value: int, shape: tuple[int, ...], affine: NDArray[np.float64] | None = None) -> Bools:
    """A target mask from its file: where it holds ``value``, or anything for 0.

    Args:
        path: A picture, NIfTI or DICOM.
        value: Of :attr:`~medimg_core.registry.Target.value`.
        shape: Slices, rows and columns of the image.
        affine: Of the image's grid, or None.

    Returns:
        bool, shape ``(slices, rows, columns)``.

    Raises:
        UnreadableFileError: The mask cannot be read, or does not lie on the image's grid.
    """
    volume = image_of(path).volume
    if volume.colour or volume.frames_axis or volume.shape != shape:
        raise UnreadableFileError(
            f"a mask must have its image's slices, rows and columns {shape} and no colour, got {volume.array.shape}"
        )
    if affine is not None and volume.geometry is not None:
        far = np.abs((volume.geometry.affine - affine) @ [*shape, 1.0]).max()
        if far > 0.5 * np.linalg.norm(affine[:3, :3], axis=0).min():
            raise UnreadableFileError("a mask must lie on its image's grid; its position or orientation differs")
    return np.asarray(volume.array == value if value else volume.array != 0)
