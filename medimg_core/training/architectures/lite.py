"""EfficientNet-Lite0's first stages as an encoder: inverted residual blocks, fast on a CPU.

Source: Tan & Le, ICML 2019, arXiv:1905.11946; the Lite variant (no squeeze-and-excitation, ReLU6) is Google's of
March 2020. ``encoders/efficientnet_lite0.keras`` holds these stages' weights after training on ImageNet-1k.
"""

from pathlib import Path
from typing import Any

BN_MOMENTUM = 0.9
"""With few steps an epoch, 0.99 leaves the moving averages at chance for the first epochs."""

STAGES = ((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3))
"""Expansion, kernel, stride, channels and blocks of each stage."""

TURNED = 4
"""Stage whose step down is padded at the top and left instead of at the bottom and right.

A kernel of odd size with stride 2 cannot lie evenly over the pixels: each step down moves the grid by half a pixel of
its own, 0.5, 1, 2 and 4 pixels of the input, all to one side with the usual padding. With the last one turned round
7.5 pixels become 0.5, so that a map of the last activation lies where its evidence is.
"""

WEIGHTS = Path(__file__).resolve().parents[1] / "encoders" / "efficientnet_lite0.keras"


def lite0(image: Any) -> tuple[Any, list[Any]]:
    """The stages of stride 2 to 16 on an input tensor.

    Args:
        image: Tensor of shape ``(batch, rows, columns, channels)``; sides are multiples of 16.

    Returns:
        The last activation, 112 channels at stride 16, and the tensors to skip from, at strides 2, 4 and 8.
    """
    x = _unit(image, 32, 3, 2, "stem")
    skips = []
    for stage, (expansion, kernel, stride, channels, blocks) in enumerate(STAGES, start=1):
        for block in range(blocks):
            name = f"stage{stage}_{block}"
            step = stride if block == 0 else 1
            if step == 2:
                skips.append(x)
            x = _inverted(x, expansion, kernel, step, channels, name)
    return x, skips


def _inverted(x: Any, expansion: int, kernel: int, stride: int, channels: int, name: str) -> Any:
    from keras import layers

    inner = int(x.shape[-1]) * expansion
    y = x if expansion == 1 else _unit(x, inner, 1, 1, f"{name}_expand")
    padding = "same"
    if stride == 2 and name == f"stage{TURNED}_0":
        y, padding = layers.ZeroPadding2D(((1, 0), (1, 0)), name=f"{name}_padding")(y), "valid"
    y = layers.DepthwiseConv2D(kernel, strides=stride, padding=padding, use_bias=False, name=f"{name}_depthwise")(y)
    y = layers.BatchNormalization(momentum=BN_MOMENTUM, name=f"{name}_depthwise_bn")(y)
    y = layers.ReLU(6.0, name=f"{name}_depthwise_relu")(y)
    y = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project")(y)
    y = layers.BatchNormalization(momentum=BN_MOMENTUM, name=f"{name}_project_bn")(y)
    return layers.Add(name=f"{name}_add")([x, y]) if stride == 1 and x.shape[-1] == channels else y


def _unit(x: Any, filters: int, kernel: int, stride: int, name: str) -> Any:
    from keras import layers

    x = layers.Conv2D(filters, kernel, strides=stride, padding="same", use_bias=False, name=name)(x)
    x = layers.BatchNormalization(momentum=BN_MOMENTUM, name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x)


def load_imagenet(model: Any) -> None:
    """Give a model that begins with :func:`lite0` the weights of ImageNet-1k.

    Layers are matched by name; a grey input takes the sum over the colours of the first kernel, which is what the
    colour network makes of equal channels.

    Args:
        model: Keras model; layers whose names the encoder's file does not have stay as they are.
    """
    import keras

    encoder = keras.saving.load_model(WEIGHTS, compile=False)
    own = {layer.name: layer for layer in model.layers}
    for layer in encoder.layers:
        if layer.weights:
            values = layer.get_weights()
            if layer.name == "stem" and own["stem"].kernel.shape[2] == 1:
                values = [values[0].sum(axis=2, keepdims=True)]
            own[layer.name].set_weights(values)
