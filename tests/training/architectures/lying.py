"""Where a network's cells lie over its image."""

import numpy as np


def even(network):
    """Give every convolution the same positive weight everywhere, so that a cell sees with all of its field alike."""
    for layer in network.layers:
        for weight in layer.weights:
            if weight.name == "kernel" and "depthwise" in layer.name:
                weight.assign(np.full(weight.shape, 1 / np.prod(weight.shape[:2]), np.float32))
            elif weight.name == "kernel":
                weight.assign(np.full(weight.shape, 1 / np.prod(weight.shape[:-1]), np.float32))
    return network


def offset(network, layer):
    """How far the centre of what the middle cell sees lies below and right of the cell itself, in pixels."""
    import keras
    import tensorflow as tf

    inner = keras.Model(network.inputs[0], network.get_layer(layer).output)
    # Small, so that no activation reaches the six at which some are cut.
    image = tf.Variable(np.full((1, *network.inputs[0].shape[1:]), 0.01, np.float32))
    with tf.GradientTape() as tape:
        cells = inner(image)
        row, column = cells.shape[1] // 2, cells.shape[2] // 2
        cell = tf.reduce_sum(cells[:, row, column])
    seen = np.abs(tape.gradient(cell, image).numpy()[0]).sum(-1)
    stride = network.inputs[0].shape[1] / cells.shape[1]
    centres = [(np.arange(seen.shape[axis]) * seen.sum(1 - axis)).sum() / seen.sum() for axis in (0, 1)]
    return [centre - ((at + 0.5) * stride - 0.5) for centre, at in zip(centres, (row, column), strict=True)]


def alike(network, axes=(1, 2)):
    """Whether a mirrored input gives the mirrored mask, with kernels that are their own mirror images."""
    import keras

    for layer in network.layers:
        for weight in layer.weights:
            if weight.name == "kernel":
                values = np.asarray(weight.value)
                for axis in range(len(axes)):
                    values = (values + np.flip(values, axis)) / 2
                weight.assign(values)
    model = keras.Model(network.inputs[0], network.get_layer("mask_logits").output)
    given = np.random.default_rng(0).normal(0, 1, (1, *network.inputs[0].shape[1:])).astype(np.float32)
    plain, turned = (np.asarray(model(values)) for values in (given, np.flip(given, axes)))
    return float(np.abs(np.flip(turned, axes) - plain).max()) < 1e-3 * float(plain.std())
