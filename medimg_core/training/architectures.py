"""Network architectures as flat functional Keras graphs, one small function each."""

from collections.abc import Sequence
from typing import Any

BN_MOMENTUM = 0.9
"""With few steps an epoch, 0.99 leaves the moving averages at chance for the first epochs."""


def _conv(x: Any, filters: int, size: int, stride: int = 1, name: str | None = None) -> Any:
    from keras import layers

    x = layers.Conv2D(
        filters, size, strides=stride, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
    )(x)
    return layers.BatchNormalization(momentum=BN_MOMENTUM)(x)


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
    x = layers.ReLU()(_conv(image, stem, 5, 2))
    for stage, (width, count) in enumerate(zip(widths, blocks, strict=True)):
        for block in range(count):
            stride = 2 if block == 0 else 1
            y = layers.ReLU()(_conv(x, width, 3, stride))
            y = _conv(y, width, 3)
            if stride > 1:
                x = layers.AveragePooling2D(2, padding="same")(x)
                x = _conv(x, width, 1)
            last = stage == len(widths) - 1 and block == count - 1
            x = layers.ReLU(name="features" if last else None)(layers.Add()([x, y]))
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


def unet(*, size: int, base: int = 16, depth: int = 3) -> Any:
    """Small U-Net with one logit a pixel. Source: Ronneberger et al., MICCAI 2015.

    Args:
        size: Side of the square grey input, in pixels; a multiple of ``2 ** depth``.
        base: Channels at full resolution; doubled at each of ``depth`` steps down.
        depth: Steps down.
    """
    import keras
    from keras import layers

    def twice(x: Any, filters: int) -> Any:
        return layers.ReLU()(_conv(layers.ReLU()(_conv(x, filters, 3)), filters, 3))

    image = keras.Input((size, size, 1), name="image")
    x, skips = image, []
    for level in range(depth):
        x = twice(x, base * 2**level)
        skips.append(x)
        x = layers.MaxPooling2D()(x)
    x = twice(x, base * 2**depth)
    for level in reversed(range(depth)):
        x = layers.UpSampling2D(interpolation="bilinear")(x)
        x = layers.Concatenate()([x, skips[level]])
        x = twice(x, base * 2**level)
    return keras.Model(image, layers.Conv2D(1, 1, dtype="float32", name="mask_logits")(x), name="unet")
