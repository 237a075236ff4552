"""Letters and words burnt into pixels, and resizing; all by Pillow with the font it carries."""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

__all__ = ["GLYPHS", "glyph", "resize", "word"]

GLYPHS = {
    "L": ("10000", "10000", "10000", "10000", "10000", "10000", "11111"),
    "R": ("11110", "10001", "10001", "11110", "10100", "10010", "10001"),
    "A": ("01110", "10001", "10001", "11111", "10001", "10001", "10001"),
    "P": ("11110", "10001", "10001", "11110", "10000", "10000", "10000"),
    "S": ("01111", "10000", "10000", "01110", "00001", "00001", "11110"),
    "I": ("11111", "00100", "00100", "00100", "00100", "00100", "11111"),
    "H": ("10001", "10001", "10001", "11111", "10001", "10001", "10001"),
    "F": ("11111", "10000", "10000", "11110", "10000", "10000", "10000"),
}


def glyph(letter: str, zoom: int = 1) -> npt.NDArray[np.bool_]:
    """A letter of 7 rows by 5 columns, each pixel ``zoom`` times as large, as read by the viewer.

    Examples:
        >>> glyph("L").shape, glyph("L", 3).shape
        ((7, 5), (21, 15))
    """
    bits = np.array([[mark == "1" for mark in row] for row in GLYPHS[letter]])
    return np.kron(bits, np.ones((zoom, zoom), dtype=bool))


def word(text: str, height: int) -> npt.NDArray[np.float32]:
    """Coverage of a word, 0 to 1, cropped to its ink, shape ``(about height, width)``."""
    font = ImageFont.load_default(size=float(height) * 1.35)
    left, top, right, bottom = (int(value) for value in font.getbbox(text))
    image = Image.new("L", (right - left + 2, bottom - top + 2))
    ImageDraw.Draw(image).text((1 - left, 1 - top), text, font=font, fill=255)
    return np.asarray(np.asarray(image, dtype=np.float32) / np.float32(255), dtype=np.float32)


def resize(image: npt.NDArray[np.float32], shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Bicubic resize with half-pixel centres (the field of view stays the same)."""
    source = Image.fromarray(np.ascontiguousarray(image, dtype=np.float32))
    return np.array(source.resize((shape[1], shape[0]), Image.Resampling.BICUBIC), dtype=np.float32)
