"""Gradients inside a network, by TensorFlow's tape. Runs in the process of :mod:`medimg_core.engine.apart` alone.

Each function takes what an export needs to know of a network (:class:`~medimg_core.engine.export.ExportSpec`) and
reports progress; a network is loaded once, by its SHA-256, with all checks of :mod:`medimg_core.engine.network`, and
traced once for each layer that is asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.decision import Decision
from medimg_core.engine import heads
from medimg_core.engine.export import ExportSpec
from medimg_core.engine.loaded import kept, layer_of, logits_of, network_of
from medimg_core.engine.network import Call, Graph
from medimg_core.errors import NotApplicableError

__all__ = ["Taped", "at_input", "at_layer", "of_region", "places", "saliency"]

Array = npt.NDArray[np.float32]
Progress = Callable[[int, int, str], None]

_CHUNK = 8
"""Inputs at once: the activations of all layers stay in memory for the way back."""
_NO_PLACE = frozenset({"ZeroPadding2D", "Cropping2D"})


@dataclass(frozen=True, eq=False)
class Taped:
    """Features of a layer, and the gradient of what is explained with respect to them.

    Attributes:
        features: ``float32``, shape ``(n, rows, columns, channels)``.
        gradient: Same shape, per unit of the features.
        values: What is explained, ``float32``, shape ``(n,)``: log-odds, or their sum over a region.
    """

    features: Array = field(repr=False)
    gradient: Array = field(repr=False)
    values: npt.NDArray[np.float32]


def at_layer(spec: ExportSpec, layer: str, batch: Array, question: Decision, progress: Progress) -> Taped:
    """Gradient of a decision's log-odds, before temperature, with respect to a layer.

    Args:
        spec: The network.
        layer: Path or name of a layer that gives ``(batch, rows, columns, channels)``.
        batch: Prepared inputs, shape ``(n, rows, columns, channels)``.
        question: The decision.
        progress: Called after each batch.

    Raises:
        NotApplicableError: The layer gives something else, or the logits do not depend on it.
        WeightsError: The file is another one, or breaks a rule.
        ModelError: The network is not what the card says, or has no such layer.
    """
    network = network_of(spec)
    tensor = layer_of(network.graph, layer)
    traced = kept(
        network, ("layer", layer), lambda: _slope(network.graph, tensor, logits_of(network, spec), _odds, (None,))
    )
    sides = _sides(question, spec.classes)
    return _joined(traced, batch, lambda count: (sides,), progress)


def of_region(
    spec: ExportSpec, layer: str, batch: Array, regions: npt.NDArray[np.bool_], channels: Array, progress: Progress
) -> Taped:
    """Gradient of the sum over a region of each pixel's log-odds, with respect to a layer.

    Args:
        spec: The network.
        layer: As of :func:`at_layer`.
        batch: Prepared inputs, shape ``(n, rows, columns, channels)``.
        regions: True inside, shape ``(n, rows, columns)``.
        channels: 1 for each channel of the logits that means yes, else 0, shape ``(channels,)``. A network of one
            channel has none for the background here: its logit is against nothing.
        progress: Called after each batch.

    Raises:
        NotApplicableError: As :func:`at_layer`, of the logits a pixel.
        WeightsError: As :func:`at_layer`.
        ModelError: As :func:`at_layer`.
    """
    network = network_of(spec)
    tensor = layer_of(network.graph, layer)
    grid = tuple(network.graph.image.shape[:3])
    masks = kept(network, "masks", lambda: heads.masks(network.graph, spec.masks, spec.mask_classes))
    traced = kept(network, ("region", layer), lambda: _slope(network.graph, tensor, masks, _region_odds, (None,), grid))
    inside = np.asarray(regions, np.float32)
    return _joined(traced, batch, lambda part: (np.asarray(channels, np.float32), inside[part]), progress)


def at_input(spec: ExportSpec, batch: Array, question: Decision, progress: Progress) -> Taped:
    """Gradient of a decision's log-odds, before temperature, with respect to the input.

    Args:
        spec: The network.
        batch: Prepared inputs, shape ``(n, rows, columns, channels)``.
        question: The decision.
        progress: Called after each batch.

    Returns:
        With the input itself as features.

    Raises:
        WeightsError: As :func:`at_layer`.
        ModelError: As :func:`at_layer`.
    """
    network = network_of(spec)
    image = network.graph.image
    traced = kept(network, "input", lambda: _slope(network.graph, image, logits_of(network, spec), _odds, (None,)))
    sides = _sides(question, spec.classes)
    return _joined(traced, batch, lambda part: (sides,), progress)


def saliency(
    spec: ExportSpec, batch: Array, question: Decision, samples: int, noise: float, seed: int, progress: Progress
) -> Array:
    """Size of the gradient with respect to the input, the largest of all channels, by tf-keras-vis' ``Saliency``.

    Args:
        spec: The network.
        batch: Prepared inputs, shape ``(n, rows, columns, channels)``.
        question: The decision.
        samples: Noisy copies of each input whose gradients are averaged (SmoothGrad); 0 for the input as it is.
        noise: Standard deviation of the noise, as a share of the range of the input's values.
        seed: Of the noise.
        progress: Called after each sample.

    Returns:
        ``float32``, shape ``(n, rows, columns)``, log-odds per unit of the input, 0 and above.

    Raises:
        WeightsError: As :func:`at_layer`.
        ModelError: As :func:`at_layer`.
    """
    import tensorflow as tf
    from tf_keras_vis.saliency import Saliency

    network = network_of(spec)
    library = kept(network, "saliency", lambda: Saliency(_Callable(network.graph, logits_of(network, spec)), None))
    sides = _sides(question, spec.classes)

    def score(logits: Any) -> Any:
        return _odds(logits, tf.constant(sides))

    np.random.seed(seed)  # noqa: NPY002 - tf-keras-vis draws from it
    found = np.zeros(batch.shape, np.float32)
    total, done = len(batch) * max(samples, 1), 0
    for index, image in enumerate(batch):
        # one sample a call: the same draws as in a call for all of them, and a word of progress after each
        for _ in range(max(samples, 1)):
            found[index] += library(
                score,
                image[None],
                smooth_samples=min(samples, 1),
                smooth_noise=noise,
                keepdims=True,
                normalize_map=False,
            )[0]
            done += 1
            progress(done, total, "")
    return np.asarray(found.max(axis=-1) / np.float32(max(samples, 1)), dtype=np.float32)


def places(spec: ExportSpec, progress: Progress) -> tuple[tuple[str, int, int, int], ...]:
    """Layers that a map can be made of: the last one of each grid on the way from the input to the outputs.

    The input's own grid is none, nor are those that padding and cropping leave.

    Args:
        spec: The network.
        progress: Not called.

    Returns:
        Path, rows, columns and channels of each, in the network's order.

    Raises:
        WeightsError: As :func:`at_layer`.
        ModelError: As :func:`at_layer`.
    """
    graph = network_of(spec).graph
    before = _before(graph, graph.find(spec.logits or spec.masks))
    last: dict[tuple[int, int], tuple[str, int, int, int]] = {}
    for call in graph.calls:
        shape = tuple(getattr(call.output, "shape", ()))
        plain = call.layer.__class__.__name__ not in _NO_PLACE and len(shape) == 4 and None not in shape[1:]
        if call.path in before and plain and shape[1:3] != graph.image.shape[1:3]:
            rows, columns, channels = shape[1:]
            last.pop((rows, columns), None)  # so that the order is that of the last layers
            last[rows, columns] = (call.path, rows, columns, channels)
    return tuple(last.values())


def _before(graph: Graph, end: Call) -> set[str]:
    """Paths of all calls that a call depends on."""
    found: set[str] = set()
    waiting = [end]
    while waiting:
        call = waiting.pop()
        for tensor in call.inputs:
            maker = graph.maker(tensor)
            if maker is not None and maker.path not in found:
                found.add(maker.path)
                waiting.append(maker)
    return found


def _sides(question: Decision, classes: int) -> Array:
    """1 for each class that means yes, else 0."""
    result = np.zeros(classes, np.float32)
    result[list(question.positive)] = 1
    return result


def _odds(logits: Any, yes: Any) -> Any:
    """Log-odds of the channels that mean yes against all others; of one channel alone, its logit."""
    import tensorflow as tf

    if logits.shape[-1] == 1:
        return logits[..., 0]
    least = tf.constant(-np.inf, logits.dtype)
    above, below = (tf.reduce_logsumexp(tf.where(side > 0, logits, least), axis=-1) for side in (yes, 1 - yes))
    return above - below


def _region_odds(logits: Any, yes: Any, inside: Any) -> Any:
    import tensorflow as tf

    return tf.reduce_sum(_odds(logits, yes) * inside, axis=[1, 2])


def _slope(graph: Graph, tensor: Any, outputs: Any, value: Callable[..., Any], *more: tuple[int | None, ...]) -> Any:
    """Traced once: from inputs to a layer's features, the gradient of each input's own value, and the value.

    Args:
        graph: The network.
        tensor: The layer's, or the input itself.
        outputs: Tensor that the value is made of.
        value: From ``outputs`` and more arguments to one number an input.
        *more: Shapes of those arguments.
    """
    import keras
    import tensorflow as tf

    at_image = tensor is graph.image
    part = keras.Model(graph.image, outputs if at_image else [outputs, tensor])

    def slope(batch: Any, *arguments: Any) -> Any:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(batch)
            found = part(batch, training=False)
            found, features = (found, batch) if at_image else found
            values = value(tf.cast(found, tf.float32), *arguments)
            # no input's value depends on another's in inference mode: the sum has each one's own gradient
            total = tf.reduce_sum(values)
        gradient = tape.gradient(total, features)
        if gradient is None:
            raise NotApplicableError("a map needs a layer that what is explained depends on; this one comes beside it")
        return tf.cast(features, tf.float32), tf.cast(gradient, tf.float32), values

    shapes = (tuple(graph.image.shape), *more)
    return tf.function(slope, [tf.TensorSpec(shape, tf.float32) for shape in shapes], autograph=False)


def _joined(traced: Any, batch: Array, more: Callable[[slice], tuple[Any, ...]], progress: Progress) -> Taped:
    import tensorflow as tf

    found = []
    for at in range(0, len(batch), _CHUNK):
        part = slice(at, at + _CHUNK)
        given = [tf.constant(np.asarray(one, np.float32)) for one in (batch[part], *more(part))]
        found.append([one.numpy() for one in traced(*given)])
        progress(min(at + _CHUNK, len(batch)), len(batch), "")
    features, gradient, values = (np.concatenate(column) for column in zip(*found, strict=True))
    return Taped(features, gradient, values)


class _Callable:
    """A network as tf-keras-vis wants to call it, traced: as Keras calls it, each gradient takes ten times as long."""

    def __init__(self, graph: Graph, logits: Any) -> None:
        import keras
        import tensorflow as tf

        model = keras.Model(graph.image, logits)
        self.inputs, self.outputs = model.inputs, model.outputs
        self._call = tf.function(lambda image: model(image, training=False), reduce_retracing=True, autograph=False)

    def __call__(self, images: list[Any], training: bool = False) -> Any:
        return self._call(images[0])
