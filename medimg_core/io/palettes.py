"""The well-known colour palettes of DICOM (PS3.6 table A-2, PS3.3 C.7.9), as pydicom carries them."""

from functools import cache

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError

__all__ = ["PALETTES", "palette"]

PALETTES = {
    "HOT_IRON": "1.2.840.10008.1.5.1",
    "PET": "1.2.840.10008.1.5.2",
    "HOT_METAL_BLUE": "1.2.840.10008.1.5.3",
    "PET_20_STEP": "1.2.840.10008.1.5.4",
}
"""Content Label of each palette for nuclear medicine, and its SOP Instance UID."""


@cache
def palette(name: str) -> npt.NDArray[np.uint8]:
    """Colours of a palette.

    Args:
        name: One of :data:`PALETTES`.

    Returns:
        Red, green and blue of 256 steps from low to high, ``uint8``, shape ``(256, 3)``, read-only; the same
        array at every call.

    Raises:
        IncompatibleInputError: No such palette.

    Examples:
        >>> palette("HOT_IRON")[[0, 128, 255]].tolist()
        [[0, 0, 0], [255, 0, 0], [255, 255, 255]]
    """
    if name not in PALETTES:
        raise IncompatibleInputError(f"a palette must be one of {', '.join(PALETTES)}, got another")
    from pydicom.pixels import apply_color_lut

    colours = np.array(apply_color_lut(np.arange(256, dtype=np.uint8), palette=PALETTES[name]), dtype=np.uint8)
    colours.setflags(write=False)
    return colours
