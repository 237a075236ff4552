"""Values of interest: from modality values to the grey that is shown (DICOM PS3.3 C.11.2)."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError

__all__ = [
    "EIGHT_BIT",
    "PRESETS",
    "VOI_FUNCTIONS",
    "Lut",
    "Preset",
    "Window",
    "apply_lut",
    "apply_window",
    "auto_window",
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


@dataclass(frozen=True)
class Preset:
    """A window for a tissue, with where its figures come from; viewers disagree, so each row is cited."""

    key: str
    modality: str
    window: Window
    source: str


PRESETS = (
    Preset("soft", "CT", Window(40, 400, name="Soft tissue"), "OHIF Viewers, default window presets"),
    Preset("lung", "CT", Window(-600, 1500, name="Lung"), "OHIF Viewers, default window presets"),
    Preset("bone", "CT", Window(480, 2500, name="Bone"), "OHIF Viewers, default window presets"),
    Preset("brain", "CT", Window(40, 80, name="Brain"), "OHIF Viewers; Radiopaedia, Windowing (CT)"),
    Preset("liver", "CT", Window(90, 150, name="Liver"), "OHIF Viewers, default window presets"),
    Preset("mediastinum", "CT", Window(80, 400, name="Mediastinum"), "Weasis, default presets"),
)


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
