"""The end of a network: logits out of whatever activation it ends in, and what its maps may rest on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.engine.network import TOLERANCE, Call, Graph
from medimg_core.errors import ModelError

__all__ = ["Head", "dense", "masks", "pooled"]

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Head:
    """A dense layer at the end of a network, as logits.

    Attributes:
        embedding: Tensor that it takes, shape ``(batch, channels)``.
        logits: Tensor of the logits, shape ``(batch, classes)``.
        kernel: ``float32``, shape ``(channels, classes)``.
        bias: ``float32``, shape ``(classes,)``.
    """

    embedding: Any
    logits: Any
    kernel: Array
    bias: Array


def dense(graph: Graph, name: str, classes: int) -> Head:
    """Logits of the classes, from a dense layer that gives logits, a softmax, or one sigmoid for two classes.

    One unit ``z`` for two classes becomes the logits ``[0, z]``: their softmax is ``sigmoid(z)``.

    Args:
        graph: The network.
        name: Path of the dense layer, or of the activation behind it.
        classes: Number of classes on the card.

    Raises:
        ModelError: It is no dense layer, has another activation, or another number of units.
    """
    import keras

    call, activation = _before_activation(graph, graph.find(name))
    layer = call.layer
    if not isinstance(layer, keras.layers.Dense) or len(call.inputs[0].shape) != 2:
        raise ModelError(
            f"layer {name!r} must be a Dense layer on one vector an image; it is {layer.__class__.__name__} on "
            f"{tuple(call.inputs[0].shape)}"
        )
    kernel = np.asarray(layer.kernel, np.float32)
    bias = np.asarray(layer.bias, np.float32) if layer.use_bias else np.zeros(kernel.shape[1], np.float32)
    units = kernel.shape[1]
    if activation == "sigmoid" and units > 1:
        raise ModelError(
            f"the classes of layer {name!r} must exclude each other (softmax, or one sigmoid for two classes); "
            f"it ends in {units} sigmoids"
        )
    if activation not in ("linear", "softmax", "sigmoid") or (activation == "softmax" and units == 1):
        raise ModelError(
            f"layer {name!r} must give logits, a softmax or one sigmoid; it ends in {activation} of {units}"
        )
    if units == 1 and classes == 2:
        kernel, bias = np.hstack([np.zeros_like(kernel), kernel]), np.array([0, bias[0]], np.float32)
    elif units != classes:
        raise ModelError(f"layer {name!r} must give {classes} logits, one for each class of the card; it gives {units}")
    elif activation == "linear":
        return Head(call.inputs[0], call.output, kernel, bias)
    logits = keras.layers.Dense(classes, dtype="float32", name="logits_of_the_card")
    tensor = logits(call.inputs[0])
    logits.set_weights([kernel, bias])
    return Head(call.inputs[0], tensor, kernel, bias)


def masks(graph: Graph, name: str, classes: int) -> Any:
    """Tensor of the logits a pixel, on the grid of the input: one channel for one class, else 1 + classes.

    A softmax over background and one class becomes one logit, their difference.

    Args:
        graph: The network.
        name: Path of the layer that gives them, or of the activation behind it.
        classes: Number of classes on the card, without the background.

    Raises:
        ModelError: It has another shape, another activation, or another number of channels.
    """
    call, activation = _before_activation(graph, graph.find(name))
    tensor = call.output if _own_activation(call) == "linear" else _without_activation(call)
    shape, grid = tuple(tensor.shape), tuple(graph.image.shape[1:-1])
    if len(shape) != len(grid) + 2 or shape[1:-1] != grid:
        sides = "rows, columns" if len(grid) == 2 else "slices, rows, columns"
        raise ModelError(f"layer {name!r} must give (batch, {sides}, channels) with {grid}, got {shape}")
    channels = shape[-1]
    if activation not in ("linear", "softmax" if channels > 1 else "sigmoid"):
        raise ModelError(
            f"layer {name!r} must give logits a pixel, one sigmoid, or a softmax with the background first; "
            f"it ends in {activation} of {channels}"
        )
    if channels not in ((1, 2) if classes == 1 else (classes + 1,)):
        wanted = "1 or 2" if classes == 1 else str(classes + 1)
        raise ModelError(
            f"layer {name!r} must give {wanted} channels for {classes} classes (of several the first is the "
            f"background's); it gives {channels}"
        )
    if classes == 1 and channels == 2:
        return tensor[..., 1:] - tensor[..., :1]
    return tensor


def pooled(features: Any, head: Head, layer: str) -> Head:
    """The head on the mean of the features, where that is exact: a closed form for maps needs it.

    Dropout and normalisation between pooling and dense layer are allowed: what lies between is measured with
    random features. Scale and offset of each channel go into kernel and bias.

    Args:
        features: Tensor of the last feature map, shape ``(batch, rows, columns, channels)``.
        head: What follows.
        layer: Name of the feature map's layer.

    Raises:
        ModelError: Something else lies between.
    """
    import keras

    refusal = ModelError(
        f'the card\'s [cam] head = "pooling_dense" needs global average pooling and one dense layer behind {layer!r}; '
        "something else follows it here. Name the head's sub-model as head instead: the model then runs, so far "
        "without a map"
    )
    if len(features.shape) != 4 or None in features.shape[1:]:
        raise refusal
    shape = (4, *features.shape[1:])
    try:
        between = keras.Model(features, head.embedding)
        probe = np.random.default_rng(1).normal(size=shape).astype(np.float32)
        offset, one, found = (
            np.asarray(between(values, training=False), np.float32)
            for values in (np.zeros(shape, np.float32), np.ones(shape, np.float32), probe)
        )
    except ValueError as error:  # the embedding needs more than these features
        raise refusal from error
    offset, scale = offset[0], one[0] - offset[0]
    if scale.shape != shape[-1:]:
        raise refusal
    wanted = probe.mean(axis=(1, 2)) * scale + offset
    if np.abs(found - wanted).max() > TOLERANCE * max(1.0, float(np.abs(scale).max())):
        raise refusal
    if np.allclose(scale, 1, atol=1e-5) and np.allclose(offset, 0, atol=1e-5):
        return head
    mean = keras.layers.GlobalAveragePooling2D(name="embedding_of_the_card")(features)
    return Head(mean, head.logits, scale[:, None] * head.kernel, head.bias + offset @ head.kernel)


def _before_activation(graph: Graph, call: Call) -> tuple[Call, str]:
    """The layer behind whose output stands an activation, and the activation's name."""
    import keras

    layer = call.layer
    if isinstance(layer, keras.layers.Softmax):
        kind = "softmax"
    elif isinstance(layer, keras.layers.Activation):
        kind = layer.activation.__name__
    else:
        return call, _own_activation(call)
    before = graph.maker(call.inputs[0])
    if before is None or _own_activation(before) != "linear":
        raise ModelError(f"layer {call.path!r} must follow a layer without an activation of its own")
    return before, kind


def _own_activation(call: Call) -> str:
    return str(getattr(getattr(call.layer, "activation", None), "__name__", "linear"))


def _without_activation(call: Call) -> Any:
    """The tensor of a layer as if it had no activation."""
    config = call.layer.get_config() | {"activation": "linear", "name": "masks_of_the_card", "dtype": "float32"}
    copy = call.layer.__class__.from_config(config)
    tensor = copy(*call.inputs)
    copy.set_weights(call.layer.get_weights())
    return tensor
