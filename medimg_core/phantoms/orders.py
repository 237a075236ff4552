"""What is asked of a maker, and what it gives."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Made", "Order"]

Progress = Callable[[int, int, str], None]


class Order(NamedTuple):
    """What is to be made.

    Attributes:
        id: Of the catalogue.
        title: Of the catalogue.
        seed: 0 or above.
        reduced: True for a few slices of a large phantom.
        progress: Called as ``progress(done, total, text)``, or None.
    """

    id: str
    title: str
    seed: int
    reduced: bool = False
    progress: Progress | None = None


class Made(NamedTuple):
    """What was made.

    Attributes:
        datasets: ``pydicom`` datasets in slice order.
        truth: JSON-ready.
        masks: What fills which voxels, each of the shape of the volume, slices in order.
    """

    datasets: list[Any]
    truth: dict[str, object]
    masks: Mapping[str, npt.NDArray[np.bool_]] = MappingProxyType({})
