"""Streaked speckle as in an ultrasound, with a dark lesion off the centre."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Grey = NDArray[np.float32]


def speckle(seed: int = 0, shape: tuple[int, int] = (256, 240)) -> Grey:
    rng = np.random.default_rng(seed)
    waves = ndimage.gaussian_filter(rng.standard_normal(shape), (1.2, 3.5))
    image = 0.38 + 0.09 * waves / waves.std()
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    image[((rows - 150) / 30) ** 2 + ((columns - 80) / 45) ** 2 < 1] *= 0.35
    return np.clip(image, 0, 1).astype(np.float32)


def soft(image: Grey) -> Grey:
    """Blurred as by a resize."""
    return np.asarray(ndimage.gaussian_filter(image, 0.5), np.float32)


def cross(ink: Grey, row: int, column: int, arm: int = 3) -> None:
    ink[row - arm : row + arm + 1, column] = 1
    ink[row, column - arm : column + arm + 1] = 1


def callipers(start: tuple[int, int], end: tuple[int, int], *, dotted: bool, shape: tuple[int, int]) -> Grey:
    """Cover of two crosses and, where ``dotted``, the line between them."""
    ink = np.zeros(shape, np.float32)
    cross(ink, *start)
    cross(ink, *end)
    if dotted:
        many = int(np.hypot(end[0] - start[0], end[1] - start[1]) / 2.6)
        for share in np.linspace(0, 1, many):
            ink[round(start[0] + share * (end[0] - start[0])), round(start[1] + share * (end[1] - start[1]))] = 1
    return ink


def drawn(image: Grey, ink: Grey, brightness: float = 0.95) -> Grey:
    cover = np.clip(soft(ink) * 1.3, 0, 1)
    return np.asarray(image + (brightness - image) * cover, np.float32)
