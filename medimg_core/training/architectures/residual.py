"""Networks that give a class, as flat functional Keras graphs."""

from collections.abc import Sequence
from typing import Any

BN_MOMENTUM = 0.9
"""With few steps an epoch, 0.99 leaves the moving averages at chance for the first epochs."""


def conv(x: Any, filters: int, size: int, stride: int = 1, name: str | None = None) -> Any:
    """Convolution without bias, then batch normalisation, which is called ``<name>_bn``."""
    from keras import layers

    x = layers.Conv2D(
        filters, size, strides=stride, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
    )(x)
    return layers.BatchNormalization(momentum=BN_MOMENTUM, name=f"{name}_bn" if name else None)(x)


def stage(x: Any, width: int, blocks: int, last: str | None = None, name: str = "") -> Any:
    """Residual blocks, the first of stride 2.

    Args:
        x: Tensor of shape ``(batch, rows, columns, channels)``.
        width: Channels of the result.
        blocks: Number of blocks.
        last: Name of the last activation.
        name: How the names of its convolutions begin; Keras numbers them where there is none.
    """
    from keras import layers

    def named(block: int, part: str) -> str | None:
        return f"{name}_{block}_{part}" if name else None

    for block in range(blocks):
        stride = 2 if block == 0 else 1
        y = layers.ReLU()(conv(x, width, 3, stride, named(block, "first")))
        y = conv(y, width, 3, name=named(block, "second"))
        if stride > 1:
            x = layers.AveragePooling2D(2, padding="same")(x)
            x = conv(x, width, 1, name=named(block, "beside"))
        x = layers.ReLU(name=last if block == blocks - 1 else None)(layers.Add()([x, y]))
    return x


def residual(
    *, size: int, stem: int, widths: Sequence[int], blocks: Sequence[int], classes: int, dropout: float = 0.0
) -> Any:
    """Residual network: stem of stride 2, then stages that each halve the grid.

    Layer ``features`` is the last activation, ``embedding`` its global average, ``logits`` the dense
    head.

    Args:
        size: Side of the square grey input, in pixels.
        stem: Channels of the stem.
        widths: Channels of each stage.
        blocks: Residual blocks of each stage.
        classes: Number of logits.
        dropout: Share of the embedding dropped while training.
    """
    import keras
    from keras import layers

    image = keras.Input((size, size, 1), name="image")
    x = layers.ReLU()(conv(image, stem, 5, 2))
    for number, (width, count) in enumerate(zip(widths, blocks, strict=True)):
        x = stage(x, width, count, last="features" if number == len(widths) - 1 else None)
    x = layers.GlobalAveragePooling2D(name="embedding")(x)
    if dropout:
        x = layers.Dropout(dropout, name="embedding_dropout")(x)
    logits = layers.Dense(classes, dtype="float32", name="logits")(x)
    return keras.Model(image, logits, name="residual")


def plain(*, size: int, classes: int) -> Any:
    """The seed article's network: two convolutions with pooling, dense 64; here with class logits."""
    import keras
    from keras import layers

    image = keras.Input((size, size, 1), name="image")
    x = layers.Conv2D(32, 3, activation="relu")(image)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(64, 3, activation="relu", name="features")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dense(64, activation="relu", name="embedding")(x)
    return keras.Model(image, layers.Dense(classes, dtype="float32", name="logits")(x), name="plain")
