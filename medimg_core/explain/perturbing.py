"""An image made noisier, darker, turned, zoomed or cropped, so that score and map can be seen to move or to stay.

The values changed are those of :mod:`medimg_core.explain.variants`. Every kind goes through :mod:`medimg_core.perturb`,
as the robustness curves of the cards do.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medimg_core import perturb
from medimg_core.errors import IncompatibleInputError
from medimg_core.explain.query import Query
from medimg_core.explain.variants import changed, judged, source_values
from medimg_core.results import Perturbed
from medimg_core.study import Volume

__all__ = ["PERTURBATIONS", "Perturbation", "perturbed"]

Array = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Perturbation:
    """One kind of change.

    Attributes:
        name: Key.
        title: Shown to the reader.
        unit: Of the amount, in words.
        neutral: Amount that changes nothing.
        span: Lowest and highest amount.
        apply: From one grey channel (0 to 1), amount and a generator to the changed channel and the matrix from
            its pixel centres ``(row, column, 1)`` to those of the original, shape ``(3, 3)``.
    """

    name: str
    title: str
    unit: str
    neutral: float
    span: tuple[float, float]
    apply: Callable[[Array, float, np.random.Generator], tuple[Array, Matrix]]


def _noise(image: Array, amount: float, rng: np.random.Generator) -> tuple[Array, Matrix]:
    return perturb.add_noise(image, rng, amount / 100), np.eye(3)


def _gamma(image: Array, amount: float, _rng: np.random.Generator) -> tuple[Array, Matrix]:
    return perturb.gamma(image, amount), np.eye(3)


def _gain(image: Array, amount: float, _rng: np.random.Generator) -> tuple[Array, Matrix]:
    return perturb.expose(image, amount, 0.0), np.eye(3)


def _rotation(image: Array, amount: float, _rng: np.random.Generator) -> tuple[Array, Matrix]:
    return _warped(image, perturb.affine(_shape(image), angle=amount))


def _zoom(image: Array, amount: float, _rng: np.random.Generator) -> tuple[Array, Matrix]:
    return _warped(image, perturb.affine(_shape(image), zoom=(amount, amount)))


def _crop(image: Array, amount: float, _rng: np.random.Generator) -> tuple[Array, Matrix]:
    rows, columns = (round(length * amount / 100) for length in image.shape)
    back = np.eye(3)
    back[:2, 2] = rows, columns
    return image[rows : image.shape[0] - rows, columns : image.shape[1] - columns], back


def _warped(image: Array, matrix: Matrix) -> tuple[Array, Matrix]:
    return perturb.warp(image, matrix, fill=float(image.min())), np.vstack([matrix, [0.0, 0.0, 1.0]])


def _shape(image: Array) -> tuple[int, int]:
    return image.shape[0], image.shape[1]


PERTURBATIONS = {
    kind.name: kind
    for kind in (
        Perturbation("noise", "Noise", "standard deviation, % of the grey range", 0, (0, 30), _noise),
        Perturbation("gamma", "Gamma", "exponent; above 1 darker", 1, (0.3, 3), _gamma),
        Perturbation("gain", "Exposure", "factor, cut at white", 1, (0.3, 3), _gain),
        Perturbation("rotation", "Rotation", "degrees, counter-clockwise", 0, (-45, 45), _rotation),
        Perturbation("zoom", "Zoom", "factor about the middle", 1, (0.5, 2), _zoom),
        Perturbation("crop", "Crop", "% of height and width cut off at each edge", 0, (0, 40), _crop),
    )
}
"""Kinds on offer, by name."""


def perturbed(query: Query, volume: Volume, name: str, amount: float, *, seed: int = 2026) -> Perturbed:
    """Perturb the image asked about and ask the model again.

    Args:
        query: The question; its prediction is of ``volume``.
        volume: The volume.
        name: One of :data:`PERTURBATIONS`.
        amount: Strength, inside the kind's span.
        seed: Of what is random; one seed gives one result.

    Returns:
        The new image with its prediction, which can be explained like any other, and the way back:
        :meth:`~medimg_core.results.Perturbed.restored` puts a map of it on the original's grid.

    Raises:
        IncompatibleInputError: The kind is unknown, the amount outside its span, or the volume another one.
        ModelError: The network cannot be run.
    """
    if name not in PERTURBATIONS:
        raise IncompatibleInputError(f"perturbation must be one of {', '.join(PERTURBATIONS)}, got {name[:60]!r}")
    kind = PERTURBATIONS[name]
    if not kind.span[0] <= amount <= kind.span[1]:
        raise IncompatibleInputError(f"{name} must lie in [{kind.span[0]:g}, {kind.span[1]:g}], got {amount:g}")
    values = source_values(query, volume)
    low, high = _range(query, values)
    channels = values[..., None] if values.ndim == 2 else values
    rng, made, back = np.random.default_rng(seed), [], np.eye(3)
    for channel in range(channels.shape[2]):
        shown = (channels[..., channel] - low) / np.float32(high - low)
        image, back = kind.apply(np.asarray(shown, dtype=np.float32), amount, rng)
        made.append(image * np.float32(high - low) + low)
    new = np.stack(made, axis=-1) if values.ndim == 3 else made[0]
    (variant,) = judged(query, [changed(query, volume, new, f"perturbed: {name} {amount:g}", back)])
    own = query.own
    return Perturbed(name, amount, variant, back, own, float(query.scores(own)), query.prediction)


def _range(query: Query, values: Array) -> tuple[np.float32, np.float32]:
    """Values that are black and white: the card's window where it names a unit, else 0 and 1."""
    spec = query.card.input
    if spec.unit == "any":
        return np.float32(0), np.float32(1)
    if spec.window is not None:
        return np.float32(spec.window[0]), np.float32(spec.window[1])
    low, high = np.float32(values.min()), np.float32(values.max())
    return low, high if high > low else low + np.float32(1)
