"""How far an embedding lies from those of the training images.

- ``mahalanobis``: squared distance to the nearest class mean under one shared covariance (Lee et al.,
  NeurIPS 2018, arXiv:1807.03888, equation 2);
- ``relative_mahalanobis``: the same minus the distance under one Gaussian over all classes (Ren et al.,
  2021, arXiv:2106.09022, equation 3);
- ``knn``: distance of the normalised embedding to its k-th nearest training neighbour (Sun et al., ICML
  2022, arXiv:2204.06507, section 3).
"""

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError
from medimg_core.gate.reference import EmbeddingFit
from medimg_core.gate.settings import METHODS

__all__ = ["distance"]

Array = npt.NDArray[np.float64]


def distance(embeddings: npt.ArrayLike, fit: EmbeddingFit, method: str, neighbours: int = 1) -> Array:
    """Out-of-distribution distance; larger is stranger.

    Args:
        embeddings: Shape ``(n, d)`` or ``(d,)``.
        fit: Of the training embeddings.
        method: One of :data:`medimg_core.gate.settings.METHODS`.
        neighbours: k of ``knn``.

    Returns:
        ``float64``, shape ``(n,)``.

    Raises:
        IncompatibleInputError: Unknown method, or embeddings of another length than the fit's.
    """
    rows = np.atleast_2d(np.asarray(embeddings, dtype=np.float64))
    if rows.shape[1] != fit.means.shape[1]:
        raise IncompatibleInputError(f"embeddings must have {fit.means.shape[1]} channels, got {rows.shape[1]}")
    if method == "mahalanobis":
        return _nearest_class(rows, fit)
    if method == "relative_mahalanobis":
        offset = rows - fit.background_mean
        return _nearest_class(rows, fit) - _quadratic(offset, fit.background_precision)
    if method == "knn":
        return _kth_neighbour(rows, fit.sample, neighbours)
    raise IncompatibleInputError(f"method must be one of {', '.join(METHODS)}, got {method[:60]!r}")


def _quadratic(offsets: Array, precision: Array) -> Array:
    return np.asarray(np.einsum("nd,nd->n", offsets @ precision, offsets))


def _nearest_class(rows: Array, fit: EmbeddingFit) -> Array:
    return np.asarray(np.min([_quadratic(rows - mean, fit.precision) for mean in fit.means], axis=0))


def _kth_neighbour(rows: Array, sample: Array, neighbours: int) -> Array:
    def unit(array: Array) -> Array:
        return np.asarray(array / np.maximum(np.linalg.norm(array, axis=1, keepdims=True), 1e-12))

    cosines = unit(rows) @ unit(sample).T
    k = min(neighbours, len(sample))
    nearest = np.partition(cosines, -k, axis=1)[:, -k]
    return np.asarray(np.sqrt(np.maximum(2 - 2 * nearest, 0)))
