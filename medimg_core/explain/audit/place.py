"""Does the map lie where the finding lies? Only against truth, or what a reader drew before the map was shown.

The model's own mask would be asked about itself, and a reader who has seen the map draws around it.
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError
from medimg_core.explain.audit.anatomy import on_input
from medimg_core.explain.audit.asked import Asked
from medimg_core.explain.audit.record import Record
from medimg_core.results import AuditItem

__all__ = ["RULE", "SOURCE", "Drawn", "place"]

Mask = npt.NDArray[np.bool_]

TWICE = 2.0
"""Share of the map inside, over the region's share of the area, from which on the map lies there."""

RULE = (
    "Shown where the native cell with the map's largest value touches the region, and the region holds at least twice "
    "as much of the map as of the area; not shown where it lies elsewhere and the region holds no more than its share."
)
SOURCE = (
    "Pointing game: Zhang et al. 2018, doi:10.1007/s11263-017-1059-x; energy: Wang et al. 2020, arXiv:1910.01279, "
    "section 4.3; thresholds tuned apart from the test: Saporta et al. 2022, doi:10.1038/s42256-022-00536-x"
)


@dataclass(frozen=True, eq=False)
class Drawn:
    """Where the finding lies.

    Attributes:
        mask: Shape ``(rows, columns)`` of the image, True inside.
        source: ``"truth"``, or ``"reader"`` for what a reader drew before the map was shown.
    """

    mask: Mask = field(repr=False)
    source: Literal["truth", "reader"]

    def __post_init__(self) -> None:
        if self.source not in ("truth", "reader"):
            raise IncompatibleInputError(
                "a region to compare a map with must be truth, or a reader's from before the map was shown, got "
                f"{str(self.source)[:40]!r}"
            )


def place(asked: Asked, drawn: Drawn, record: Record | None) -> AuditItem:
    """The item.

    Args:
        asked: The map under audit.
        drawn: Where the finding lies.
        record: The model's ``audit.json``, for the share of the peak at which a map is cut; or None.

    Raises:
        IncompatibleInputError: The region has another shape than the image.
    """
    inside = on_input(asked, drawn.mask)
    whose = "the truth" if drawn.source == "truth" else "the reader's region"
    if not inside.any():
        sentence = "Nothing was drawn in this image, so there is no place to compare the map with."
        return AuditItem("place", "not_applicable", sentence, RULE, SOURCE)
    values = np.where(asked.picture, asked.on_input, 0)
    whole = float(asked.picture.sum())
    of_pixel = _cells(asked)
    touched = np.unique(of_pixel[inside])
    hit = bool(np.isin(int(asked.evidence.argmax()), touched))
    rows, columns = asked.evidence.shape
    around = _around(touched, (rows, columns))
    near = float((np.isin(of_pixel, touched) & asked.picture).sum()) / whole
    energy, area = float(values[inside].sum() / values.sum()), float(inside.sum()) / whole
    figures: dict[str, object] = {
        "source": drawn.source,
        "pointing": hit,
        "pointing_chance": near,
        "near": bool(np.isin(int(asked.evidence.argmax()), around)),
        "near_chance": float((np.isin(of_pixel, around) & asked.picture).sum()) / whole,
        "energy": energy,
        "energy_chance": area,
    }
    told = (
        f"its largest value lies {'in' if hit else 'outside'} {whose} (by chance {100 * near:.0f} %), "
        f"{100 * energy:.0f} % of it lies there (by chance {100 * area:.0f} %)"
    )
    found = record.methods.get(asked.explanation.method) if record is not None else None
    if found is not None and found.cut is not None and found.layer == asked.explanation.layer:
        cut = (values >= found.cut * values.max()) & (values > 0)
        overlap = float((cut & inside).sum() / (cut | inside).sum())
        chance = _chance(float(cut.sum()) / whole, area)
        figures |= {"iou": overlap, "iou_chance": chance, "cut": found.cut, "cut_data": found.cut_data}
        told += (
            f", and cut at {100 * found.cut:.0f} % of its peak, as fixed on {found.cut_data}, it overlaps by "
            f"{overlap:.2f} (by chance {chance:.2f})"
        )
    if hit and energy >= TWICE * area:
        return AuditItem("place", "shown", f"The map lies in {whose}: {told}.", RULE, SOURCE, figures)
    if not hit and energy <= area:
        return AuditItem(
            "place",
            "not_shown",
            f"The map does not lie in {whose}: {told}.",
            RULE,
            SOURCE,
            figures,
            "it lies elsewhere",
        )
    sentence = f"The map lies partly in {whose}: {told}."
    return AuditItem("place", "cannot_tell", sentence, RULE, SOURCE, figures, "it lies partly there")


def _cells(asked: Asked) -> npt.NDArray[np.intp]:
    """Number of each pixel's native cell, counted row by row: a peak cannot be placed finer than its cell."""
    (rows, columns), (down, across) = asked.shape, asked.evidence.shape
    of_row, of_column = np.arange(rows) * down // rows, np.arange(columns) * across // columns
    return np.asarray(of_row[:, None] * across + of_column[None, :])


def _around(touched: npt.NDArray[np.intp], shape: tuple[int, int]) -> npt.NDArray[np.intp]:
    """Numbers of cells, and of those that touch them."""
    from scipy.ndimage import binary_dilation

    cells = np.zeros(shape, bool)
    cells.flat[touched] = True
    return np.flatnonzero(binary_dilation(cells, np.ones((3, 3), bool)))


def _chance(one: float, other: float) -> float:
    """Intersection over union of two areas, as shares of the image, that lie independently of each other."""
    both = one * other
    return both / (one + other - both)
