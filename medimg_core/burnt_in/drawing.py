"""Draws marks as machines do, at random places: for trainings in which marks must tell nothing."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from medimg_core.errors import IncompatibleInputError

__all__ = ["random_marks"]

Grey = NDArray[np.float32]
Point = tuple[float, float]

FINE = 3
"""Marks are drawn this many times larger and reduced, which gives them the soft edges of a resized image."""
WORDS = ("RT", "LT", "RT AXILLA", "LT UOQ", "RT LIQ", "LEFT BREAST", "lt 3", "RT 11", "A-P", "R", "L")
"""What the words say; none is of any patient."""
KINDS = ("callipers", "callipers", "word", "sign", "ruler")
"""Kinds of mark, each as often as it stands here."""


def random_marks(image: Grey, rng: np.random.Generator, *, most: int = 3) -> Grey:
    """Draw one to ``most`` marks into an image: pairs of callipers, words, a corner's sign, a ruler.

    Args:
        image: Shape ``(rows, columns)``, 0 to 1.
        rng: Chooses what is drawn where.
        most: Largest number of marks; a pair of callipers with its line and figures is one.

    Returns:
        Same shape, 0 to 1; a copy.

    Raises:
        IncompatibleInputError: The image has another shape, or ``most`` is below one.

    Examples:
        >>> image = np.zeros((256, 256), np.float32)
        >>> bool(random_marks(image, np.random.default_rng(1)).max() > 0.5)
        True
    """
    if image.ndim != 2:
        raise IncompatibleInputError(f"an image must have the shape (rows, columns), got {image.shape}")
    if most < 1:
        raise IncompatibleInputError(f"the largest number of marks must be at least one, got {most}")
    sheet = _Sheet((image.shape[0], image.shape[1]))
    for _ in range(int(rng.integers(1, most + 1))):
        getattr(sheet, str(rng.choice(KINDS)))(rng)
    dark, bright = sheet.covers()
    brightness = np.float32(rng.uniform(0.75, 1.0))
    marked = image * (1 - dark)
    return np.asarray(marked + (brightness - marked) * bright, np.float32)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


class _Sheet:
    """Two transparent sheets over an image, one for dark outlines and one for bright strokes."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.rows, self.columns = shape
        size = (FINE * self.columns, FINE * self.rows)
        self._dark, self._bright = Image.new("L", size), Image.new("L", size)
        self._on_dark, self._on_bright = ImageDraw.Draw(self._dark), ImageDraw.Draw(self._bright)
        self._unit = max(self.rows, self.columns) / 256  # marks are of one size on the screen

    def covers(self) -> tuple[Grey, Grey]:
        """How much of each pixel is dark and how much is bright."""
        dark, bright = self._dark.reduce(FINE), self._bright.reduce(FINE)
        return np.asarray(dark, np.float32) / np.float32(255), np.asarray(bright, np.float32) / np.float32(255)

    def callipers(self, rng: np.random.Generator) -> None:
        """Two crosses, mostly with a dotted line between them and a figure, and often a second pair across."""
        centre = rng.uniform(0.15, 0.85, 2) * (self.rows, self.columns)
        half, angle = rng.uniform(0.04, 0.2) * self.rows, rng.uniform(0, np.pi)
        dotted, named = rng.random() < 0.75, rng.random() < 0.7
        for figure in range(1 + int(rng.random() < 0.7)):
            step = half * np.array([np.sin(angle), np.cos(angle)])
            ends = [(float(r), float(c)) for r, c in (centre - step, centre + step)]
            for end in ends:
                self._cross(end, float(rng.uniform(2.8, 4.2)) * self._unit)
            if dotted:
                self._dots(ends[0], ends[1], float(rng.uniform(2.2, 3.6)) * self._unit)
            if named:
                beside = ends[figure % 2]
                self._text((beside[0] - 11 * self._unit, beside[1] + 2 * self._unit), str(figure + 1), 8.0)
            angle, half = angle + np.pi / 2 + rng.normal(0, 0.1), half * rng.uniform(0.5, 1)

    def word(self, rng: np.random.Generator) -> None:
        """A word anywhere."""
        place = (float(rng.uniform(0, 0.95)) * self.rows, float(rng.uniform(-0.05, 0.8)) * self.columns)
        self._text(place, str(rng.choice(WORDS)), float(rng.uniform(7.5, 11)))

    def sign(self, rng: np.random.Generator) -> None:
        """The orientation sign with its dark outline in an upper corner, often cut."""
        left = float(rng.uniform(-4, 6)) * self._unit
        if rng.random() < 0.2:
            left = self.columns - left - 6 * self._unit
        self._text((float(rng.uniform(-6, 1)) * self._unit, left), str(rng.choice(["O", "Q", "Q"])), 8.0, outlined=True)

    def ruler(self, rng: np.random.Generator) -> None:
        """Ticks at equal distances along a side."""
        gap, wide = float(rng.uniform(6, 20)) * self._unit, float(rng.uniform(1, 4)) * self._unit
        column = float(rng.choice([0.02, 0.96])) * self.columns
        for row in np.arange(rng.uniform(0, gap), self.rows, gap).tolist():
            self._line((row, column), (row, column + wide))

    def _line(self, start: Point, end: Point) -> None:
        points = [(FINE * column, FINE * row) for row, column in (start, end)]
        self._on_bright.line(points, fill=255, width=max(1, round(1.2 * FINE * self._unit)))

    def _cross(self, centre: Point, arm: float) -> None:
        row, column = centre
        self._line((row - arm, column), (row + arm, column))
        self._line((row, column - arm), (row, column + arm))

    def _dots(self, start: Point, end: Point, gap: float) -> None:
        many = max(2, round(float(np.hypot(end[0] - start[0], end[1] - start[1])) / gap))
        radius = 0.55 * FINE * self._unit
        for share in np.linspace(0, 1, many).tolist():
            row, column = (FINE * (a + (b - a) * share) for a, b in zip(start, end, strict=True))
            self._on_bright.ellipse((column - radius, row - radius, column + radius, row + radius), fill=255)

    def _text(self, place: Point, words: str, size: float, *, outlined: bool = False) -> None:
        font, where = _font(max(6, round(FINE * size * self._unit))), (FINE * place[1], FINE * place[0])
        if outlined:
            self._on_dark.text(where, words, fill=255, font=font, stroke_width=max(1, round(1.5 * FINE * self._unit)))
        self._on_bright.text(where, words, fill=255, font=font)
