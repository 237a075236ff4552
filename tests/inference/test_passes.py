"""Slices through a network: in order, in batches, beside other work, and stopped."""

import dataclasses
import threading

import numpy as np
import pytest

from medimg_core.engine import forward
from medimg_core.errors import Cancelled, IncompatibleInputError, NotApplicableError
from medimg_core.inference.passes import BATCH, canvas, passes, resizes
from medimg_core.preprocess import prepare


def images(count, shape=(50, 70)):
    return np.random.default_rng(1).uniform(-200, 400, (count, *shape)).astype(np.float32)


def sources(card, stack):
    return [lambda image=image: canvas(image, card) for image in stack]


def without_resizing(card):
    return dataclasses.replace(card, input=dataclasses.replace(card.input, steps=("window",)))


@pytest.mark.parametrize("count", [1, BATCH, 2 * BATCH + 3])
def test_each_slice_gets_what_it_would_get_alone(tiny_masks, count):
    stack, said = images(count), []
    found = passes(tiny_masks, sources(tiny_masks, stack), lambda place, one: (place, one), progress=said.append)
    assert [place for place, _ in found] == list(range(count))
    assert said == [*range(BATCH, count, BATCH), count]
    for (_, one), image in zip(found, stack, strict=True):
        alone = forward(tiny_masks, prepare(image, tiny_masks.input))
        np.testing.assert_allclose(one.scores, 1 / (1 + np.exp(-alone.masks[0].astype(float))), atol=1e-5)
        np.testing.assert_allclose(one.embedding, alone.embedding[0], atol=1e-5)
        assert one.activations is None


def test_classes_and_masks_come_of_one_pass(tiny_multi):
    stack = images(3)
    found = passes(tiny_multi, sources(tiny_multi, stack), lambda _, one: one)
    for one, image in zip(found, stack, strict=True):
        alone = forward(tiny_multi, prepare(image, tiny_multi.input))
        np.testing.assert_allclose(one.activations.logits, alone.logits[0], atol=1e-4)
        np.testing.assert_allclose(one.scores.sum(axis=-1), 1, atol=1e-5)
        np.testing.assert_array_equal(one.scores.argmax(axis=-1), alone.masks[0].argmax(axis=-1))


@pytest.mark.parametrize("shape", [(40, 56), (90, 130), (41, 57), (12, 20)])
def test_windows_say_what_one_large_pass_would(tiny_masks, shape):
    """The tiny network looks at 3 x 3 pixels: away from the windows' edges it does not matter where they lie."""
    from scipy.ndimage import uniform_filter

    card, stack = without_resizing(tiny_masks), images(2, shape)
    assert not resizes(card)
    found = passes(card, sources(card, stack), lambda _, one: one.scores[..., 0])
    for scores, image in zip(found, stack, strict=True):
        assert scores.shape == shape
        grey = (np.clip(image, -100, 300) + 100) / 400
        expected = 1 / (1 + np.exp(-40 * (uniform_filter(grey, 3, mode="constant").astype(float) - 0.5)))
        inside = (slice(2, -2), slice(2, -2))  # there some window sees all neighbours; at the rim none may
        np.testing.assert_allclose(scores[inside], expected[inside], atol=0.02)


def test_what_cannot_be_read_in_windows(tiny_multi, tiny_model):
    card = without_resizing(dataclasses.replace(tiny_multi, input=dataclasses.replace(tiny_multi.input, steps=())))
    with pytest.raises(NotApplicableError, match="must see the whole image"):
        passes(card, [], lambda _, one: one)
    with pytest.raises(NotApplicableError, match="needs a model that segments"):
        passes(tiny_model, [], lambda _, one: one)


def test_stopping_makes_no_more_slices_and_leaves_no_thread(tiny_masks):
    made, before = [], threading.active_count()

    def source(index):
        made.append(index)
        return np.zeros(tiny_masks.input.size, np.float32)

    def stop(done):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        passes(tiny_masks, [lambda i=i: source(i) for i in range(10 * BATCH)], lambda _, one: one, progress=stop)
    assert len(made) <= 2 * BATCH
    for thread in threading.enumerate():
        if thread.name.startswith("ThreadPoolExecutor"):
            thread.join(10)
    assert threading.active_count() <= before


@pytest.mark.parametrize("where", ["source", "treat"])
def test_errors_beside_the_network_are_raised(tiny_masks, where):
    def broken(*_):
        raise IncompatibleInputError("no such slice")

    good = sources(tiny_masks, images(3))
    with pytest.raises(IncompatibleInputError, match="no such slice"):
        passes(tiny_masks, [broken] if where == "source" else good, broken if where == "treat" else lambda _, one: one)
