"""What a model says of an input that was changed on purpose."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError
from medimg_core.results.explanation import Explanation
from medimg_core.results.prediction import Prediction
from medimg_core.study import Volume

__all__ = ["Perturbed", "RegionProbe", "Variant"]

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Variant:
    """An image that was changed, and what the model says of it.

    Attributes:
        volume: The changed image alone, one slice, as the model got it and a reader sees it.
        prediction: What the model says of it. Its gate holds only what the fits on the training images say: tags
            were not asked again.
        log_odds: Of the decision asked about, before temperature.
        score: Calibrated, 0 to 1, of the decision asked about.
    """

    volume: Volume = field(repr=False)
    prediction: Prediction
    log_odds: float
    score: float

    @property
    def distance(self) -> float | None:
        """Out-of-distribution score of the changed image, larger is stranger; None for a model without a fit."""
        return self.prediction.gate.distance

    @property
    def unusual(self) -> bool | None:
        """Whether that score is above the card's limit: what the model says of such an image means little."""
        gate = self.prediction.gate
        return None if gate.distance is None or gate.limit is None else gate.distance > gate.limit


@dataclass(frozen=True, eq=False)
class RegionProbe:
    """A region hidden, or kept alone, and the same-shaped region of the other side for comparison.

    Attributes:
        how: Way of hiding.
        keep: True where everything but the region was hidden.
        region: What was drawn, ``bool``, shape ``(rows, columns)`` of the image, read-only.
        log_odds: Of the unchanged image, before temperature.
        score: Of the unchanged image, 0 to 1.
        distance: Out-of-distribution score of the unchanged image, or None.
        after: The image without the region, or with it alone.
        control_region: The region mirrored to the other side, or None where there is no such place.
        control: The image without that, or with that alone; None likewise.
        control_note: How the control was placed, or why there is none, in a sentence.
    """

    how: str
    keep: bool
    region: Mask = field(repr=False)
    log_odds: float
    score: float
    distance: float | None
    after: Variant
    control_region: Mask | None = field(repr=False)
    control: Variant | None
    control_note: str

    def __post_init__(self) -> None:
        for mask in (self.region, self.control_region):
            if mask is not None:
                mask.setflags(write=False)

    @property
    def change(self) -> float:
        """By how much the log-odds moved; below zero they fell."""
        return self.after.log_odds - self.log_odds

    @property
    def control_change(self) -> float | None:
        """By how much they moved for the control region, or None without one."""
        return None if self.control is None else self.control.log_odds - self.log_odds


@dataclass(frozen=True, eq=False)
class Perturbed:
    """An image that was perturbed as a whole, with the way back to the grid it came from.

    Attributes:
        name: Kind, e.g. ``"rotation"``.
        amount: Strength, in the unit of the kind.
        variant: The perturbed image and what the model says of it.
        back: Maps homogeneous pixel centres ``(row, column, 1)`` of the perturbed image to those of the original,
            shape ``(3, 3)``, read-only.
        log_odds: Of the original, before temperature.
        score: Of the original, 0 to 1.
        original: What the model said of the original; its identity is that of maps moved back.
    """

    name: str
    amount: float
    variant: Variant
    back: npt.NDArray[np.float64] = field(repr=False)
    log_odds: float
    score: float
    original: Prediction = field(repr=False)

    def __post_init__(self) -> None:
        if self.back.shape != (3, 3):
            raise IncompatibleInputError(f"back must have shape (3, 3), got {self.back.shape}")
        self.back.setflags(write=False)

    @property
    def seen(self) -> Mask:
        """Pixels of the original that the perturbed image shows, ``bool``, shape of the original."""
        to = np.linalg.inv(self.back)
        points = np.indices(self.original.input_shape, dtype=np.float64)
        rows, columns = self.variant.volume.shape[1:]
        inside = np.ones(self.original.input_shape, bool)
        for axis, length in enumerate((rows, columns)):
            place = to[axis, 0] * points[0] + to[axis, 1] * points[1] + to[axis, 2]
            inside &= (place >= -0.5 - 1e-9) & (place <= length - 0.5 + 1e-9)
        return inside

    def restored(self, explanation: Explanation) -> Explanation:
        """A map of the perturbed image, moved back to the original's grid.

        Beyond :attr:`seen` it repeats its outermost values and means nothing.

        Args:
            explanation: Of :attr:`variant`.

        Returns:
            The same native map with the way to the original image, and its identity; ``parameters["perturbed"]``
            says what was done.

        Raises:
            IncompatibleInputError: The map explains something else.
        """
        if explanation.fingerprint != self.variant.prediction.fingerprint:
            raise IncompatibleInputError("a map must be moved back by the perturbation it was made under; got another")
        said: Mapping[str, object] = {**explanation.parameters, "perturbed": f"{self.name} {self.amount:g}"}
        return replace(
            explanation,
            fingerprint=self.original.fingerprint,
            slice_index=self.original.slice_index,
            frame=self.original.frame,
            image_shape=self.original.input_shape,
            to_image=self.back @ explanation.to_image,
            parameters=said,
        )
