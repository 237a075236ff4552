"""How two masks agree."""

import math

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError

__all__ = ["dice"]


def dice(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    """Dice coefficient ``2 |A and B| / (|A| + |B|)`` (Dice, Ecology 1945, 26(3):297-302).

    Args:
        one: True inside, any shape.
        other: Likewise, same shape.

    Returns:
        0 to 1, NaN where both are empty.

    Raises:
        IncompatibleInputError: The shapes differ.

    Examples:
        >>> dice(np.array([True, True, False, False]), np.array([True, False, True, False]))
        0.5
    """
    if one.shape != other.shape:
        raise IncompatibleInputError(f"two masks must have one shape, got {one.shape} and {other.shape}")
    size = int(np.count_nonzero(one)) + int(np.count_nonzero(other))
    return 2 * int(np.count_nonzero(one & other)) / size if size else math.nan
