"""A region without a pointer: a box whose place and size are given by numbers."""

import weakref
from collections.abc import MutableMapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import streamlit as st

from medimg_core.results import Measurement
from medimg_core.study import Volume
from pages._ui.explaining.kept import change, explained
from pages._ui.explaining.pictures import beside_volume, image_alone
from pages._ui.explaining.regions import mask_of_region
from pages._ui.language import _
from pages._ui.state import Case
from pages._ui.view import tag_of
from pages._ui.viewer import Beside, Label, MaskOverlay

__all__ = ["BOX", "COLOUR", "box_beside", "box_numbers", "box_of"]

BOX = "box"
"""In the place of a region's id, and the setting that holds its numbers with the series that they are of."""
COLOUR = (255, 215, 94)
SHARE = 4
"""A box that nobody changed is one part in so many of the image's height and width, in its middle."""

Place = tuple[int, int, int, int]
"""First row and column, from 0; rows, columns."""


@dataclass(frozen=True, eq=False)
class _Boxed:
    """What the browser fetches of a box once, as long as that stays."""

    measurement: Measurement
    mask: npt.NDArray[np.uint8] = field(repr=False)


_boxed: MutableMapping[Volume, _Boxed] = weakref.WeakKeyDictionary()


def box_of(case: Case) -> Measurement:
    """The box on the image on show: as it was given for its series, else in its middle; never beyond its edges.

    Args:
        case: Its current series has voxels.
    """
    row, column, rows, columns = _place(case)
    at, frame = float(case.view.slice_index), case.view.frame
    corners = ((at, float(row), float(column)), (at, float(row + rows - 1), float(column + columns - 1)))
    return Measurement(BOX, "rectangle", corners, 0, frame, {}, "px", "")


def box_numbers(case: Case) -> None:
    """Four fields: where the box begins and how large it is, in pixels of the image."""
    volume = case.volume
    if volume is None:
        return
    row, column, rows, columns = _place(case)
    (height, width), series = volume.shape[1:], case.series_key
    fields = (
        (_("First row"), "row", row + 1, height),
        (_("First column"), "column", column + 1, width),
        (_("Rows"), "rows", rows, height),
        (_("Columns"), "columns", columns, width),
    )
    keys = [f"explain-box-{name}-{tag_of(series)}" for _label, name, *_rest in fields]

    def put() -> None:
        row, column, rows, columns = (int(st.session_state[key]) for key in keys)
        change(lambda now: now.with_setting(BOX, (series, (row - 1, column - 1, rows, columns))))

    for first in (0, 2):
        for place, side in enumerate(st.columns(2, gap="xsmall"), start=first):
            label, _name, value, most = fields[place]
            # written only where it differs: a field that is given its value at every run loses what is typed meanwhile
            if st.session_state.get(keys[place]) != value:
                st.session_state[keys[place]] = value
            side.number_input(label, 1, most, step=1, key=keys[place], on_change=put)
    st.caption(_("In pixels of the image, {rows} rows by {columns} columns.").format(rows=height, columns=width))


def box_beside(case: Case) -> Beside | None:
    """The image with the box on it."""
    volume = case.volume
    if volume is None:
        return None
    measurement, known = box_of(case), _boxed.get(volume)
    if known is None or known.measurement != measurement:
        mask = mask_of_region(case, measurement).astype(np.uint8)[None]
        known = _boxed[volume] = _Boxed(measurement, mask)
    label = Label(1, _("Region"), COLOUR)
    over = MaskOverlay("explain-box", label.name, known.mask, known, (label,), model=False)
    image = image_alone(volume, case.view.slice_index, case.view.frame)
    return beside_volume(case, image, _("THE BOX, NOTHING IS HIDDEN YET"), over=(over,))


def _place(case: Case) -> Place:
    volume = case.volume
    if volume is None:
        raise ValueError("a box needs a current series with voxels")
    height, width = volume.shape[1:]
    known = explained(case).settings.get(BOX)
    if known is None or known[0] != case.series_key:
        rows, columns = max(1, height // SHARE), max(1, width // SHARE)
        return (height - rows) // 2, (width - columns) // 2, rows, columns
    row, column, rows, columns = known[1]
    row, column = min(row, height - 1), min(column, width - 1)
    return row, column, min(rows, height - row), min(columns, width - column)
