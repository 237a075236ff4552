"""TensorFlow in a process of its own, kept for the next question: gradients of networks, for maps.

The dashboard's process never loads TensorFlow. This one starts when the first map needs it (several seconds), keeps
networks that it has loaded, and ends when nobody has asked for a quarter of an hour, or with its parent.
"""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from medimg_core.decision import Decision
from medimg_core.engine import taped
from medimg_core.engine.export import spec_of
from medimg_core.engine.process import Process
from medimg_core.engine.taped import Taped
from medimg_core.errors import MedImgError, ModelError, NotApplicableError
from medimg_core.registry import ModelCard

__all__ = ["Taped", "input_gradient", "layer_gradient", "map_layers", "region_gradient", "rest", "saliency"]

Array = npt.NDArray[np.float32]
Progress = Callable[[int, int, str], None]

_IDLE_SECONDS = 900.0

_process = Process(
    {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "KERAS_BACKEND": "tensorflow",
    },
    idle=_IDLE_SECONDS,
)


def layer_gradient(
    card: ModelCard, layer: str, batch: Array, question: Decision, progress: Progress | None = None
) -> Taped:
    """Features of a layer and the gradient of a decision's log-odds with respect to them.

    Args:
        card: A model that classifies.
        layer: Path or name of a layer that gives ``(batch, rows, columns, channels)``, at any depth.
        batch: Prepared inputs, shape ``(n, rows, columns, channels)``.
        question: The decision; its log-odds are taken before temperature.
        progress: Called as ``progress(done, total, text)``; may raise :class:`~medimg_core.errors.Cancelled`.

    Raises:
        NotApplicableError: The model does not classify, the layer gives something else, or the logits do not depend
            on it.
        WeightsError: The weights are missing, are not those of the card, or break a rule.
        ModelError: The network has no such layer or is not what the card says, or TensorFlow fails.
    """
    return cast(Taped, _asked(taped.at_layer, card, (layer, batch, question), progress, classifies=True))


def input_gradient(card: ModelCard, batch: Array, question: Decision, progress: Progress | None = None) -> Taped:
    """Gradient of a decision's log-odds with respect to the input, which is given back as features.

    Arguments and errors as of :func:`layer_gradient`.
    """
    return cast(Taped, _asked(taped.at_input, card, (batch, question), progress, classifies=True))


def saliency(
    card: ModelCard,
    batch: Array,
    question: Decision,
    *,
    samples: int = 0,
    noise: float = 0.2,
    seed: int = 0,
    progress: Progress | None = None,
) -> Array:
    """Size of the gradient with respect to the input, by tf-keras-vis: vanilla, or SmoothGrad with samples.

    Args:
        card: As of :func:`layer_gradient`.
        batch: As of :func:`layer_gradient`.
        question: As of :func:`layer_gradient`.
        samples: Noisy copies whose gradients are averaged; 0 for the input as it is.
        noise: Standard deviation of the noise, as a share of the range of the input's values.
        seed: Of the noise.
        progress: As of :func:`layer_gradient`.

    Returns:
        ``float32``, shape ``(n, rows, columns)``, log-odds per unit of the input, 0 and above.

    Raises:
        MedImgError: As :func:`layer_gradient`.
    """
    found = _asked(taped.saliency, card, (batch, question, samples, noise, seed), progress, classifies=True)
    return np.asarray(found, dtype=np.float32)


def region_gradient(
    card: ModelCard,
    layer: str,
    batch: Array,
    regions: npt.NDArray[np.bool_],
    channels: Array,
    progress: Progress | None = None,
) -> Taped:
    """Features of a layer and the gradient of the log-odds of all pixels of a region together.

    Args:
        card: A model that segments.
        layer: As of :func:`layer_gradient`.
        batch: Prepared inputs, shape ``(n, rows, columns, channels)``.
        regions: True inside, on the input's grid, shape ``(n, rows, columns)``.
        channels: 1 for each channel of the mask's logits that means yes, else 0, shape ``(channels,)``.
        progress: As of :func:`layer_gradient`.

    Raises:
        MedImgError: As :func:`layer_gradient`, of a model that segments.
    """
    arguments = (layer, batch, regions, channels)
    return cast(Taped, _asked(taped.of_region, card, arguments, progress, classifies=False))


def map_layers(card: ModelCard, progress: Progress | None = None) -> tuple[tuple[str, int, int, int], ...]:
    """Layers that a map can be made of: the last of each grid between input and output.

    Args:
        card: The model.
        progress: As of :func:`layer_gradient`.

    Returns:
        Path, rows, columns and channels of each, in the network's order.

    Raises:
        MedImgError: As :func:`layer_gradient`.
    """
    found: tuple[tuple[str, int, int, int], ...] = _asked(
        taped.places, card, (), progress, classifies=card.classification is not None
    )
    return found


def rest() -> None:
    """End the process now; the next question starts it again."""
    _process.close()


def _asked(
    work: Callable[..., Any],
    card: ModelCard,
    arguments: tuple[Any, ...],
    progress: Progress | None,
    *,
    classifies: bool,
) -> Any:
    if (card.classification if classifies else card.segmentation) is None:
        wanted = "classifies" if classifies else "segments"
        raise NotApplicableError(f"this map needs a model that {wanted}; {card.id} does {card.task}")
    card.check_weights()
    try:
        return _process.run(work, (spec_of(card), *arguments), progress)
    except (MedImgError, KeyboardInterrupt):
        raise
    except Exception as error:
        first = next(iter(str(error).splitlines()), "")
        raise ModelError(
            f"TensorFlow must run the network of {card.id}; {type(error).__name__} came: {first[:200]}"
        ) from error
