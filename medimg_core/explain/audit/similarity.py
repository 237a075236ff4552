"""How alike two maps are: structural similarity, rank correlation, correlation.

Which of them, and on which grid, decides what counts as alike; each item of the audit says which it takes.
"""

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError

__all__ = ["correlation", "normalised", "rank_correlation", "ssim"]

Floats = npt.NDArray[np.float64]

_SIGMA = 1.5
_RADIUS = 5
_C1, _C2 = 0.01**2, 0.03**2


def normalised(native: npt.NDArray[np.floating]) -> Floats:
    """Absolute values as shares of the largest; all 0 for a map without values.

    Adebayo et al. (NeurIPS 2018, arXiv:1810.03292, section 4) compare absolute maps: evidence for and against at one
    place is the same place.

    Args:
        native: Shape ``(rows, columns)``.

    Examples:
        >>> normalised(np.array([[-4.0, 1.0]])).tolist()
        [[1.0, 0.25]]
    """
    size = np.abs(np.asarray(native, dtype=np.float64))
    top = float(size.max())
    return size / top if top > 0 else size


def ssim(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    """Mean structural similarity of two maps of values 0 to 1.

    Wang et al., IEEE Trans. Image Processing 13 (2004) 600, equation 13, with its constants (K1 0.01, K2 0.03) and
    its Gaussian window of 1.5 pixels, cut off at 5. Beyond the edge the map is mirrored, so that a native grid of
    12 x 12 cells keeps all of its cells.

    Args:
        one: Shape ``(rows, columns)``.
        other: Same shape.

    Returns:
        -1 to 1; 1 for equal maps.

    Raises:
        IncompatibleInputError: The shapes differ.

    Examples:
        >>> ramp = np.linspace(0, 1, 64).reshape(8, 8)
        >>> round(ssim(ramp, ramp), 6), ssim(ramp, ramp[::-1]) < 0.5
        (1.0, True)
    """
    a, b = _pair(one, other)

    def mean(values: Floats) -> Floats:
        from scipy.ndimage import gaussian_filter

        return np.asarray(gaussian_filter(values, _SIGMA, mode="reflect", radius=_RADIUS))

    mean_a, mean_b = mean(a), mean(b)
    spread_a, spread_b = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2
    both = mean(a * b) - mean_a * mean_b
    above = (2 * mean_a * mean_b + _C1) * (2 * both + _C2)
    below = (mean_a**2 + mean_b**2 + _C1) * (spread_a + spread_b + _C2)
    return float((above / below).mean())


def rank_correlation(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    """Spearman's rank correlation of all cells, ties at their mean rank; 0 where a map is constant.

    Examples:
        >>> round(rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([1.0, 4.0, 9.0])), 6)
        1.0
    """
    from scipy.stats import rankdata

    a, b = _pair(one, other)
    return correlation(rankdata(a), rankdata(b))


def correlation(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    """Pearson's correlation of all cells; 0 where a map is constant.

    Examples:
        >>> correlation(np.array([0.0, 1.0, 2.0]), np.array([5.0, 5.0, 5.0]))
        0.0
    """
    a, b = (values.ravel() - values.mean() for values in _pair(one, other))
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else 0.0


def _pair(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> tuple[Floats, Floats]:
    if one.shape != other.shape:
        raise IncompatibleInputError(f"maps that are compared must have one shape, got {one.shape} and {other.shape}")
    return np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
