"""Maps from the gradient of a decision with respect to the input: how it would change with each pixel.

Vanilla gradients (Simonyan et al. 2013, arXiv:1312.6034) and SmoothGrad (Smilkov et al. 2017, arXiv:1706.03825) come
from tf-keras-vis: the size of the gradient, largest over the channels. They say where the network is sensitive, not
whether for or against.

Integrated gradients (Sundararajan et al., ICML 2017, arXiv:1703.01365, equation 1) are signed: with ``F`` the
log-odds, ``x`` the input and ``b`` a baseline, pixel ``i`` gets ``(x_i - b_i)`` times the mean of ``dF/dx_i`` on the
straight line from ``b`` to ``x``. All pixels together make ``F(x) - F(b)``; by how much they miss it is recorded.
The mean is taken at the middles of equal steps.

The baseline is an image of one grey, the input's own mean: what a network that standardises its input sees of a blank
image, and what Score-CAM's masks leave. Any baseline is blind where the input equals it (Sturmfels et al., Distill
2020, doi:10.23915/distill.00022): here to tissue of the mean's own grey. ``"blur"`` (Fong & Vedaldi, ICCV 2017,
doi:10.1109/ICCV.2017.371) is blind to what is smooth, and keeps much of a lesion's contrast.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medimg_core.decision import Decision
from medimg_core.engine import apart
from medimg_core.explain.hiding import hide
from medimg_core.explain.odds import log_odds
from medimg_core.registry import ModelCard

__all__ = ["BASELINES", "Integrated", "baseline_of", "integrated_gradients"]

Array = npt.NDArray[np.float32]
Progress = Callable[[int, int, str], None]

BASELINES = ("mean", "blur")
"""Images without what is to be explained: the input's own mean, or the input blurred."""


@dataclass(frozen=True)
class Integrated:
    """Integrated gradients of one input.

    Attributes:
        native: Sum over the channels, ``float32``, shape ``(rows, columns)``, log-odds a pixel.
        change: Log-odds of the input less those of the baseline: what the pixels should add up to.
        error: By how much they miss it, in log-odds.
    """

    native: Array
    change: float
    error: float


def integrated_gradients(
    image: Array,
    card: ModelCard,
    question: Decision,
    *,
    steps: int = 32,
    baseline: str = "mean",
    progress: Progress | None = None,
) -> Integrated:
    """Map of one input.

    Args:
        image: As the network takes it, shape ``(rows, columns, channels)``.
        card: The model.
        question: The decision.
        steps: On the way from the baseline to the input.
        baseline: One of :data:`BASELINES`.
        progress: Called after each batch of steps; may raise :class:`~medimg_core.errors.Cancelled`.

    Raises:
        ModelError: The network cannot be run.
    """
    start = baseline_of(image, baseline)
    share = ((np.arange(steps) + 0.5) / steps).astype(np.float32)[:, None, None, None]
    way = start + share * (image - start)
    gradient = apart.input_gradient(card, way, question, progress).gradient.mean(axis=0)
    native = np.asarray(((image - start) * gradient).sum(axis=-1), dtype=np.float32)
    ends = log_odds(np.stack([image, start]), card, question)
    change = float(ends[0] - ends[1])
    return Integrated(native, change, abs(float(native.sum(dtype=np.float64)) - change))


def baseline_of(image: Array, how: str) -> Array:
    """The image that integrated gradients start from.

    Args:
        image: Shape ``(rows, columns, channels)``.
        how: One of :data:`BASELINES`.

    Examples:
        >>> baseline_of(np.array([[[1.0], [3.0]]], np.float32), "mean").ravel().tolist()
        [2.0, 2.0]
    """
    if how == "blur":
        return np.asarray(hide(image, np.ones((1, *image.shape[:2]), bool), "blur")[0])
    return np.full(image.shape, image.mean(axis=(0, 1)), np.float32)
