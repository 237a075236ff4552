"""Random changes of an image and its mask, by what made the image."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from medimg_core import perturb
from medimg_core.training.labels import unknown

Picture = NDArray[np.float32]
"""Shape ``(rows, columns)``, or with three colours or all slices of a volume last; 0 to 1."""

BLUR, NOISE = 0.3, 0.003
"""Least sigma of a blur, in pixels, and least standard deviation of noise, where there is any."""


@dataclass(frozen=True)
class Changes:
    """How far random changes go; each is drawn evenly between its ends.

    Attributes:
        angle: Largest rotation, degrees.
        zoom: Smallest and largest zoom.
        aspect: Largest factor between height and width.
        shift: Largest shift, share of the side.
        shear: Largest tangent of the shear angle.
        mirror: Whether left and right may be swapped.
        gamma: Largest logarithm of the exponent.
        gain: Largest departure of the contrast from 1.
        offset: Largest departure of the brightness from 0.
        shade: Largest unevenness.
        blur: Largest sigma, pixels.
        noise: Largest standard deviation.
        jpeg: Lowest quality; 100 for none.
        rate: Chance of each change of grey values.
    """

    angle: float
    zoom: tuple[float, float]
    aspect: float
    shift: float
    shear: float
    mirror: bool
    gamma: float
    gain: float
    offset: float
    shade: float
    blur: float
    noise: float
    jpeg: int
    rate: float = 0.4

    def scaled(self, strength: float) -> "Changes":
        """The same changes, each going ``strength`` times as far."""
        names = ("angle", "shift", "shear", "gamma", "gain", "offset", "shade")
        return dataclasses.replace(
            self,
            **{name: getattr(self, name) * strength for name in names},
            zoom=(self.zoom[0] ** strength, self.zoom[1] ** strength),
            aspect=self.aspect**strength,
            mirror=self.mirror and strength > 0,
            blur=max(BLUR, self.blur * strength),
            noise=max(NOISE, self.noise * strength),
            jpeg=max(10, round(100 - strength * (100 - self.jpeg))),
            rate=self.rate * min(1.0, strength),
        )


MODALITIES: Mapping[str, Changes] = MappingProxyType(
    {
        # Left and right of a chest or an abdomen are not alike, so those are never mirrored.
        "radiograph": Changes(14, (0.75, 1.35), 1.25, 0.1, 0.1, False, 0.55, 0.3, 0.15, 0.3, 1.5, 0.05, 25),
        "mr": Changes(15, (0.8, 1.25), 1.1, 0.08, 0.06, True, 0.35, 0.2, 0.08, 0.25, 1.0, 0.04, 100),
        "ct": Changes(12, (0.75, 1.3), 1.1, 0.1, 0.06, False, 0.15, 0.12, 0.06, 0.0, 1.2, 0.06, 40),
        "ultrasound": Changes(12, (0.75, 1.4), 1.3, 0.12, 0.08, True, 0.4, 0.25, 0.12, 0.25, 1.2, 0.06, 40),
        "endoscopy": Changes(180, (0.75, 1.4), 1.2, 0.12, 0.1, True, 0.35, 0.25, 0.12, 0.2, 1.2, 0.04, 40),
        "pet": Changes(15, (0.8, 1.25), 1.1, 0.08, 0.05, True, 0.0, 0.3, 0.0, 0.0, 1.0, 0.03, 100),
    }
)
"""Changes of each modality, by name."""


def each(image: Picture, change: Callable[[perturb.Grey], perturb.Grey]) -> Picture:
    """A change of grey images on every colour, or every slice, alike."""
    if image.ndim == 2:
        return change(image)
    return np.stack([change(np.ascontiguousarray(image[..., k])) for k in range(image.shape[2])], axis=-1)


def geometry(shape: tuple[int, int], limits: Changes, rng: np.random.Generator) -> NDArray[np.float64]:
    """A random matrix for :func:`medimg_core.perturb.warp`."""
    zoom = float(np.exp(rng.uniform(np.log(limits.zoom[0]), np.log(limits.zoom[1]))))
    aspect = float(np.exp(rng.uniform(-0.5, 0.5) * np.log(limits.aspect)))
    matrix = perturb.affine(
        shape,
        angle=float(rng.uniform(-limits.angle, limits.angle)),
        zoom=(zoom * aspect, zoom / aspect),
        shift=(float(rng.uniform(-limits.shift, limits.shift)), float(rng.uniform(-limits.shift, limits.shift))),
        shear=float(rng.uniform(-limits.shear, limits.shear)),
    )
    if limits.mirror and rng.random() < 0.5:
        matrix = matrix @ np.array([[1.0, 0, 0], [0, -1.0, shape[1] - 1], [0, 0, 1]])
    return matrix


def move(
    image: Picture, mask: NDArray[np.uint8], matrix: NDArray[np.float64], fill: float = 0.0
) -> tuple[Picture, NDArray[np.uint8]]:
    """Image and label map through the same map; outside the image there is background."""
    moved = each(image, lambda grey: perturb.warp(grey, matrix, fill))
    if unknown(mask):
        return moved, mask
    result = np.zeros_like(mask)
    for value in range(1, int(mask.max()) + 1):
        result[each((mask == value).astype(np.float32), lambda part: perturb.warp(part, matrix)) > 0.5] = value
    return moved, result


def along_slices(
    image: Picture, mask: NDArray[np.uint8], limits: Changes, rng: np.random.Generator
) -> tuple[Picture, NDArray[np.uint8]]:
    """A volume and its label map stretched and moved along its slices; beyond its ends the last slice goes on.

    Args:
        image: Shape ``(rows, columns, slices)``.
        mask: Label map of the same shape.
        limits: Zoom and shift are those in the plane, their square root and half of it: slices are few.
        rng: Random generator.
    """
    count = image.shape[2]
    zoom = float(np.exp(0.5 * rng.uniform(np.log(limits.zoom[0]), np.log(limits.zoom[1]))))
    shift = 0.5 * count * float(rng.uniform(-limits.shift, limits.shift))
    middle = (count - 1) / 2
    places = np.clip((np.arange(count) - middle) / zoom + middle + shift, 0, count - 1)
    low = np.minimum(np.floor(places).astype(int), count - 2)
    share = (places - low).astype(np.float32)
    moved = image[..., low] * (1 - share) + image[..., low + 1] * share
    return np.asarray(moved, dtype=np.float32), np.ascontiguousarray(mask[..., np.rint(places).astype(int)])


def greys(image: Picture, limits: Changes, rng: np.random.Generator) -> Picture:
    """Random exposure, contrast, unevenness, blur or loss of resolution, noise and compression."""

    def drawn() -> bool:
        return bool(rng.random() < limits.rate)

    if limits.gamma and drawn():
        exponent = float(np.exp(rng.uniform(-limits.gamma, limits.gamma)))
        image = each(image, lambda grey: perturb.gamma(grey, exponent))
    if drawn():
        gain = 1 + float(rng.uniform(-limits.gain, limits.gain))
        offset = float(rng.uniform(-limits.offset, limits.offset))
        image = each(image, lambda grey: perturb.expose(grey, gain, offset))
    if limits.shade and drawn():
        seed = int(rng.integers(2**31))
        image = each(image, lambda grey: perturb.shade(grey, np.random.default_rng(seed), limits.shade))
    if drawn():
        if rng.random() < 0.5:
            sigma = float(rng.uniform(BLUR, limits.blur))
            image = each(image, lambda grey: perturb.blur(grey, sigma))
        else:
            factor = float(rng.uniform(1.1, 2.2))
            image = each(image, lambda grey: perturb.coarsen(grey, factor))
    if drawn():
        sd = float(rng.uniform(NOISE, limits.noise))
        image = each(image, lambda grey: perturb.add_noise(grey, rng, sd))
    if limits.jpeg < 100 and drawn():
        quality = int(rng.integers(limits.jpeg, 90))
        image = each(image, lambda grey: perturb.jpeg(grey, quality))
    return image


def augment(
    image: Picture, mask: NDArray[np.uint8], modality: str, rng: np.random.Generator, strength: float = 1.0
) -> tuple[Picture, NDArray[np.uint8]]:
    """One random variant of an image and its label map.

    Args:
        image: 0 to 1; a picture, or a volume with its slices last.
        mask: Label map of the same rows and columns, and slices; all unknown where nobody drew one.
        modality: One of :data:`MODALITIES`.
        rng: Random generator.
        strength: How far the changes go, as a share of what the modality allows.
    """
    limits = MODALITIES[modality].scaled(strength)
    fill = 0.0 if rng.random() < 0.7 else float(rng.uniform(0, 0.6))
    if modality in ("ct", "mr", "pet"):
        fill = 0.0
    matrix = geometry((image.shape[0], image.shape[1]), limits, rng)
    moved, region = move(image, mask, matrix, fill)
    if mask.ndim == 3:
        moved, region = along_slices(moved, region, limits, rng)
    return greys(moved, limits, rng), region
