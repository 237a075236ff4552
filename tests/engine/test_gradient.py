"""Gradients of networks so simple that they can be worked out by hand."""

import dataclasses

import numpy as np
import pytest

from medimg_core.engine.gradient import mask_gradient, score_gradient
from medimg_core.errors import NotApplicableError, WeightsError
from medimg_core.registry import MaskSpec, ModelCard, OutputSpec, Reading, load_card, sha256_of

SIZE = (6, 5)
MASK = MaskSpec(0.5, 0, sides=False, extent="image", plausible=(), agreement=0.0, targets=())
CLASSES = OutputSpec("logits", "classification", ("a", "b", "c"), Reading("sick", ("b", "c"), "sick", "not sick"), "")


def card_of(folder, build, *outputs):
    """A card whose network is what ``build`` makes of the input."""
    import keras

    keras.utils.set_random_seed(3)
    image = keras.Input((*SIZE, 1), name="image")
    network = keras.Model(image, [build[output.name](image) for output in outputs])
    network.save(folder / "weights.keras")
    plain: ModelCard = load_card("chest_xray_pneumonia")
    return network, dataclasses.replace(
        plain,
        folder=folder,
        id="hand",
        input=dataclasses.replace(plain.input, size=SIZE),
        outputs=outputs,
        temperature=2.0,
        sha256=sha256_of(folder / "weights.keras"),
    )


def dense(image):
    from keras import layers

    return layers.Dense(3, name="logits")(layers.Flatten()(image))


def pixels(channels):
    def build(image):
        from keras import layers

        return layers.Conv2D(channels, 1, name="mask_logits")(image)

    return build


def numeric(loss, batch, step=1e-3):
    """Central differences of a loss of shape ``(n,)``."""
    result = np.zeros_like(batch, dtype=float)
    for place in np.ndindex(*batch.shape[1:]):
        up, down = batch.astype(float), batch.astype(float)
        up[(slice(None), *place)] += step
        down[(slice(None), *place)] -= step
        result[(slice(None), *place)] = (loss(up) - loss(down)) / (2 * step)
    return result


def batch(n=10):
    return np.random.default_rng(0).normal(size=(n, *SIZE, 1)).astype(np.float32)


def test_the_score_of_a_linear_network(tmp_path):
    network, card = card_of(tmp_path, {"logits": dense}, CLASSES)
    kernel, bias = (np.asarray(w, float) for w in network.get_layer("logits").get_weights())
    given, truth = batch(), np.arange(10) % 3 == 0

    def loss(values):
        z = values.reshape(len(values), -1) @ kernel + bias
        odds = (np.logaddexp(z[:, 1], z[:, 2]) - z[:, 0]) / 2.0
        return np.logaddexp(0, -np.where(truth, 1, -1) * odds)

    found = score_gradient(card)(given, truth)
    assert (found.shape, found.dtype) == (given.shape, np.float32)
    np.testing.assert_allclose(found, numeric(loss, given), atol=1e-5)


@pytest.mark.parametrize(
    ("names", "targets"), [(("lesion",), [[0]]), (("inner", "wall"), [[0], [0, 1]])], ids=["one class", "two targets"]
)
def test_the_mask_of_a_network_of_single_pixels(tmp_path, names, targets):
    channels = 1 if len(names) == 1 else len(names) + 1
    output = OutputSpec("mask_logits", "segmentation", names, None, "", MASK)
    network, card = card_of(tmp_path, {"mask_logits": pixels(channels)}, output)
    kernel, _ = (np.asarray(w, float) for w in network.get_layer("mask_logits").get_weights())
    given = batch(9)
    truth = np.random.default_rng(1).random((9, len(targets), *SIZE)) < 0.4
    truth[0] = False

    def loss(values):
        z = values * kernel[0, 0, 0]
        z = np.concatenate([np.zeros_like(z), z], axis=-1) if channels == 1 else z
        power = np.exp(z)
        total = np.zeros(len(values))
        for index, target in enumerate(targets):
            found = power[..., [k + 1 for k in target]].sum(axis=-1) / power.sum(axis=-1)
            drawn = truth[:, index]
            total += -np.log(np.where(drawn, found, 1 - found)).mean(axis=(1, 2))
            both = (found * drawn).sum(axis=(1, 2))
            total += 1 - (2 * both + 1) / (found.sum(axis=(1, 2)) + drawn.sum(axis=(1, 2)) + 1)
        return total

    found = mask_gradient(card, targets)(given, truth)
    np.testing.assert_allclose(found, numeric(loss, given), atol=1e-5)


def test_what_has_no_gradient(tmp_path):
    _, card = card_of(tmp_path, {"logits": dense}, CLASSES)
    with pytest.raises(NotApplicableError, match="model that segments"):
        mask_gradient(card, [[0]])
    silent = dataclasses.replace(card, outputs=(dataclasses.replace(CLASSES, reading=None),))
    with pytest.raises(NotApplicableError, match="needs a reading"):
        score_gradient(silent)
    with pytest.raises(WeightsError, match="SHA-256"):
        score_gradient(dataclasses.replace(card, sha256="0" * 64))
    masks = dataclasses.replace(card, outputs=(OutputSpec("mask_logits", "segmentation", ("a",), None, "", MASK),))
    with pytest.raises(NotApplicableError, match=r"classes 0\.\.0"):
        mask_gradient(masks, [[1]])
