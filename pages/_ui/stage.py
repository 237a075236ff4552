"""One slice as it hangs in a reading room: the picture, what it is burnt into its edges, black around it.

Pure drawing: arrays in, a picture out, no Streamlit. Letters and lengths come from tags alone; where
there are none, none are drawn.
"""

import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

__all__ = ["Bar", "Marks", "compose", "fitted", "png", "resized"]

Grey = npt.NDArray[np.float32]
Rgb = npt.NDArray[np.uint8]
WHITE, QUIET, AMBER = (236, 240, 242), (178, 190, 197), (236, 176, 84)
_MARGIN = 14
_SCALE_STEPS_MM = (1, 2, 5, 10, 20, 50, 100)


@dataclass(frozen=True, eq=False)
class Bar:
    """A colour bar beside the picture.

    Attributes:
        colours: From top to zero, ``uint8``, shape ``(rows, columns, 3)``.
        top: Label at the upper end.
        mark: Label at the threshold.
        share: Where the threshold lies, 0 (bottom) to 1 (top).
        title: What the colours mean.
        low: Label at the lower end.
    """

    colours: Rgb
    top: str
    mark: str
    share: float
    title: str
    low: str = "0"


@dataclass(frozen=True)
class Marks:
    """What is written on the picture.

    Attributes:
        top_left: Patient tag.
        top_right: Study and series.
        bottom_left: Image number and window.
        bottom_centre: What the picture must not be used for.
        banner: SYNTHETIC, or empty.
        letters: For the left, right, top and bottom edge, or None without tags.
        mm_per_pixel: Millimetres a pixel of the stage stands for, or None: then no scale is drawn.
        scale_note: Added to the scale, e.g. ``"at the detector"``.
        bar: Colour bar of an overlay, or None.
    """

    top_left: tuple[str, ...] = ()
    top_right: tuple[str, ...] = ()
    bottom_left: tuple[str, ...] = ()
    bottom_centre: tuple[str, ...] = ()
    banner: str = ""
    letters: tuple[str, str, str, str] | None = None
    mm_per_pixel: float | None = None
    scale_note: str = ""
    bar: Bar | None = None


def fitted(shape: tuple[int, int], spacing: tuple[float, float] | None, size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of a picture at its largest inside a stage, with square millimetres.

    Args:
        shape: Rows and columns of the image.
        spacing: Millimetres between rows and between columns; square pixels where None.
        size: Width and height of the stage, pixels.

    Examples:
        >>> fitted((100, 100), (2.0, 1.0), (800, 400))
        (400, 200)
    """
    down, across = spacing or (1.0, 1.0)
    height, width = shape[0] * down, shape[1] * across
    scale = min(size[0] / width, size[1] / height)
    return max(1, round(height * scale)), max(1, round(width * scale))


def resized(values: Grey, shape: tuple[int, int], *, nearest: bool = False) -> Grey:
    """Resample grey or a map to rows and columns of the screen, half-pixel centred.

    Args:
        values: Shape ``(rows, columns)``.
        shape: Rows and columns wanted.
        nearest: Keep the grid visible instead of interpolating.
    """
    way = Image.Resampling.NEAREST if nearest else Image.Resampling.BILINEAR
    picture = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
    return np.asarray(picture.resize((shape[1], shape[0]), way), dtype=np.float32)


def compose(picture: Rgb, size: tuple[int, int], marks: Marks) -> Image.Image:
    """Hang a picture on a black stage and write its marks.

    Args:
        picture: ``uint8``, shape ``(rows, columns, 3)``, not larger than the stage.
        size: Width and height of the stage, pixels.
        marks: What is written on it.
    """
    stage = Image.new("RGB", size)
    left, top = (size[0] - picture.shape[1]) // 2, (size[1] - picture.shape[0]) // 2
    stage.paste(Image.fromarray(picture), (left, top))
    pen = ImageDraw.Draw(stage)
    frame = (left, top, left + picture.shape[1], top + picture.shape[0])
    _corners(pen, size, marks)
    if marks.letters is not None:
        _letters(pen, frame, marks)
    if marks.mm_per_pixel is not None:
        _scale(pen, size, marks.mm_per_pixel, marks.scale_note)
    if marks.bar is not None:
        _bar(stage, pen, marks.bar)
    return stage


def png(stage: Image.Image) -> bytes:
    """The stage as a file; lossless, quick rather than small."""
    buffer = io.BytesIO()
    stage.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


@lru_cache(maxsize=8)
def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    import matplotlib  # only for its font, which knows more scripts than Pillow's own

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, size)


def _unit(height: int) -> int:
    return max(11, round(height / 54))


def _write(
    pen: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    anchor: str,
    size: int,
    colour: tuple[int, int, int] = WHITE,
    *,
    bold: bool = False,
) -> None:
    # the dark outline keeps text legible over a white picture
    pen.text(at, text, colour, _font(size, bold), anchor, stroke_width=2, stroke_fill=(0, 0, 0))


def _corners(pen: ImageDraw.ImageDraw, size: tuple[int, int], marks: Marks) -> None:
    width, height = size
    unit = _unit(height)
    step = round(unit * 1.45)
    for row, text in enumerate(marks.top_left):
        _write(pen, (_MARGIN, _MARGIN + row * step), text, "la", unit, QUIET if row else WHITE, bold=row == 0)
    for row, text in enumerate(marks.top_right):
        _write(pen, (width - _MARGIN, _MARGIN + row * step), text, "ra", unit, QUIET if row else WHITE)
    for row, text in enumerate(reversed(marks.bottom_left)):
        _write(pen, (_MARGIN, height - _MARGIN - row * step), text, "ld", unit, WHITE)
    for row, text in enumerate(reversed(marks.bottom_centre)):
        _write(pen, (width / 2, height - _MARGIN - row * step), text, "md", unit, QUIET)
    if marks.banner:
        _write(pen, (width / 2, _MARGIN), marks.banner, "ma", unit, AMBER, bold=True)


def _letters(pen: ImageDraw.ImageDraw, frame: tuple[int, int, int, int], marks: Marks) -> None:
    if marks.letters is None:
        return
    left, top, right, bottom = frame
    middle, centre = (top + bottom) / 2, (left + right) / 2
    size = round(_unit(bottom - top) * 1.35)
    gap = size // 2
    places = (
        ((left + gap, middle), "lm"),
        ((right - gap, middle), "rm"),
        ((centre, top + 2.6 * size), "ma"),
        ((centre, bottom - 3.2 * size), "md"),
    )
    for letter, (at, anchor) in zip(marks.letters, places, strict=True):
        _write(pen, at, letter, anchor, size, bold=True)


def _scale(pen: ImageDraw.ImageDraw, size: tuple[int, int], mm_per_pixel: float, note: str) -> None:
    length = max((mm for mm in _SCALE_STEPS_MM if mm / mm_per_pixel <= size[0] * 0.2), default=None)
    if length is None:
        return
    right, y = size[0] - _MARGIN, size[1] - _MARGIN - 6
    start = right - length / mm_per_pixel
    for width, colour in ((5, (0, 0, 0)), (2, WHITE)):
        pen.line((start, y, right, y), colour, width)
        pen.line((start, y - 6, start, y + 6), colour, width)
        pen.line((right, y - 6, right, y + 6), colour, width)
    _write(pen, (right, y - 12), f"{length} mm {note}".strip(), "rd", _unit(size[1]))


def _bar(stage: Image.Image, pen: ImageDraw.ImageDraw, bar: Bar) -> None:
    width, height = stage.size
    unit = _unit(height)
    rows, columns = round(height * 0.25), round(unit * 0.9)
    # below the edge's letter: side markers lie in the upper half of a radiograph
    left, top = width - _MARGIN - columns, round(height * 0.6)
    colours = Image.fromarray(bar.colours).resize((columns, rows), Image.Resampling.NEAREST)
    stage.paste(colours, (left, top))
    pen.rectangle((left - 1, top - 1, left + columns, top + rows), outline=QUIET)
    mark = top + (1 - bar.share) * (rows - 1)
    _write(pen, (left + columns, top - 0.8 * unit), bar.title, "rd", unit)
    for y, text in ((top, bar.top), (mark, bar.mark), (top + rows, bar.low)):
        if text and (y == mark or abs(y - mark) > 1.2 * unit):
            _write(pen, (left - 8, y), text, "rm", round(unit * 0.9))
