"""Label maps of training masks: which pixel belongs to which class, and where nobody has said so.

A folder may have a mask of one class for every image and of another for some: the epicardium is drawn at end-diastole
only. There a pixel outside the drawn class is background *or* of a class that nobody drew. Such a pixel has a code of
its own, and the loss asks only that the network finds one of those (the marginal loss of Shi et al., Medical Image
Analysis 70:101979, 2021).
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medimg_core.evaluation.folder import Row
from medimg_core.preprocess import along, resize
from medimg_core.training.plan import UNKNOWN, Plan

__all__ = ["EITHER", "MOST", "coded", "label_map", "resized", "stacked", "unknown"]

EITHER = 128
"""Code of a pixel that is background or of an undrawn class; their bits are added to it."""

MOST = 6
"""Classes up to which a part of them may be undrawn: further bits would run into :data:`UNKNOWN`."""

Read = Callable[[Path, int], NDArray[np.bool_]]
"""A mask's file and the value that counts in it to where it holds that, on the image's grid."""


def undrawn(row: Row, plan: Plan) -> int:
    """Bits of the classes that nobody drew in a row, the first class's lowest.

    A class counts as undrawn too where one that lies inside it is: what was drawn may be either.
    """
    missing = {target.name for target in plan.masks if target.column not in row.masks}
    missing |= {target.name for target in plan.masks if missing & set(target.covers)}
    return sum(1 << place for place, target in enumerate(plan.masks) if target.name in missing)


def label_map(row: Row, plan: Plan, shape: tuple[int, ...], read: Read) -> tuple[NDArray[np.uint8], int]:
    """The masks of one row as one label map.

    Args:
        row: Of an index.
        plan: Its classes; later ones are drawn over earlier ones.
        shape: Of the grid that ``read`` gives.
        read: Reads one mask.

    Returns:
        Of ``shape``: 0 background, classes from 1, :data:`~medimg_core.training.plan.UNKNOWN` throughout where no
        class was drawn. And the bits of :func:`undrawn`, 0 where all or none were drawn.
    """
    if plan.masks and not row.masks and row.label in plan.empty_without_file:
        return np.zeros(shape, np.uint8), 0
    missing, every = undrawn(row, plan), (1 << len(plan.masks)) - 1
    if missing == every or (missing and len(plan.masks) > MOST):
        return np.full(shape, UNKNOWN, np.uint8), 0
    result = np.zeros(shape, np.uint8)
    for number, target in enumerate(plan.masks, start=1):
        if not missing >> (number - 1) & 1:
            result[read(row.masks[target.column], target.value)] = number
    return result, missing


def resized(label: NDArray[np.uint8], shape: tuple[int, int], classes: int) -> NDArray[np.uint8]:
    """A label map on another grid of the same image: the label with the largest share of each cell.

    Args:
        label: Shape ``(rows, columns)``, or with slices last, which stay as many.
        shape: Rows and columns wanted.
        classes: Number of classes, the background not counted.
    """
    if label.shape[:2] == shape:
        return label
    if unknown(label):
        return np.full((*shape, *label.shape[2:]), UNKNOWN, np.uint8)
    shares = [resize((label == value).astype(np.float32), shape) for value in range(classes + 1)]
    return np.asarray(np.argmax(shares, axis=0), dtype=np.uint8)


def stacked(labels: NDArray[np.uint8], count: int, classes: int) -> NDArray[np.uint8]:
    """Label maps of a volume's slices as those of ``count`` slices: the label with the largest share of each voxel.

    Args:
        labels: Shape ``(slices, rows, columns)``.
        count: Slices wanted.
        classes: Number of classes, the background not counted.
    """
    if len(labels) == count:
        return labels
    if unknown(labels):
        return np.full((count, *labels.shape[1:]), UNKNOWN, np.uint8)
    shares = [along((labels == value).astype(np.float32), count) for value in range(classes + 1)]
    return np.asarray(np.argmax(shares, axis=0), dtype=np.uint8)


def unknown(label: NDArray[np.uint8]) -> bool:
    """Whether nobody drew a label map, of any shape."""
    return int(label.flat[0]) == int(label.max()) == UNKNOWN


def coded(label: NDArray[np.uint8], missing: int) -> NDArray[np.uint8]:
    """A label map for the loss: the background of an image with undrawn classes gets their code.

    Args:
        label: Any shape.
        missing: Bits of the undrawn classes.

    Examples:
        >>> coded(np.array([0, 2, 0], np.uint8), 0b01).tolist()
        [129, 2, 129]
    """
    if not missing:
        return label
    return np.where(label == 0, np.uint8(EITHER | missing), label)
