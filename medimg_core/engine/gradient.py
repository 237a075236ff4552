"""Gradients of a model's loss with respect to its input, by TensorFlow: for attacks, never for the dashboard."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.decision import decision
from medimg_core.engine import heads
from medimg_core.engine.network import Graph, flat, load
from medimg_core.errors import NotApplicableError
from medimg_core.registry import ModelCard

__all__ = ["mask_gradient", "score_gradient"]

Array = npt.NDArray[np.float32]
Gradient = Callable[[Array, npt.NDArray[Any]], Array]

_CHUNK = 8
"""Inputs at once: the activations of all layers stay in memory for the way back."""
_SMOOTH = 1.0
"""Pixels added to both sides of the Dice, so that it has a value where a target is empty."""


def score_gradient(card: ModelCard) -> Gradient:
    """Of the reading's cross-entropy: ``log(1 + exp(-y z))`` with ``z`` its log-odds and ``y`` 1 or -1.

    Args:
        card: A model that classifies, with a reading.

    Returns:
        A function of inputs, ``float32``, shape ``(n, rows, columns, channels)``, and of whether the reading is true
        of each, bool, shape ``(n,)``, to the gradient, of the inputs' shape. The temperature divides the log-odds.

    Raises:
        NotApplicableError: The card has no reading.
        WeightsError: The weights are missing, are not those of the card, or are not safe to load.
        ModelError: The network is not what the card says.
    """
    output = card.classification
    if output is None or output.reading is None:
        raise NotApplicableError(f"the gradient of a score needs a reading on the card of {card.id}; it has none")
    question = decision(card)
    sides = (list(question.positive), list(question.negative))

    def losses(logits: Any, truth: Any) -> Any:
        import tensorflow as tf

        yes, no = (tf.reduce_logsumexp(tf.gather(logits, side, axis=-1), axis=-1) for side in sides)
        return tf.math.softplus(-(2 * truth - 1) * (yes - no) / card.temperature)

    return _gradient(card, lambda graph: heads.dense(graph, output.name, len(output.classes)).logits, losses)


def mask_gradient(card: ModelCard, targets: Sequence[Sequence[int]]) -> Gradient:
    """Of the sum over targets of the mean cross-entropy of the pixels and of one minus the soft Dice.

    Source: Milletari, Navab & Ahmadi, V-Net, 3DV 2016, here with plain instead of squared sums. The probability of
    a target is the softmax summed over its classes; one class without a background's logit has the sigmoid of its own.

    Args:
        card: A model that segments.
        targets: Indices of the classes, from 0, that together make each target.

    Returns:
        A function of inputs, ``float32``, shape ``(n, rows, columns, channels)``, and of the targets on the same grid,
        bool, shape ``(n, targets, rows, columns)``, to the gradient, of the inputs' shape.

    Raises:
        NotApplicableError: The model does not segment, or a target is none of its classes.
        WeightsError: The weights are missing, are not those of the card, or are not safe to load.
        ModelError: The network is not what the card says.
    """
    output = card.segmentation
    if output is None:
        raise NotApplicableError(f"the gradient of a mask needs a model that segments; {card.id} does {card.task}")
    count = len(output.classes)
    if not all(target and set(target) <= set(range(count)) for target in targets):
        raise NotApplicableError(f"a target must be made of classes 0..{count - 1}, got {[list(t) for t in targets]}")
    sides = [([k + 1 for k in t], [0, *(k + 1 for k in range(count) if k not in t)]) for t in targets]

    def losses(logits: Any, truth: Any) -> Any:
        import tensorflow as tf

        every = tf.concat([tf.zeros_like(logits), logits], axis=-1) if count == 1 else logits
        total = tf.zeros(tf.shape(logits)[0])
        for index, (inside, outside) in enumerate(sides):
            yes, no = (tf.reduce_logsumexp(tf.gather(every, side, axis=-1), axis=-1) for side in (inside, outside))
            drawn = truth[:, index]
            entropy = tf.reduce_mean(tf.math.softplus((1 - 2 * drawn) * (yes - no)), axis=[1, 2])
            found = tf.sigmoid(yes - no)
            both = tf.reduce_sum(found * drawn, axis=[1, 2])
            sizes = tf.reduce_sum(found, axis=[1, 2]) + tf.reduce_sum(drawn, axis=[1, 2])
            total += entropy + 1 - (2 * both + _SMOOTH) / (sizes + _SMOOTH)
        return total

    return _gradient(card, lambda graph: heads.masks(graph, output.name, count), losses)


def _gradient(card: ModelCard, tensor: Callable[[Graph], Any], losses: Callable[[Any, Any], Any]) -> Gradient:
    """The gradient of each input's own loss; the network is loaded once, and traced at its first batch."""
    card.check_weights()
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    import keras
    import tensorflow as tf

    graph = flat(load(card.weights, card.sha256), card.input.shape)
    part = keras.Model(graph.image, tensor(graph))

    def slope(batch: Any, truth: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(batch)
            # No input's loss depends on another's in inference mode, so the sum has each one's own gradient.
            loss = tf.reduce_sum(losses(part(batch, training=False), truth))
        return tape.gradient(loss, batch)

    traced = tf.function(slope, reduce_retracing=True)

    def gradient(batch: Array, truth: npt.NDArray[Any]) -> Array:
        parts = []
        for at in range(0, len(batch), _CHUNK):
            given = tf.constant(np.asarray(batch[at : at + _CHUNK], np.float32))
            parts.append(traced(given, tf.constant(np.asarray(truth[at : at + _CHUNK], np.float32))).numpy())
        return np.concatenate(parts)

    return gradient
