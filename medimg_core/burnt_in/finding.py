"""Where burnt-in marks lie in an image."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from medimg_core.burnt_in.strokes import crosses, level, peaks, thin_parts, upright, upright_runs, widened
from medimg_core.errors import IncompatibleInputError

__all__ = ["find_marks", "grey01"]

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]
Place = tuple[int, int]

WORKING = 256
"""Longest side on which marks are looked for, in pixels: there, callipers and letters are about 7 pixels tall."""
CROSS, WEAK_CROSS = 0.07, 0.02
"""Contrast of a calliper that stands alone, and of one that a dotted line joins to another."""
STROKE, LONE_STROKE, TALL_STROKE = 0.12, 0.3, 0.5
"""Contrast of the upright strokes of a word, of a single letter, and of one above 10 pixels."""
BRIGHT, BRIGHT_WORD = 0.55, 0.45
"""Least brightness of a single letter and of a word."""
ALONE = 0.01
"""Share of the pixels around a letter below which it stands alone."""
CROWDED = 0.06
"""Share of the pixels around a letter that may be bright as well; twice that around a word."""
DARK_STROKE, OUTLINE = 0.06, 0.7
"""Contrast of the dark outline of a sign in a corner, and its brightness as a share of the corner's median."""
LINE = 40
"""How far the letters of a line are followed to both sides of a word, in pixels."""
MARK = 48
"""Largest height and width of a body mark, in pixels."""
DARK_GROUND = 0.2
"""Brightness below which the ground of a body mark lies."""
TICK = 0.2
"""Contrast of a ruler's ticks."""
GREEN = 0.2
"""By how much green must exceed red and blue in a mark of a colour image."""


def find_marks(image: NDArray[Any]) -> Mask:
    """Find text, callipers, dotted lines, scale ticks and signs that a machine drew into an image.

    Looked at by eye on 80 breast ultrasounds drawn at random (Al-Dhabyani et al., Data in Brief 2020, 28:104863,
    resized to 256 x 256): all 9 with callipers were found, 6 of them with every cross and line; of 7 with words, 6.
    Small false parts lay in 9 images, on bright edges of tissue. Faint body marks and grey writing were missed.
    In 712 chest radiographs 344 were marked, nearly all on side letters and writing; of the letters of 40 looked at,
    about half were missed, mostly small ones. In 167 head FLAIR slices, which have no marks, 11 were marked. In
    endoscopies reflections in a row are taken for words.

    Args:
        image: Shape ``(rows, columns)`` or ``(rows, columns, 3)``; unsigned 8-bit, or floating from 0 to 1.

    Returns:
        True on marks and the pixel around them, shape ``(rows, columns)``.

    Raises:
        IncompatibleInputError: The image has another shape or type.
    """
    grey = grey01(image)
    rows, columns = grey.shape
    factor = min(1.0, WORKING / max(rows, columns))
    small = _resized(grey, (max(1, round(rows * factor)), max(1, round(columns * factor))))
    up, across = upright(small), level(small)
    thin = thin_parts(small)
    found = _callipers(small, up, across, thin)
    found |= _letters(small, up, thin, found, lone=image.ndim == 2)
    found |= _signs(small)
    found |= _rulers(small, thin)
    found = widened(found, 1, 1)
    if found.shape != grey.shape:
        found = np.asarray(Image.fromarray(found).resize((columns, rows), Image.Resampling.NEAREST))
    if image.ndim == 3:
        found = found | _green(image)
    return found


def grey01(image: NDArray[Any]) -> Grey:
    """An image of one or three channels as grey values 0 to 1, shape ``(rows, columns)``.

    Raises:
        IncompatibleInputError: It has another shape, or is neither unsigned 8-bit nor floating.
    """
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3):
        raise IncompatibleInputError(f"an image must have one or three channels, got the shape {image.shape}")
    if image.dtype != np.uint8 and not np.issubdtype(image.dtype, np.floating):
        raise IncompatibleInputError(f"an image must be unsigned 8-bit or floating from 0 to 1, got {image.dtype}")
    values = image.astype(np.float32)
    if image.dtype == np.uint8:
        values /= 255
    if values.ndim == 3:
        values = values @ np.array([0.299, 0.587, 0.114], np.float32)  # luma, ITU-R BT.601
    return values


def _resized(image: Grey, shape: tuple[int, int]) -> Grey:
    if image.shape == shape:
        return image
    picture = Image.fromarray(np.ascontiguousarray(image)).resize(shape[::-1], Image.Resampling.BILINEAR)
    return np.asarray(picture, np.float32)


# --- callipers -----------------------------------------------------------------------------------


def _callipers(image: Grey, up: Grey, across: Grey, thin: Grey) -> Mask:
    """Crosses, the dotted lines between them and the figures beside them."""
    likeness = crosses(image, up, across)
    places = peaks(likeness, WEAK_CROSS)
    sure = [place for place in places if likeness[place] > CROSS]
    sure = [place for place in places if sure and likeness[place] > 0.6 * CROSS]
    found = np.zeros(image.shape, bool)
    if not sure:
        return found
    taken = set(sure)
    for place in sure:
        for other in places:
            if other != place and (other not in sure or other > place):
                line = _dotted(image, place, other)
                if line is not None:
                    found[line] = True
                    taken.add(other)
    for row, column in taken:
        bright = 0.7 * float(image[row, column])
        near = _window(image.shape, row, column, 13)
        ink = (thin[near] > 0.1) & (image[near] > bright)
        found[near] |= _glyphs(ink, tallest=12)
        arms = _window(image.shape, row, column, 5)
        found[arms] |= thin[arms] > 0.08
        found[_window(image.shape, row, column, 4, 1)] = True
        found[_window(image.shape, row, column, 1, 4)] = True
    return found


def _window(shape: tuple[int, ...], row: int, column: int, tall: int, wide: int | None = None) -> tuple[slice, slice]:
    wide = tall if wide is None else wide
    return slice(max(0, row - tall), row + tall + 1), slice(max(0, column - wide), column + wide + 1)


def _glyphs(ink: Mask, *, tallest: int) -> Mask:
    """Components that could be a figure: 4 to ``tallest`` rows, at least 5 pixels."""
    labels, count = ndimage.label(ink, structure=np.ones((3, 3)))
    keep = np.zeros(count + 1, bool)
    for index, box in enumerate(ndimage.find_objects(labels), start=1):
        tall, wide = box[0].stop - box[0].start, box[1].stop - box[1].start
        keep[index] = 4 <= tall <= tallest and wide <= 14 and int((labels[box] == index).sum()) >= 5
    return np.asarray(keep[labels])


def _dotted(image: Grey, start: Place, end: Place) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """Pixels of a line from one cross to another if it stands out all along, else None."""
    step = np.subtract(end, start, dtype=np.float64)
    length = float(np.hypot(*step))
    if not 16 <= length <= 0.75 * max(image.shape):
        return None
    step /= length
    along = np.arange(6, length - 6, 0.5)
    aside = np.array([-4.0, -3.0, -1.0, 0.0, 1.0, 3.0, 4.0])
    rows = start[0] + along * step[0] + aside[:, None] * step[1]
    columns = start[1] + along * step[1] - aside[:, None] * step[0]
    values = ndimage.map_coordinates(image, [rows, columns], order=1, mode="nearest")
    beside = np.maximum(values[:2].mean(0), values[5:].mean(0))
    dots = values[2:5].max(0) - beside
    # Each stretch of 5 pixels, a dot and a gap, must hold a dot.
    stretches = np.array([part.max() for part in np.array_split(dots, max(2, len(dots) // 10))])
    if np.mean(stretches > 0.06) < 0.8:
        return None
    line = np.round([rows[2:5].ravel(), columns[2:5].ravel()]).astype(np.intp)
    inside = (line >= 0).all(0) & (line[0] < image.shape[0]) & (line[1] < image.shape[1])
    return line[0][inside], line[1][inside]


# --- letters -------------------------------------------------------------------------------------


def _letters(image: Grey, up: Grey, thin: Grey, taken: Mask, *, lone: bool) -> Mask:
    """Words, and single letters where ``lone``: groups of upright strokes, in line, of one brightness."""
    runs = upright_runs(up, 4)
    seeds = (runs > STROKE) & ~widened(taken, 2, 2)
    groups, _ = ndimage.label(widened(seeds, 1, 6))
    found = np.zeros(image.shape, bool)
    for index, box in enumerate(ndimage.find_objects(groups), start=1):
        strokes = (groups[box] == index) & seeds[box]
        contrast = float(runs[box][strokes].max())
        frame, around = _grown(box, image.shape, 2, 0), _grown(box, image.shape, 5, 3)
        ring = thin[around].copy()
        ring[tuple(slice(f.start - a.start, f.stop - a.start) for f, a in zip(frame, around, strict=True))] = 0
        alone = float(np.mean(ring > 0.25 * contrast)) < ALONE
        many = _in_line(image[box], strokes, contrast, alone)
        if not many or (many < 3 and not lone):
            continue
        if float(np.mean(ring > 0.5 * contrast)) <= (CROWDED if many < 3 else 2 * CROWDED):
            found[frame] |= thin[frame] > 0.3 * contrast
            if many >= 3:
                line = _grown(frame, image.shape, 0, LINE)
                ink = (thin[line] > 0.3 * contrast) & (image[line] > 0.8 * float(image[box][strokes].max()))
                found[line] |= _glyphs(ink, tallest=12)
    return found | _joined(image, thin, found)


def _in_line(image: Grey, strokes: Mask, contrast: float, alone: bool) -> int:
    """How many strokes stand side by side, if they are a word's or a letter's, else 0."""
    many, tall = int(ndimage.label(strokes.any(0))[1]), int(strokes.any(1).sum()) + 3
    if many < 3 and contrast < (LONE_STROKE if tall <= 10 or alone else TALL_STROKE):
        return 0
    if tall > (24 if many < 3 else 14):
        return 0
    parts = ndimage.find_objects(ndimage.label(strokes, structure=np.ones((3, 3)))[0])
    bright = np.array([image[part].max() for part in parts])
    tops = [part[0].start for part in parts]
    alike = float(bright.std()) <= 0.15 * float(bright.mean()) and float(np.std(tops)) <= 2.5
    return many if alike and float(np.median(bright)) >= (BRIGHT if many < 3 else BRIGHT_WORD) else 0


def _joined(image: Grey, thin: Grey, found: Mask) -> Mask:
    """Lines on a dark ground that go on from what was found: the rest of a body mark."""
    if not found.any():
        return found
    labels, count = ndimage.label((thin > STROKE) & (image - thin < DARK_GROUND), structure=np.ones((3, 3)))
    touched = np.zeros(count + 1, bool)
    touched[labels[found]] = True
    touched[0] = False
    boxes = ndimage.find_objects(labels)
    for index in np.flatnonzero(touched).tolist():
        touched[index] = max(side.stop - side.start for side in boxes[index - 1]) <= MARK
    return np.asarray(touched[labels])


def _grown(box: tuple[slice, slice], shape: tuple[int, ...], tall: int, wide: int) -> tuple[slice, slice]:
    rows, columns = box
    return (
        slice(max(0, rows.start - tall), min(shape[0], rows.stop + tall)),
        slice(max(0, columns.start - wide), min(shape[1], columns.stop + wide)),
    )


# --- signs and rulers ----------------------------------------------------------------------------


def _signs(image: Grey) -> Mask:
    """Small signs with a dark outline in the upper corners, where the probe's orientation is shown."""
    found = np.zeros(image.shape, bool)
    tall, wide = min(18, image.shape[0]), min(24, image.shape[1] // 2)
    for columns in (slice(0, wide), slice(image.shape[1] - wide, image.shape[1])):
        dark = 1 - image[: tall + 4, columns]
        sides = upright_runs(upright(dark), 2)[:tall]
        floors = upright_runs(level(dark).T, 2).T[:tall]
        black = dark[:tall] > min(0.6, 1 - OUTLINE * float(np.median(image[:tall, columns])))
        left_right = (sides > DARK_STROKE) & black
        below = (floors > DARK_STROKE) & black & widened(left_right, 3, 5)
        if left_right.sum() < 2 or below.sum() < 2:
            continue
        strokes = widened(left_right, 2, 0) | below
        found[:tall, columns] |= ndimage.binary_closing(np.pad(strokes, 9, mode="edge"), np.ones((9, 9), bool))[
            9:-9, 9:-9
        ]
    return found


def _rulers(image: Grey, thin: Grey) -> Mask:
    """At least six ticks or dots at equal distances, in a row or a column near the border."""
    found = np.zeros(image.shape, bool)
    for turned, ink in ((found, thin), (found.T, thin.T)):
        margin = max(1, round(0.15 * ink.shape[1]))
        for columns in (range(margin), range(ink.shape[1] - margin, ink.shape[1])):
            for column in columns:
                line = ink[:, column]
                if float(line.max()) < TICK:
                    continue
                bright = line > max(TICK, 0.5 * float(line.max()))
                on = np.flatnonzero(np.diff(np.concatenate([[False], bright, [False]]).astype(np.int8)))
                starts, stops = on[::2], on[1::2]
                if len(starts) < 6 or np.max(stops - starts) > 3:
                    continue
                gaps = np.diff((starts + stops) / 2)
                if float(np.ptp(gaps)) <= 2 and float(gaps.mean()) >= 3:
                    turned[line > 0.5 * TICK, max(0, column - 2) : column + 3] = True
    return found


def _green(image: NDArray[Any]) -> Mask:
    """Green, as drawn; no tissue is."""
    values = image.astype(np.float32) / (255 if image.dtype == np.uint8 else 1)
    excess = values[..., 1] - np.maximum(values[..., 0], values[..., 2])
    return np.asarray(widened(excess > GREEN, 1, 1))
