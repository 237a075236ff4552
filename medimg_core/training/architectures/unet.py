"""Networks that give a mask, a class, or both from one encoder; flat functional Keras graphs."""

from collections.abc import Sequence
from typing import Any

from medimg_core.errors import InvalidCardError
from medimg_core.training.architectures.lite import lite0
from medimg_core.training.architectures.residual import conv, stage

__all__ = ["fcn", "multi_task", "unet", "unet3d"]


def _unit(x: Any, filters: int, size: int = 3, name: str | None = None) -> Any:
    from keras import layers

    return layers.ReLU(name=name)(conv(x, filters, size, name=f"{name}_conv" if name else None))


def residual_encoder(image: Any, widths: Sequence[int], stem: int = 16) -> tuple[Any, list[Any]]:
    """Residual stages of stride 2 on a stem of stride 2.

    Returns:
        The last activation and the tensors to skip from, finest first.
    """
    x, skips = _strided(image, stem), []
    for number, width in enumerate(widths, start=1):
        skips.append(x)
        x = stage(x, width, 2, name=f"residual{number}")
    return x, skips


def _strided(image: Any, filters: int) -> Any:
    from keras import layers

    # An even kernel with stride 2 lies evenly over its pixels; an odd one would shift the grid by half a pixel.
    return layers.ReLU()(conv(image, filters, 6, 2, "residual0"))


def multi_task(  # noqa: PLR0913 - settings of one network
    *,
    size: int,
    channels: int = 1,
    classes: int = 0,
    masks: int = 0,
    encoder: str = "lite0",
    widths: Sequence[int] = (32, 64, 128, 160),
    head: int = 192,
    decoder: Sequence[int] = (64, 48, 32),
    dropout: float = 0.0,
) -> Any:
    """One encoder with a head for classes, a head for masks, or both.

    Layers by name: ``features`` (last activation of the encoder), ``embedding`` (its global average), ``logits``,
    ``mask_logits`` at the input's size; every layer with weights has a name that another network of the same kind
    gives it too, so that weights can be taken over. The decoder ends at half the input's size, from where logits are
    interpolated: the last convolution at full size costs most and adds least.

    Args:
        size: Side of the square input, in pixels; a multiple of 16 with ``lite0``, of ``2 ** (stages + 1)`` else.
        channels: Of the input.
        classes: Number of class logits; 0 for none.
        masks: Number of logits a pixel; 0 for none.
        encoder: ``"lite0"`` or ``"residual"``.
        widths: Channels of the residual encoder's stages.
        head: Channels of ``features``.
        decoder: Channels of the steps up.
        dropout: Share of the embedding dropped while training.

    Returns:
        Model with outputs ``logits``, ``mask_logits`` (those that there are) and ``embedding``.

    Raises:
        InvalidCardError: Unknown encoder; a size that its steps down do not divide, or another number of steps up.
    """
    import keras
    from keras import layers

    image = keras.Input((size, size, channels), name="image")
    if encoder == "lite0":
        x, skips = lite0(image)
    elif encoder == "residual":
        x, skips = residual_encoder(image, widths)
    else:
        raise InvalidCardError(f"encoder must be lite0 or residual, got {encoder[:40]!r}")
    down = 2 ** (len(skips) + 1)
    if size % down or (masks and len(decoder) != len(skips)):
        raise InvalidCardError(
            f"size must be a multiple of {down} and `decoder` give {len(skips)} widths, got {size} and {list(decoder)}"
        )
    features = _unit(x, head, 1, "features")
    embedding = layers.GlobalAveragePooling2D(name="embedding")(features)
    outputs = []
    if classes:
        kept = layers.Dropout(dropout, name="embedding_dropout")(embedding) if dropout else embedding
        outputs.append(layers.Dense(classes, dtype="float32", name="logits")(kept))
    if masks:
        outputs.append(_decoder(features, skips, decoder, masks))
    return keras.Model(image, [*outputs, embedding], name="multi_task")


def _decoder(x: Any, skips: Sequence[Any], widths: Sequence[int], masks: int) -> Any:
    from keras import layers

    for step, (skip, width) in enumerate(zip(reversed(skips), widths, strict=True), start=1):
        x = layers.UpSampling2D(interpolation="bilinear")(x)
        x = layers.Concatenate()([x, skip])
        x = _unit(_unit(x, width, name=f"decoder{step}_first"), width, name=f"decoder{step}_second")
    x = layers.Conv2D(masks, 1, dtype="float32", name="mask_half")(x)
    return layers.UpSampling2D(interpolation="bilinear", dtype="float32", name="mask_logits")(x)


def unet(*, size: int, base: int = 16, depth: int = 3, masks: int = 1, channels: int = 1) -> Any:
    """U-Net with logits of each pixel. Source: Ronneberger et al., MICCAI 2015.

    Args:
        size: Side of the square input, in pixels; a multiple of ``2 ** depth``.
        base: Channels at full resolution; doubled at each of ``depth`` steps down.
        depth: Steps down.
        masks: Logits a pixel.
        channels: Of the input.
    """
    import keras
    from keras import layers

    image = keras.Input((size, size, channels), name="image")
    x, skips = image, []
    for level in range(depth):
        x = _unit(_unit(x, base * 2**level), base * 2**level)
        skips.append(x)
        x = layers.MaxPooling2D()(x)
    x = _unit(_unit(x, base * 2**depth), base * 2**depth)
    for level in reversed(range(depth)):
        x = layers.UpSampling2D(interpolation="bilinear")(x)
        x = layers.Concatenate()([x, skips[level]])
        x = _unit(_unit(x, base * 2**level), base * 2**level)
    return keras.Model(image, layers.Conv2D(masks, 1, dtype="float32", name="mask_logits")(x), name="unet")


def unet3d(*, shape: tuple[int, int, int], widths: Sequence[int] = (8, 16, 32), masks: int = 1) -> Any:
    """U-Net of volumes. Source: Cicek et al., MICCAI 2016, arXiv:1606.06650.

    Layers by name: ``features``, the last activation at the bottom, and ``mask_logits``.

    Args:
        shape: Slices, rows and columns of the input; multiples of ``2 ** (len(widths) - 1)``.
        widths: Channels at full resolution and after each step down.
        masks: Logits a voxel.

    Raises:
        InvalidCardError: The steps down do not divide the input.
    """
    import keras
    from keras import layers

    if any(side % 2 ** (len(widths) - 1) for side in shape):
        raise InvalidCardError(f"sides of a volume must be multiples of {2 ** (len(widths) - 1)}, got {shape}")

    def unit(x: Any, filters: int, name: str) -> Any:
        x = layers.Conv3D(
            filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal", name=f"{name}_conv"
        )(x)
        return layers.ReLU(name=name)(layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(x))

    volume = keras.Input((*shape, 1), name="image")
    x, skips = volume, []
    for level, width in enumerate(widths):
        last = level == len(widths) - 1
        x = unit(unit(x, width, f"down{level}_first"), width, "features" if last else f"down{level}_second")
        if not last:
            skips.append(x)
            x = layers.MaxPooling3D()(x)
    for level in reversed(range(len(skips))):
        x = layers.Concatenate()([layers.UpSampling3D()(x), skips[level]])
        x = unit(unit(x, widths[level], f"up{level}_first"), widths[level], f"up{level}_second")
    return keras.Model(volume, layers.Conv3D(masks, 1, dtype="float32", name="mask_logits")(x), name="unet3d")


def fcn(*, size: int, widths: Sequence[int] = (32, 64, 128), masks: int = 1, channels: int = 1) -> Any:
    """Fully convolutional network without skips: stages down, one convolution, logits interpolated back.

    Source: Long et al., CVPR 2015, arXiv:1411.4038 (FCN-32s's plain form).

    Args:
        size: Side of the square input, in pixels; a multiple of ``2 ** (len(widths) + 1)``.
        widths: Channels of the stages.
        masks: Logits a pixel.
        channels: Of the input.
    """
    import keras
    from keras import layers

    image = keras.Input((size, size, channels), name="image")
    x, _ = residual_encoder(image, widths)
    x = layers.Conv2D(masks, 1, dtype="float32")(x)
    factor = 2 ** (len(widths) + 1)
    logits = layers.UpSampling2D(factor, interpolation="bilinear", dtype="float32", name="mask_logits")(x)
    return keras.Model(image, logits, name="fcn")
