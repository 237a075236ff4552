"""Masks on their way over the picture: to the viewer, or painted into a still one."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from medimg_core.results import Segmentation
from pages._ui.state import Case
from pages._ui.viewer import Label, MaskOverlay, mask_of, thinned

__all__ = ["Outlined", "painted"]

Plane = npt.NDArray[np.uint8]
Rgb = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Outlined:
    """Labels on the grid of the series on show.

    Attributes:
        key: Keeps the viewer's settings through new results of the same kind.
        title: What it is.
        labels: Those that are seen, with their colours.
        mask: ``uint8``, shape ``(slices, rows, columns)``.
        owner: The result they belong to; a segmentation can be corrected.
        frame: Time point that it speaks of.
    """

    key: str
    title: str
    labels: tuple[Label, ...]
    mask: npt.NDArray[np.uint8] = field(repr=False)
    owner: object = field(repr=False)
    frame: int = 0

    def overlay(self, case: Case, factors: tuple[int, int, int]) -> MaskOverlay:
        """For the viewer.

        Args:
            case: Holds the reader's corrections.
            factors: Slices, rows and columns of the series in one voxel of the volume shown.
        """
        if isinstance(self.owner, Segmentation):
            correction = case.findings.correction(self.owner)
            return mask_of(self.owner, self.title, self.labels, correction=correction, factors=factors)
        array = self.mask if factors == (1, 1, 1) else thinned(self.owner, self.mask, factors)
        return MaskOverlay(self.key, self.title, array, self.owner, self.labels, frame=self.frame)

    def plane(self, case: Case) -> Plane:
        """Labels of the image on show, as the reader left them; nothing of another time point."""
        corrected = case.corrected(self.owner) if isinstance(self.owner, Segmentation) else None
        mask = self.mask if corrected is None else corrected.mask
        found = mask[case.view.slice_index]
        return found if case.view.frame == self.frame else np.zeros_like(found)


def painted(picture: Rgb, plane: Plane, labels: tuple[Label, ...]) -> Rgb:
    """Outline labels on a picture, as the viewer does: inside their edge, two pixels wide.

    Args:
        picture: Shape ``(rows, columns, 3)``.
        plane: Labels on a grid of any size over the same field, nearest ones are taken.
        labels: Those that are seen.

    Returns:
        A new picture.
    """
    from scipy.ndimage import binary_erosion

    rows, columns = picture.shape[:2]
    row = np.minimum((np.arange(rows) + 0.5) * plane.shape[0] / rows, plane.shape[0] - 1).astype(int)
    column = np.minimum((np.arange(columns) + 0.5) * plane.shape[1] / columns, plane.shape[1] - 1).astype(int)
    large, result = plane[np.ix_(row, column)], picture.copy()
    for label in labels:
        inside = large == label.value
        result[inside & ~binary_erosion(inside, iterations=2)] = label.colour
    return result
