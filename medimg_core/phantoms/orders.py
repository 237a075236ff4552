"""What is asked of a maker, and what it gives."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Made", "Order"]

Progress = Callable[[int, int, str], None]


_EXAMINATIONS = {
    "chest_child": "Chest, child",
    "ct_thorax_two_series": "CT of the thorax, thin and thick slices",
    "ct_thorax": "CT of the thorax",
    "ct_chest_nodules": "CT of the chest, 1 mm",
    "brain_flair": "Brain, FLAIR",
    "breast_ultrasound": "Breast, ultrasound",
    "liver_ct": "CT of the abdomen",
}
"""By how the catalogue's id begins; the title of others tells nothing."""


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

    @property
    def examination(self) -> str:
        """What was examined, for the files' descriptions: no word of what is to be found, whoever reads them blind."""
        return next((name for start, name in _EXAMINATIONS.items() if self.id.startswith(start)), self.title)


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
