"""Windows and VOI LUTs of a file, and the unit its values are in."""

from typing import Any

import numpy as np

from medimg_core.errors import IncompatibleInputError
from medimg_core.io.elements import display_text, integer, items, number, numbers, text, texts
from medimg_core.io.planes import frame_macros
from medimg_core.io.rescale import lookup_table
from medimg_core.study import AnyArray
from medimg_core.voi import VOI_FUNCTIONS, Lut, Window

__all__ = ["AIR", "unit_of", "voi_of"]

AIR = (-1100.0, -850.0)
"""Where air must lie for values to be called HU. Air is -1000 HU by definition; the ACR CT phantom's
air must read -1005 to -970 (ACR CT Accreditation Program, Phantom Test Instructions). The bounds are
widened for noise below and for lung and partial volume above."""
_LOW_SHARE = 0.5  # percentile taken as the low end of the values
_SAMPLE = 250_000


def voi_of(header: Any, frame: int = 0) -> tuple[Window | Lut, ...]:
    """Windows and LUTs of a file in the order of PS3.3 C.11.2: LUTs first, then windows.

    Windows that break their rule (a width below 1) are left out.

    Args:
        header: The data set.
        frame: Frame of an enhanced multi-frame file, from 0: each may have a window of its own.
    """
    # values are signed where the pixels are, or where the intercept makes them so (PS3.3 C.11.2.1.1)
    signed = integer(header, "PixelRepresentation") == 1 or (number(header, "RescaleIntercept") or 0) < 0
    luts = [_lut(entry, signed=signed) for entry in items(header, "VOILUTSequence")]
    windows = _windows(header)
    if not windows and (holder := frame_macros(header, (frame,), "FrameVOILUTSequence")[0]) is not None:
        windows = _windows(holder)
    return (*(lut for lut in luts if lut is not None), *windows)


def _windows(holder: Any) -> list[Window]:
    centres, widths = numbers(holder, "WindowCenter"), numbers(holder, "WindowWidth")
    names = texts(holder, "WindowCenterWidthExplanation")
    function = text(holder, "VOILUTFunction").upper()
    if function not in VOI_FUNCTIONS:
        function = "LINEAR"
    result = []
    for index, (centre, width) in enumerate(zip(centres, widths, strict=False)):
        try:
            result.append(Window(centre, width, function, names[index] if index < len(names) else ""))
        except IncompatibleInputError:
            continue
    return result


def _lut(entry: Any, *, signed: bool) -> Lut | None:
    table = lookup_table(entry)
    if table is None:
        return None
    first, data, bits = table
    if signed and first >= 32768:
        first -= 65536
    top = max((1 << bits) - 1, int(data.max()))
    entries = (data / top).astype(np.float32)
    entries.setflags(write=False)
    return Lut(first, entries, display_text(entry, "LUTExplanation"))


def unit_of(header: Any, values: AnyArray, kind: str, padding: float | None) -> tuple[str, tuple[str, ...]]:
    """Unit of modality values, with a warning where the tags promise more than the values keep.

    CT is in HU when nothing else is stated (PS3.3 C.8.2.1.1.2) and its lowest values lie where air
    does; PET is in Bq/mL when Units says BQML.

    Args:
        header: Data set of one slice.
        values: Modality values, any shape.
        kind: ``"image"``, ``"derived"``, ``"localiser"`` or ``"dose_sheet"``.
        padding: PixelPaddingValue in modality values, or None.
    """
    modality = text(header, "Modality").upper()
    if modality == "PT":
        if text(header, "Units").upper() == "BQML":
            return "Bq/mL", ()
        return "unknown", ("the PET values are not in Bq/mL (Units is not BQML): no uptake can be measured",)
    if modality != "CT" or kind in ("localiser", "dose_sheet"):
        return "unknown", ()
    (transformation,) = frame_macros(header, (0,), "PixelValueTransformationSequence")
    rescale_type = text(header if transformation is None else transformation, "RescaleType").upper()
    if rescale_type not in ("", "HU"):
        return "unknown", ("the CT values are not in HU (RescaleType says otherwise): no HU is shown",)
    low = _low_end(values, padding)
    if low is None or not AIR[0] <= low <= AIR[1]:
        found = "there are no values" if low is None else f"the lowest values are near {low:.0f}"
        return "unknown", (f"no air near -1000 HU in this CT ({found}): the unit cannot be trusted, no HU is shown",)
    return "HU", ()


def _low_end(values: AnyArray, padding: float | None) -> float | None:
    """Low percentile of a sample, without padding, declared or not."""
    flat = values.reshape(-1)
    if flat.size > _SAMPLE:
        flat = flat[:: flat.size // _SAMPLE]
    if padding is not None:
        flat = flat[flat != padding]
    if flat.size == 0:
        return None
    lowest = flat.min()
    if lowest < AIR[0]:
        # scanners fill the corners outside the field of view with one value (-2000, -3024): undeclared padding
        constant = flat == lowest
        if constant.mean() >= 0.01:
            flat = flat[~constant]
    return float(np.percentile(flat, _LOW_SHARE)) if flat.size else None
