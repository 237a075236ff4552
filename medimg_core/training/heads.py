"""What is fitted after the network: an ensemble of heads, calibration, operating points."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from medimg_core.errors import InputError

Floats = NDArray[np.float64]


class Question(Protocol):
    """What is asked of a classifier; a recipe has it."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes in the order of the logits."""

    @property
    def positive(self) -> tuple[str, ...]:
        """Classes that mean yes."""


class Smoothed(Question, Protocol):
    """And of its targets."""

    @property
    def label_smoothing(self) -> float:
        """Of the reading and of the finer classes."""


class Ensemble(Question, Protocol):
    """And of its ensemble of heads."""

    @property
    def members(self) -> int:
        """Number of heads."""

    @property
    def seed(self) -> int:
        """Of their bootstrap."""


@dataclass(frozen=True)
class Head:
    """A dense layer on the embedding.

    Attributes:
        kernel: Shape ``(embedding, classes)``.
        bias: Shape ``(classes,)``.
    """

    kernel: Floats
    bias: Floats

    def __call__(self, embedding: NDArray[np.floating]) -> Floats:
        """Logits, shape ``(n, classes)``."""
        return np.asarray(embedding @ self.kernel + self.bias)


@dataclass(frozen=True)
class Calibration:
    """Platt's two numbers for log-odds ``x``: the calibrated log-odds are ``(x + shift) / temperature``.

    Source: Platt 1999; Guo et al., ICML 2017, for the temperature.
    """

    temperature: float
    shift: float


@dataclass(frozen=True)
class OperatingPoint:
    """A cut on the calibrated score and what it gives where it was chosen."""

    value: float
    sensitivity: float
    specificity: float


def positives(recipe: Question) -> NDArray[np.bool_]:
    """Which classes mean yes, shape ``(classes,)``."""
    return np.array([name in recipe.positive for name in recipe.classes])


def log_odds(logits: NDArray[np.floating], recipe: Question) -> Floats:
    """Log-odds of the reading, ``logsumexp(positive) - logsumexp(others)``; shape ``(n,)``."""
    values, inside = np.asarray(logits, float), positives(recipe)
    return np.asarray(
        np.logaddexp.reduce(values[..., inside], axis=-1) - np.logaddexp.reduce(values[..., ~inside], axis=-1)
    )


def sigmoid(values: Floats) -> Floats:
    """Logistic function without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * values)))


def fit_ensemble(
    embedding: NDArray[np.floating],
    classes: NDArray[np.int64],
    groups: Sequence[str],
    recipe: Ensemble,
) -> tuple[Head, ...]:
    """Multinomial logistic regressions, each on a bootstrap of the patients.

    Negatives and positives weigh the same, as in the network's own head.

    Args:
        embedding: Embeddings of (augmented) training images, shape ``(n, d)``.
        classes: Class of each.
        groups: Patient of each; drawn whole.
        recipe: Number of members, classes, seed.

    Raises:
        InputError: A class is missing.
    """
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(classes)) < len(recipe.classes):
        raise InputError("the ensemble needs training images of every class")
    mean, spread = embedding.mean(axis=0), embedding.std(axis=0) + 1e-6
    scaled = (embedding - mean) / spread
    _, index = np.unique(np.asarray(groups), return_inverse=True)
    rng = np.random.default_rng(recipe.seed)
    inside = positives(recipe)[classes]
    balance = np.where(inside, 0.5 / inside.mean(), 0.5 / (1 - inside.mean()))
    heads = []
    for _ in range(recipe.members):
        count = int(index.max()) + 1
        weights = rng.multinomial(count, np.full(count, 1 / count))[index] * balance
        kept = weights > 0
        regression = LogisticRegression(C=0.01, max_iter=300)
        regression.fit(scaled[kept], classes[kept], sample_weight=weights[kept])
        slopes, offsets = regression.coef_, regression.intercept_
        if len(slopes) == 1:  # of two classes scikit-learn gives the difference alone
            slopes, offsets = np.concatenate([-slopes, slopes]) / 2, np.concatenate([-offsets, offsets]) / 2
        kernel = slopes.T / spread[:, None]
        heads.append(Head(kernel, offsets - mean @ kernel))
    return tuple(heads)


def blinded(head: Head, hidden: Floats, embedding: NDArray[np.floating], share: float = 1.0) -> Head:
    """A head that does not see some directions of the embedding, changed as little as can be.

    Of all kernels that give 0 along every direction, the one whose logits on ordinary images differ
    least, in the mean square, from those of ``head``. Source: the closed form of least-squares concept
    erasure (Belrose et al., NeurIPS 2023), here for a fixed head.

    Args:
        head: To be changed.
        hidden: Directions, shape ``(k, d)``: differences of class means over images that hide the
            region, so that a head which sees them reads what lies outside it.
        embedding: Of ordinary images, shape ``(n, d)``.
        share: How much of the change is made, 0 to 1.
    """
    covariance = np.atleast_2d(np.cov(np.asarray(embedding, float), rowvar=False))
    size = len(covariance)
    covariance = covariance + 1e-3 * np.trace(covariance) / size * np.eye(size)
    solved = np.linalg.solve(covariance, hidden.T)
    change = share * solved @ np.linalg.lstsq(hidden @ solved, hidden @ head.kernel, rcond=None)[0]
    mean = np.asarray(embedding, float).mean(axis=0)
    return Head(head.kernel - change, head.bias + mean @ change)


def calibrate(odds: Floats, truth: NDArray[np.bool_], prevalence: float) -> Calibration:
    """Fit temperature and shift so that scores are probabilities at ``prevalence``.

    Args:
        odds: Log-odds, shape ``(n,)``.
        truth: Shape ``(n,)``.
        prevalence: Rows are weighted to this share of positives.

    Raises:
        InputError: One class only, or the odds do not rise with the truth.
    """
    from scipy.optimize import minimize

    if truth.all() or not truth.any():
        raise InputError("calibration needs rows of both classes")
    weights = np.where(truth, prevalence / truth.mean(), (1 - prevalence) / (1 - truth.mean()))
    sign = np.where(truth, 1.0, -1.0)

    def loss(pair: Floats) -> float:
        return float(np.mean(weights * np.logaddexp(0, -sign * (np.exp(pair[0]) * odds + pair[1]))))

    found = minimize(loss, np.zeros(2), method="Nelder-Mead", options={"maxiter": 2000, "xatol": 1e-6})
    slope = float(np.exp(found.x[0]))
    if not found.success or not 0.01 <= 1 / slope <= 100:
        raise InputError("calibration must find a temperature of 0.01 to 100; the scores do not allow one")
    return Calibration(1 / slope, float(found.x[1]) / slope)


def shifted(head: Head, calibration: Calibration, recipe: Question, temperature: float) -> Head:
    """The head whose log-odds over ``temperature`` are calibrated: the shift goes into the biases.

    The finer classes keep their odds among themselves only where the scale is 1.
    """
    scale = temperature / calibration.temperature
    bias = head.bias * scale + positives(recipe) * calibration.shift * scale
    return Head(head.kernel * scale, bias)


def balanced_point(score: Floats, truth: NDArray[np.bool_]) -> OperatingPoint:
    """The cut at which sensitivity and specificity agree best."""
    return min(_points(score, truth), key=lambda p: (abs(p.sensitivity - p.specificity), -p.sensitivity))


def sensitive_point(score: Floats, truth: NDArray[np.bool_], wanted: float = 0.98) -> OperatingPoint:
    """The largest cut with at least ``wanted`` sensitivity."""
    return max((p for p in _points(score, truth) if p.sensitivity >= wanted), key=lambda p: p.value)


def sensitivity_first(score: Floats, truth: NDArray[np.bool_], wanted: float) -> OperatingPoint:
    """A cut that misses fewer than the balanced one: at least ``wanted``, and at most half of its misses."""
    half = (1 + balanced_point(score, truth).sensitivity) / 2
    return sensitive_point(score, truth, max(wanted, half))


def _points(score: Floats, truth: NDArray[np.bool_]) -> list[OperatingPoint]:
    yes, no = np.sort(score[truth]), np.sort(score[~truth])
    values = np.unique(score)
    # Cuts lie halfway between neighbouring scores, so that rounding on the card moves no image.
    cuts = np.concatenate([values[:1] / 2, (values[1:] + values[:-1]) / 2])
    sensitivity = 1 - np.searchsorted(yes, cuts) / yes.size
    specificity = np.searchsorted(no, cuts) / no.size
    return [
        OperatingPoint(float(c), float(a), float(b)) for c, a, b in zip(cuts, sensitivity, specificity, strict=True)
    ]
