"""Values of interest: from modality values to the grey that is shown (DICOM PS3.3 C.11.2)."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError

__all__ = [
    "EIGHT_BIT",
    "VOI_FUNCTIONS",
    "Lut",
    "Window",
    "apply_lut",
    "apply_window",
    "auto_window",
    "grey8",
]

VOI_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
_SAMPLE = 200_000


@dataclass(frozen=True)
class Window:
    """A display window.

    Attributes:
        centre: Middle, in the unit of the values.
        width: Extent, in the unit of the values.
        function: VOILUTFunction: ``"LINEAR"``, ``"LINEAR_EXACT"`` or ``"SIGMOID"``.
        name: Shown to the reader, e.g. ``"Lung"`` or WindowCenterWidthExplanation.
    """

    centre: float
    width: float
    function: str = "LINEAR"
    name: str = ""

    def __post_init__(self) -> None:
        if self.function not in VOI_FUNCTIONS:
            raise IncompatibleInputError(f"VOILUTFunction must be one of {', '.join(VOI_FUNCTIONS)}")
        least = 1.0 if self.function == "LINEAR" else 0.0
        strict = self.function != "LINEAR"
        if not np.isfinite(self.centre) or not np.isfinite(self.width):
            raise IncompatibleInputError("window centre and width must be finite")
        if self.width < least or (strict and self.width == 0):
            raise IncompatibleInputError(
                f"{self.function} window width must be {'above zero' if strict else 'at least 1'}, got {self.width:g}"
            )


EIGHT_BIT = Window(127.5, 255.0, "LINEAR_EXACT")
"""Eight-bit pictures without a window of their own were windowed by whoever made them: shown as stored."""


@dataclass(frozen=True, eq=False)
class Lut:
    """One item of a VOI LUT Sequence (PS3.3 C.11.2.1.1).

    Attributes:
        first: Modality value mapped to the first entry.
        entries: Grey from 0 (black) to 1 (white), ``float32``, shape ``(n,)``, read-only.
        name: LUTExplanation.
    """

    first: int
    entries: npt.NDArray[np.float32] = field(repr=False)
    name: str = ""


def apply_window(values: npt.ArrayLike, window: Window) -> npt.NDArray[np.float32]:
    """Map modality values to grey by a window, saturating outside it.

    The three functions of PS3.3 C.11.2.1.2 and C.11.2.1.3: LINEAR uses ``centre - 0.5`` and
    ``width - 1``, LINEAR_EXACT does not, SIGMOID is ``1 / (1 + exp(-4 (x - centre) / width))``.

    Args:
        values: Modality values in the unit of the window, any shape and real dtype.
        window: The window.

    Returns:
        New ``float32`` array of the same shape, 0 (black) to 1 (white). NaN stays NaN.

    Examples:
        A lung window (-600 HU, 1500 HU) over air, lung and bone:

        >>> hu = np.array([-1350.0, -600.0, 400.0])
        >>> apply_window(hu, Window(-600, 1500, "LINEAR_EXACT")).tolist()
        [0.0, 0.5, 1.0]
    """
    x = np.asarray(values, dtype=np.float32)
    if window.function == "SIGMOID":
        return np.asarray(1.0 / (1.0 + np.exp(np.clip(-4.0 * (x - window.centre) / window.width, -80, 80))), np.float32)
    centre, width = window.centre, window.width
    if window.function == "LINEAR":
        centre, width = centre - 0.5, width - 1.0
        if width == 0:  # PS3.3: a width of 1 is a step at centre - 0.5
            return np.where(np.isnan(x), x, (x > centre).astype(np.float32)).astype(np.float32)
    return np.asarray(np.clip((x - (centre - width / 2)) / width, 0.0, 1.0), dtype=np.float32)


def apply_lut(values: npt.ArrayLike, lut: Lut) -> npt.NDArray[np.float32]:
    """Map modality values to grey by a VOI LUT; values beyond its ends take the end's grey.

    Args:
        values: Modality values, any shape and real dtype; rounded to whole numbers.
        lut: The table.

    Returns:
        New ``float32`` array of the same shape, 0 to 1.
    """
    index = np.clip(np.rint(np.asarray(values)).astype(np.int64) - lut.first, 0, len(lut.entries) - 1)
    return np.asarray(lut.entries[index], dtype=np.float32)


def grey8(values: npt.ArrayLike, voi: Window | Lut, *, invert: bool = False) -> npt.NDArray[np.uint8]:
    """Map modality values to the very bytes that the viewer shows.

    The viewer does the same in JavaScript, where every number has double precision; so here too, in this
    order of operations, with ``c`` and ``w`` the window's centre and width::

        LINEAR        c = c - 0.5; w = w - 1; then as LINEAR_EXACT; for w == 0 a step: x > c ? 1 : 0
        LINEAR_EXACT  g = (x - (c - w / 2)) / w, clipped to 0..1
        SIGMOID       g = 1 / (1 + exp(-4 * (x - c) / w))
        LUT           g = entries[floor(x + 0.5) - first], the index clipped to the table
        inverted      g = 1 - g
        byte          floor(g * 255 + 0.5), clipped to 0..255; 0 where x is not a number

    Whole numbers, which are all that a LUT meets in practice, round to themselves; halves go up here and to
    the even number in :func:`apply_lut`. ``exp`` may differ in its last bit between two machines, which can
    move a SIGMOID's byte by one where ``g * 255`` lies at a half.

    Args:
        values: Modality values, any shape and real dtype.
        voi: Window or LUT.
        invert: Black for white.

    Returns:
        New ``uint8`` array of the same shape, 0 black, 255 white.

    Examples:
        >>> grey8([-160, 40, 239, float("nan")], Window(40, 400)).tolist()
        [0, 128, 255, 0]
        >>> grey8([-160, 40, 239], Window(40, 400), invert=True).tolist()
        [255, 127, 0]
    """
    x = np.asarray(values, dtype=np.float64)
    grey = np.asarray(_grey_of_table(x, voi) if isinstance(voi, Lut) else _grey_of_window(x, voi))
    if invert:
        grey = 1.0 - grey
    shade = np.clip(np.floor(grey * 255.0 + 0.5), 0.0, 255.0)
    return np.where(np.isnan(x), 0.0, shade).astype(np.uint8)


def _grey_of_window(x: npt.NDArray[np.float64], window: Window) -> npt.NDArray[np.float64]:
    c, w = float(window.centre), float(window.width)
    if window.function == "SIGMOID":
        with np.errstate(over="ignore"):  # exp of a large number is infinity, and the grey 0, in JavaScript too
            return np.asarray(1.0 / (1.0 + np.exp(-4.0 * (x - c) / w)))
    if window.function == "LINEAR":
        c, w = c - 0.5, w - 1.0
        if w == 0:  # PS3.3: a width of 1 is a step at centre - 0.5
            return (x > c).astype(np.float64)
    return np.asarray(np.nan_to_num(np.clip((x - (c - w / 2.0)) / w, 0.0, 1.0)))


def _grey_of_table(x: npt.NDArray[np.float64], lut: Lut) -> npt.NDArray[np.float64]:
    index = np.clip(np.nan_to_num(np.floor(x + 0.5)) - lut.first, 0, len(lut.entries) - 1)
    return np.asarray(lut.entries[index.astype(np.intp)], dtype=np.float64)


def auto_window(values: npt.ArrayLike, *, low: float = 1.0, high: float = 99.0, padding: float | None = None) -> Window:
    """Window that spans two percentiles of the finite values.

    Args:
        values: Modality values, any shape.
        low: Lower percentile, 0 to 100.
        high: Upper percentile, 0 to 100.
        padding: PixelPaddingValue in modality values, left out of the percentiles.

    Returns:
        A LINEAR_EXACT window; over constant or empty data, of width 1 around the value.

    Examples:
        >>> auto_window(np.arange(101)).width
        98.0
    """
    flat = np.asarray(values).ravel()
    if flat.size > _SAMPLE:
        flat = flat[:: flat.size // _SAMPLE]
    flat = flat[np.isfinite(flat)]
    if padding is not None:
        flat = flat[flat != padding]
    if flat.size == 0:
        return Window(0.5, 1.0, "LINEAR_EXACT", "Auto")
    bottom, top = (float(value) for value in np.percentile(flat, [low, high]))
    if top <= bottom:
        return Window(bottom, 1.0, "LINEAR_EXACT", "Auto")
    return Window((bottom + top) / 2, top - bottom, "LINEAR_EXACT", "Auto")
