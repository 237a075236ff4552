"""Thin bright strokes and crosses in a grey image: what burnt-in marks are made of.

Marks are drawn one or two pixels wide, upright or level, with ends and of one brightness. Tissue in
ultrasound is streaked across the beam, so that short upright strokes are rare in it.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["crosses", "level", "peaks", "thin_parts", "upright", "upright_runs", "widened"]

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]


class _Shifted:
    """An image and its neighbours: ``image(rows, columns)`` is the pixel that far down and right."""

    def __init__(self, image: Grey, reach: int = 4) -> None:
        self._wide, self._reach = np.pad(image, reach, mode="edge"), reach
        self._rows, self._columns = image.shape

    def __call__(self, down: int, right: int) -> Grey:
        top, left = self._reach + down, self._reach + right
        return self._wide[top : top + self._rows, left : left + self._columns]


def _least(*images: Grey) -> Grey:
    found = images[0]
    for image in images[1:]:
        found = np.minimum(found, image)
    return found


def upright(image: Grey) -> Grey:
    """By how much each pixel is brighter than both neighbours two (or two and three) columns away.

    Args:
        image: Shape ``(rows, columns)``, 0 to 1.

    Returns:
        Same shape; above zero on upright strokes of up to four pixels' width.

    Examples:
        >>> image = np.zeros((1, 7), np.float32)
        >>> image[:, 3] = 0.5
        >>> upright(image)[0].round(1).tolist()
        [0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0]
    """
    near = _Shifted(image)
    left, right = near(0, -2), near(0, 2)
    aside = np.minimum(np.maximum(left, near(0, 3)), np.maximum(near(0, -3), right))
    return np.asarray(image - np.minimum(np.maximum(left, right), aside))


def level(image: Grey) -> Grey:
    """:func:`upright` for level strokes, against the rows above and below."""
    return upright(np.ascontiguousarray(image.T)).T


def crosses(image: Grey, up: Grey, across: Grey) -> Grey:
    """How much each pixel looks like the centre of a small upright cross, a calliper.

    The weakest of the four arms, one and two pixels from the centre, counts; so does the brightest of the four
    corners between them.

    Args:
        image: Shape ``(rows, columns)``, 0 to 1.
        up: Its :func:`upright`.
        across: Its :func:`level`.

    Returns:
        Contrast of the weakest arm, same shape.
    """
    pixel, v, h = _Shifted(image), _Shifted(up), _Shifted(across)
    arms = _least(v(-1, 0), v(-2, 0), v(1, 0), v(2, 0), h(0, -1), h(0, -2), h(0, 1), h(0, 2))
    corner = np.maximum(np.maximum(pixel(-2, -2), pixel(-2, 2)), np.maximum(pixel(2, -2), pixel(2, 2)))
    return _least(arms, _least(pixel(-2, 0), pixel(2, 0), pixel(0, -2), pixel(0, 2), image) - corner)


def upright_runs(up: Grey, length: int) -> Grey:
    """The weakest of ``length`` (up to 7) pixels down a column, centred: an upright stroke that long."""
    near = _Shifted(up)
    return _least(*(near(step - (length - 1) // 2, 0) for step in range(length)))


def thin_parts(image: Grey) -> Grey:
    """By how much each pixel rises above the opening with a square of 5 pixels: bright parts thinner than that."""
    pixel = _Shifted(image, 2)
    eroded = _least(*(pixel(down, 0) for down in range(-2, 3)))
    pixel = _Shifted(eroded, 2)
    eroded = _least(*(pixel(0, right) for right in range(-2, 3)))
    pixel = _Shifted(-eroded, 2)
    opened = _least(*(pixel(down, 0) for down in range(-2, 3)))
    pixel = _Shifted(opened, 2)
    return image + _least(*(pixel(0, right) for right in range(-2, 3)))


def widened(mask: Mask, tall: int, wide: int) -> Mask:
    """A mask widened by ``tall`` rows up and down and ``wide`` columns to both sides."""
    found = mask.copy()
    for step in range(1, tall + 1):
        found[step:] |= mask[:-step]
        found[:-step] |= mask[step:]
    upright_part = found.copy()
    for step in range(1, wide + 1):
        found[:, step:] |= upright_part[:, :-step]
        found[:, :-step] |= upright_part[:, step:]
    return found


def peaks(values: Grey, least: float, *, apart: int = 4, most: int = 12) -> list[tuple[int, int]]:
    """Places of the highest values, strongest first.

    Args:
        values: Shape ``(rows, columns)``.
        least: Lower ones do not count.
        apart: Rows and columns around a peak that hold no other.
        most: How many at the most.

    Returns:
        ``(row, column)`` of each.
    """
    rows, columns = np.nonzero(values > least)
    order = np.argsort(-values[rows, columns], kind="stable")
    found: list[tuple[int, int]] = []
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if all(abs(row - r) > apart or abs(column - c) > apart for r, c in found):
            found.append((row, column))
            if len(found) == most:
                break
    return found
