"""How unlike the training images an input looks as a whole, from a 32 x 32 thumbnail.

The thumbnail's distance is the Mahalanobis distance under probabilistic principal components: inside the
space of the leading components by their variances, outside it by one common residual variance (Tipping
and Bishop, J. R. Stat. Soc. B 1999, 61(3):611-622). It sees what a network trained to tell two kinds of
radiograph may ignore: that the input is none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError
from medimg_core.preprocess import resize

__all__ = ["SIDE", "ThumbnailFit", "thumbnail", "thumbnails"]

SIDE = 32
Array = npt.NDArray[np.float64]


def thumbnail(image: npt.NDArray[np.floating[Any]]) -> Array:
    """Shrink an image to 32 x 32, subtract its mean and divide by its standard deviation.

    Args:
        image: Prepared network input of one channel, shape ``(rows, columns)``.

    Returns:
        Shape ``(1024,)``; zeros for a flat image.
    """
    small = resize(image, (SIDE, SIDE)).astype(np.float64).ravel()
    small -= small.mean()
    spread = float(small.std())
    return small / spread if spread > 1e-6 else np.zeros_like(small)


def thumbnails(images: npt.NDArray[np.floating[Any]]) -> Array:
    """:func:`thumbnail` of each of ``(n, rows, columns)``; shape ``(n, 1024)``."""
    return np.stack([thumbnail(image) for image in images])


@dataclass(frozen=True, eq=False)
class ThumbnailFit:
    """Principal components of training thumbnails.

    Attributes:
        mean: Shape ``(1024,)``.
        basis: Components, one a row, shape ``(p, 1024)``.
        spread: Standard deviation along each, shape ``(p,)``.
        residual: Standard deviation of one coefficient outside the components.
    """

    mean: Array
    basis: Array
    spread: Array
    residual: float

    @classmethod
    def fit(cls, rows: Array, components: int = 20) -> "ThumbnailFit":
        """Fit on thumbnails of shape ``(n, 1024)``.

        Raises:
            IncompatibleInputError: There are not more thumbnails than components.
        """
        if len(rows) <= components:
            raise IncompatibleInputError(f"a fit of {components} components needs more thumbnails, got {len(rows)}")
        mean = rows.mean(axis=0)
        centred = rows - mean
        variances, vectors = np.linalg.eigh(centred.T @ centred / (len(rows) - 1))
        order = np.argsort(variances)[::-1]
        rest = float(variances[order[components:]].sum()) / (rows.shape[1] - components)
        return cls(
            mean=mean,
            basis=vectors[:, order[:components]].T,
            spread=np.sqrt(np.maximum(variances[order[:components]], 1e-9)),
            residual=float(np.sqrt(max(rest, 1e-9))),
        )

    def distance(self, rows: Array) -> Array:
        """Distance of thumbnails ``(n, 1024)`` from the training images, shape ``(n,)``; about 1 for them.

        The squared Mahalanobis distance divided by the number of pixels, square root taken.
        """
        centred = np.atleast_2d(rows) - self.mean
        inside = centred @ self.basis.T
        outside = centred - inside @ self.basis
        square = ((inside / self.spread) ** 2).sum(axis=1) + (outside**2).sum(axis=1) / self.residual**2
        return np.asarray(np.sqrt(square / centred.shape[1]))

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """As written to ``reference.npz``."""
        return {
            "thumbnail_mean": self.mean.astype(np.float32),
            "thumbnail_basis": self.basis.astype(np.float32),
            "thumbnail_spread": self.spread.astype(np.float32),
            "thumbnail_residual": np.array(self.residual, np.float32),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> "ThumbnailFit":
        """From ``reference.npz``; raises KeyError for one that lacks the fit."""
        return cls(
            mean=arrays["thumbnail_mean"].astype(np.float64),
            basis=arrays["thumbnail_basis"].astype(np.float64),
            spread=arrays["thumbnail_spread"].astype(np.float64),
            residual=float(arrays["thumbnail_residual"]),
        )
