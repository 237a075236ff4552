"""A map laid over an image, as colours fit for a screen. The grey below is never rescaled."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError

__all__ = ["ALPHA_MODES", "COLORMAPS", "DIVERGING", "colour_bar", "colour_table", "contour", "overlay"]

Rgb = npt.NDArray[np.uint8]

COLORMAPS = ("inferno", "magma", "plasma", "viridis", "cividis")
"""Perceptually even, sequential (matplotlib); rainbow maps make edges where there are none."""

DIVERGING = "berlin"
"""Of maps that also hold evidence against: dark in the middle, light blue below and light red above (Crameri, Nature
Communications 2020, doi:10.1038/s41467-020-19160-7)."""

ALPHA_MODES = ("constant", "by_value")
CONTOUR_COLOUR = (0, 255, 255)  # cyan is in none of the colour maps above


def overlay(
    grey: npt.NDArray[np.floating],
    values: npt.NDArray[np.floating],
    *,
    scale: float,
    opacity: float = 0.5,
    threshold: float = 0.3,
    alpha: str = "by_value",
    colormap: str = "inferno",
    outline: bool = True,
) -> Rgb:
    """Blend a map over an image.

    With ``alpha="constant"`` the map covers with ``opacity`` what reaches the threshold, and nothing
    else. With ``"by_value"`` it also fades in below the threshold, as the square of value / threshold
    (transparent thresholding: Taylor et al., NeuroImage 2023, doi:10.1016/j.neuroimage.2023.120138).

    Args:
        grey: The image as shown, 0 (black) to 1 (white), shape ``(rows, columns)``.
        values: The map on the image's grid (:func:`medimg_core.explain.on_image`), same shape; below
            zero counts as zero, unless ``colormap`` is :data:`DIVERGING`.
        scale: Value at the top of the colour bar, unit of the map; larger values saturate. A map's own
            peak stretches it, a reference value keeps maps comparable.
        opacity: 0 (the plain image) to 1.
        threshold: Share of ``scale``, 0 to 1.
        alpha: ``"constant"`` or ``"by_value"``.
        colormap: One of :data:`COLORMAPS`; or :data:`DIVERGING`, which runs from minus ``scale`` to ``scale`` and is
            clear around zero.
        outline: Draw a contour at the threshold, of a diverging map at minus the threshold, too.

    Returns:
        ``uint8``, shape ``(rows, columns, 3)``. Where the map is transparent it is exactly the grey.

    Raises:
        IncompatibleInputError: Shapes differ, or a setting lies outside its range.
    """
    if grey.ndim != 2 or grey.shape != values.shape:
        raise IncompatibleInputError(f"image and map must have one shape, got {grey.shape} and {values.shape}")
    if alpha not in ALPHA_MODES:
        raise IncompatibleInputError(f"alpha must be one of {', '.join(ALPHA_MODES)}, got {alpha[:60]!r}")
    for name, share in (("opacity", opacity), ("threshold", threshold)):
        if not 0 <= share <= 1:
            raise IncompatibleInputError(f"{name} must lie in [0, 1], got {share:g}")
    if not (np.isfinite(scale) and scale >= 0):
        raise IncompatibleInputError(f"scale must be finite and not below zero, got {scale:g}")
    shade = _to_byte(grey)
    if scale == 0 or opacity == 0:  # nothing to lay over, or nothing of it to be seen
        return np.repeat(shade[..., None], 3, axis=2)
    signed = colormap == DIVERGING
    part = np.asarray(values, dtype=np.float32) * np.float32(1.0 / scale)
    level = _to_byte((part + 1) / 2 if signed else part)
    table = _blend_table(colormap, opacity, threshold, alpha)
    index = level.astype(np.uint16)
    index <<= 8
    index |= shade
    result: Rgb = table.take(index).view(np.uint8).reshape(*grey.shape, 3)
    if outline and threshold > 0:
        rows, columns = np.nonzero(contour(np.abs(values) if signed else values, threshold * scale))
        result[rows, columns] = CONTOUR_COLOUR
    return result


def contour(values: npt.NDArray[np.floating], level: float) -> npt.NDArray[np.bool_]:
    """Pixels at or above a level that have a neighbour below it; the image's border is no neighbour.

    Args:
        values: Shape ``(rows, columns)``.
        level: Unit of the values.

    Examples:
        >>> contour(np.pad(np.ones((3, 3)), 1), 0.5).astype(int).tolist()[1:4]
        [[0, 1, 1, 1, 0], [0, 1, 0, 1, 0], [0, 1, 1, 1, 0]]
    """
    inside = values >= level
    core = inside.copy()
    core[1:] &= inside[:-1]
    core[:-1] &= inside[1:]
    core[:, 1:] &= inside[:, :-1]
    core[:, :-1] &= inside[:, 1:]
    return np.asarray(inside & ~core)


def colour_bar(*, colormap: str = "inferno", threshold: float = 0.0, rows: int = 256, columns: int = 16) -> Rgb:
    """The colours of a map from ``scale`` (top) to zero (bottom), with a line at the threshold.

    Args:
        colormap: One of :data:`COLORMAPS`, or :data:`DIVERGING`: its lower end is minus the scale.
        threshold: Share of the scale, 0 to 1; no line at 0.
        rows: Height in pixels.
        columns: Width in pixels.

    Returns:
        ``uint8``, shape ``(rows, columns, 3)``.

    Raises:
        IncompatibleInputError: A setting lies outside its range.
    """
    if rows < 2 or columns < 1 or not 0 <= threshold <= 1:
        raise IncompatibleInputError(
            f"a colour bar needs 2 rows, 1 column and a threshold in [0, 1], got {rows}, {columns}, {threshold:g}"
        )
    level = np.rint(np.linspace(255, 0, rows)).astype(np.intp)
    bar = np.repeat(colour_table(colormap)[level][:, None], columns, axis=1)
    if threshold > 0:
        ends = [(1 - threshold) / 2, (1 + threshold) / 2] if colormap == DIVERGING else [1 - threshold]
        for end in ends:
            bar[round(end * (rows - 1))] = CONTOUR_COLOUR
    return bar


def _to_byte(share: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """0..1 to 0..255, rounded, saturating; NaN becomes 0."""
    scaled = np.asarray(share, dtype=np.float32) * np.float32(255)
    scaled += np.float32(0.5)
    np.fmax(scaled, np.float32(0), out=scaled)
    np.fmin(scaled, np.float32(255), out=scaled)
    return scaled.astype(np.uint8)


@lru_cache(maxsize=8)
def colour_table(colormap: str) -> Rgb:
    """Red, green and blue of a colour map's 256 levels, ``uint8``, shape ``(256, 3)``, read-only.

    Args:
        colormap: One of :data:`COLORMAPS`, or :data:`DIVERGING`.

    Raises:
        IncompatibleInputError: It is another.
    """
    if colormap not in (*COLORMAPS, DIVERGING):
        raise IncompatibleInputError(f"colormap must be one of {', '.join(COLORMAPS)}, got {colormap[:60]!r}")
    import matplotlib

    table = (matplotlib.colormaps[colormap](np.arange(256))[:, :3] * 255 + 0.5).astype(np.uint8)
    table.setflags(write=False)
    return table


@lru_cache(maxsize=16)
def _blend_table(colormap: str, opacity: float, threshold: float, alpha: str) -> npt.NDArray[np.void]:
    """Colour for every pair of map level and grey, as items of three bytes R G B; shape ``(65536,)``."""
    strength = np.arange(256)
    if colormap == DIVERGING:  # 127 and 128 are both nothing
        strength = np.maximum(np.abs(2 * strength - 255) - 1, 0)
    level = strength.astype(np.float32) / 255
    # a level counts as reaching the threshold when it would after rounding to a byte
    reaches = strength >= int(threshold * 255 + 0.5)
    share = np.where(reaches, 1.0, 0.0)
    if alpha == "by_value" and threshold > 0:
        share = np.where(reaches, 1.0, np.minimum(1.0, (level / threshold) ** 2))
    if alpha == "by_value":
        share = np.where(level > 0, share, 0.0)
    cover = (share * opacity)[:, None, None]
    shade = np.arange(256, dtype=np.float32)[None, :, None]
    blended = shade * (1 - cover) + colour_table(colormap).astype(np.float32)[:, None, :] * cover
    table = np.clip(blended + 0.5, 0, 255).astype(np.uint8)
    return table.reshape(-1, 3).view("V3").ravel()
