"""Corruptions and region filling on grey images: for training, robustness, probes of a model.

Images are float32 arrays of shape ``(rows, columns)`` with values 0 to 1; masks are float arrays of the
same shape, 1 inside. Nothing is changed in place. What is random takes a ``numpy`` generator, so a seed
gives the same result.
"""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from medimg_core.errors import IncompatibleInputError, NotApplicableError

Grey = NDArray[np.float32]

FILLS = ("mean", "smooth", "blur", "noise", "black", "white")
"""Ways of :func:`fill`."""


def _same(image: Grey, other: Grey, what: str) -> None:
    if image.shape != other.shape or image.ndim != 2:
        raise IncompatibleInputError(f"{what} must have the image's shape {image.shape}, got {other.shape}")


def _resample(image: Grey, shape: tuple[int, int]) -> Grey:
    picture = Image.fromarray(np.ascontiguousarray(image, dtype=np.float32))
    return np.asarray(picture.resize((shape[1], shape[0]), Image.Resampling.BILINEAR), dtype=np.float32)


# --- geometry ----------------------------------------------------------------------------------


def warp(image: Grey, matrix: NDArray[np.floating], fill: float = 0.0) -> Grey:
    """Resample an image through an affine map, bilinear; outside the image is ``fill``.

    Args:
        image: Shape ``(rows, columns)``.
        matrix: Shape ``(2, 3)``: from an output point ``(row, column, 1)`` to the point of ``image``,
            in pixels, 0 at the centre of the first pixel.
        fill: Value outside the image.
    """
    (rr, rc, r0), (cr, cc, c0) = np.asarray(matrix, float)
    # Pillow maps pixel edges, column first: shift both grids by half a pixel.
    data = (cc, cr, c0 + 0.5 - 0.5 * (cc + cr), rc, rr, r0 + 0.5 - 0.5 * (rc + rr))
    picture = Image.fromarray(np.ascontiguousarray(image, dtype=np.float32))
    size = (image.shape[1], image.shape[0])
    moved = picture.transform(size, Image.Transform.AFFINE, data, resample=Image.Resampling.BILINEAR, fillcolor=fill)
    return np.asarray(moved, dtype=np.float32)


def affine(
    shape: tuple[int, int],
    *,
    angle: float = 0.0,
    zoom: tuple[float, float] = (1.0, 1.0),
    shift: tuple[float, float] = (0.0, 0.0),
    shear: float = 0.0,
) -> NDArray[np.float64]:
    """Matrix for :func:`warp` about the image's centre.

    Args:
        shape: Rows and columns.
        angle: Degrees; the picture turns counter-clockwise on the screen.
        zoom: Factors along rows and columns; above 1 things look larger.
        shift: Share of the rows and of the columns by which the picture moves down and right.
        shear: Tangent of the shear angle along columns.

    Returns:
        Shape ``(2, 3)``, output point to input point.
    """
    turn = np.deg2rad(angle)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    linear = np.diag([1 / zoom[0], 1 / zoom[1]]) @ np.array([[1.0, 0.0], [shear, 1.0]]) @ rotation
    centre = (np.asarray(shape, float) - 1) / 2
    moved = centre + np.asarray(shift) * np.asarray(shape)
    return np.column_stack([linear, centre - linear @ moved])


def box_to_box(
    source: tuple[float, float, float, float], target: tuple[float, float, float, float]
) -> NDArray[np.float64]:
    """Matrix for :func:`warp` that brings the box ``source`` of the input onto ``target`` of the output.

    Args:
        source: ``(top, left, bottom, right)`` edges in pixels (0 is the outer edge of the first pixel).
        target: The same on the output.
    """
    scale_r = (source[2] - source[0]) / (target[2] - target[0])
    scale_c = (source[3] - source[1]) / (target[3] - target[1])
    offset_r = source[0] + (0.5 - target[0]) * scale_r - 0.5
    offset_c = source[1] + (0.5 - target[1]) * scale_c - 0.5
    return np.array([[scale_r, 0.0, offset_r], [0.0, scale_c, offset_c]])


# --- grey values -------------------------------------------------------------------------------


def gamma(image: Grey, exponent: float) -> Grey:
    """Raise values to ``exponent``: above 1 darkens, below 1 brightens."""
    if exponent <= 0:
        raise IncompatibleInputError(f"gamma exponent must be above zero, got {exponent}")
    return np.power(np.clip(image, 0, 1), np.float32(exponent))


def expose(image: Grey, gain: float, offset: float) -> Grey:
    """``gain * image + offset``, cut to 0..1 as an over- or under-exposed film is."""
    return np.asarray(np.clip(image * np.float32(gain) + np.float32(offset), 0, 1), dtype=np.float32)


def match_histogram(image: Grey, other: Grey) -> Grey:
    """Give ``image`` the grey-value distribution of ``other`` (256 levels)."""
    levels = np.clip(image * 255, 0, 255).astype(np.uint8)
    counts = np.bincount(levels.ravel(), minlength=256).cumsum() / levels.size
    theirs = np.bincount(np.clip(other * 255, 0, 255).astype(np.uint8).ravel(), minlength=256)
    found = np.searchsorted(theirs.cumsum() / other.size, counts - 1e-9)
    table = (np.minimum(found, 255) / 255).astype(np.float32)
    return np.asarray(table[levels])


def shade(image: Grey, rng: np.random.Generator, strength: float) -> Grey:
    """Multiply by a smooth random ramp, as an uneven beam does; ``strength`` is its half range."""
    corners = rng.uniform(1 - strength, 1 + strength, (2, 2)).astype(np.float32)
    ramp = _resample(corners, (image.shape[0], image.shape[1]))
    return np.asarray(np.clip(image * ramp, 0, 1), dtype=np.float32)


def add_noise(image: Grey, rng: np.random.Generator, sd: float) -> Grey:
    """Add white Gaussian noise of standard deviation ``sd``."""
    return np.clip(image + rng.standard_normal(image.shape, dtype=np.float32) * np.float32(sd), 0, 1)


def blur(image: Grey, sigma: float) -> Grey:
    """Gaussian blur; ``sigma`` in pixels."""
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(image, sigma, mode="nearest", truncate=3.0), dtype=np.float32)


def coarsen(image: Grey, factor: float) -> Grey:
    """Lose resolution: shrink by ``factor`` (above 1) and enlarge again."""
    rows, columns = image.shape
    small = (max(8, round(rows / factor)), max(8, round(columns / factor)))
    return _resample(_resample(image, small), (rows, columns))


def jpeg(image: Grey, quality: int) -> Grey:
    """Pass through JPEG of ``quality`` 1 to 95."""
    buffer = io.BytesIO()
    Image.fromarray(np.clip(image * 255 + 0.5, 0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer), dtype=np.float32) / np.float32(255)


# --- regions -----------------------------------------------------------------------------------


def soften(mask: Grey, radius: float) -> Grey:
    """Widen a mask by about ``radius`` pixels with a soft edge."""
    if radius <= 0:
        return np.clip(mask, 0, 1)
    picture = Image.fromarray(np.clip(mask * 255, 0, 255).astype(np.uint8))
    spread = np.asarray(picture.filter(ImageFilter.GaussianBlur(radius)), dtype=np.float32)
    return np.asarray(np.clip(spread / np.float32(51), 0, 1), dtype=np.float32)


def frame_mask(shape: tuple[int, int], share: float) -> Grey:
    """1 in the outer frame, whose width is ``share`` of the rows and of the columns.

    Examples:
        >>> int(frame_mask((8, 8), 0.125).sum())
        28
    """
    if not 0 <= share <= 0.5:
        raise IncompatibleInputError(f"frame share must lie in [0, 0.5], got {share}")
    rows, columns = round(shape[0] * share), round(shape[1] * share)
    mask = np.ones(shape, np.float32)
    mask[rows : shape[0] - rows, columns : shape[1] - columns] = 0
    return mask


def bounding_box(mask: Grey) -> tuple[float, float, float, float]:
    """``(top, left, bottom, right)`` edges of what is above 0.5, in pixels.

    Raises:
        NotApplicableError: Nothing is.
    """
    rows = np.flatnonzero((mask > 0.5).any(axis=1))
    columns = np.flatnonzero((mask > 0.5).any(axis=0))
    if rows.size == 0:
        raise NotApplicableError("a mask must hold at least one pixel to have a bounding box; it is empty")
    return (float(rows[0]), float(columns[0]), float(rows[-1] + 1), float(columns[-1] + 1))


def box_mask(shape: tuple[int, int], box: tuple[float, float, float, float]) -> Grey:
    """1 inside a box of pixel edges ``(top, left, bottom, right)``."""
    mask = np.zeros(shape, np.float32)
    top, left, bottom, right = (max(0, round(edge)) for edge in box)
    mask[top:bottom, left:right] = 1
    return mask


def blend(inside: Grey, outside: Grey, mask: Grey) -> Grey:
    """``inside`` where ``mask`` is 1, ``outside`` where it is 0."""
    _same(inside, outside, "the other image")
    _same(inside, mask, "the mask")
    return np.asarray(outside + (inside - outside) * mask, dtype=np.float32)


def interpolate(image: Grey, known: Grey) -> Grey:
    """A smooth image from the pixels where ``known`` is 1, by pull and push over a pyramid.

    Source: Gortler et al., The Lumigraph, SIGGRAPH 1996, section 3.4.
    """
    _same(image, known, "the mask")
    weights = [np.clip(known, 0, 1)]
    values = [image * weights[0]]
    while min(values[-1].shape) > 3:
        shape = (max(1, values[-1].shape[0] // 2), max(1, values[-1].shape[1] // 2))
        values.append(_resample(values[-1], shape))
        weights.append(_resample(weights[-1], shape))
    total = max(float(weights[-1].sum()), 1e-6)
    result = np.full_like(values[-1], float(values[-1].sum()) / total)
    for value, weight in zip(reversed(values), reversed(weights), strict=True):
        result = value + (1 - weight) * _resample(result, (value.shape[0], value.shape[1]))
    return result


def fill(image: Grey, mask: Grey, how: str, rng: np.random.Generator | None = None) -> Grey:
    """Take away what is inside a mask.

    Args:
        image: Shape ``(rows, columns)``.
        mask: Same shape, 1 where the image is to go.
        how: ``"mean"`` (mean of the rest), ``"smooth"`` (from the rest, without an edge), ``"blur"``
            (the image itself, blurred with a sigma of 6 % of its width), ``"noise"`` (normal, with
            mean and deviation of the rest), ``"black"``, ``"white"``.
        rng: Needed by ``"noise"``.

    Raises:
        IncompatibleInputError: Shapes differ, the way is unknown, or a generator is missing.
    """
    _same(image, mask, "the mask")
    rest = 1 - mask
    share = max(float(rest.sum()), 1e-6)
    mean = float((image * rest).sum()) / share
    if how == "mean":
        other = np.full_like(image, mean)
    elif how == "smooth":
        other = interpolate(image, (mask < 0.02).astype(np.float32))
    elif how == "blur":
        other = blur(image, 0.06 * image.shape[1])
    elif how in ("black", "white"):
        other = np.full_like(image, how == "white")
    elif how == "noise" and rng is not None:
        spread = float(np.sqrt(max(0.0, float((np.square(image - mean) * rest).sum()) / share)))
        other = np.clip(mean + spread * rng.standard_normal(image.shape, dtype=np.float32), 0, 1)
    else:
        raise IncompatibleInputError(f"fill must be one of {', '.join(FILLS)} (noise with a generator), got {how!r}")
    return blend(other.astype(np.float32), image, mask)


@dataclass(frozen=True)
class Subject:
    """An image and the region that carries its label.

    Attributes:
        image: Shape ``(rows, columns)``, 0 to 1.
        region: Same shape, 1 inside; e.g. the lungs.
        box: The region's bounding box, ``(top, left, bottom, right)`` edges in pixels.
    """

    image: Grey
    region: Grey
    box: tuple[float, float, float, float]


def swap_exterior(inside: Subject, outside: Subject, *, radius: float = 4.0, union: bool = True) -> Grey:
    """The region of one image on the surroundings of another.

    The other image is moved and stretched so that the bounding boxes of both regions agree. Its grey
    values stay as they are: matched to what they replace, they would still tell of it.

    Args:
        inside: Gives the region, and the label.
        outside: Gives everything else.
        radius: Widening and softness of the seam, in pixels.
        union: Keep ``inside`` also where ``outside`` has its region, so that nothing of that region
            is left to see.
    """
    matrix = box_to_box(outside.box, inside.box)
    mean = float(outside.image.mean())
    other = warp(outside.image, matrix, fill=mean)
    mask = inside.region
    if union:
        mask = np.maximum(mask, warp(outside.region, matrix))
    mask = soften(mask, radius)
    return blend(inside.image, other, mask)
