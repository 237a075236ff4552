"""How unlike the training images an input looks as a whole."""

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.gate.thumbnail import SIDE, ThumbnailFit, thumbnail, thumbnails
from tests.gate.pictures import pictures


@pytest.fixture(scope="module")
def fit():
    return ThumbnailFit.fit(thumbnails(pictures(60, seed=0)), components=10)


def test_brightness_and_contrast_do_not_count():
    image = pictures(1, seed=3)[0]
    np.testing.assert_allclose(thumbnail(image), thumbnail(image * 0.3 + 40), atol=1e-4)
    assert thumbnail(image).shape == (SIDE * SIDE,)
    assert thumbnail(image).std() == pytest.approx(1)
    assert not thumbnail(np.full((50, 50), 3.0)).any()


def test_images_of_the_same_kind_are_near_and_others_are_far(fit):
    usual = fit.distance(thumbnails(pictures(40, seed=1)))
    noise = np.random.default_rng(0).normal(size=(10, 96, 96))
    upside_down = pictures(10, seed=2)[:, ::-1]
    assert usual.max() < fit.distance(thumbnails(noise)).min()
    assert usual.max() < fit.distance(thumbnails(upside_down)).min()


def test_training_images_are_at_about_one(fit):
    assert np.median(fit.distance(thumbnails(pictures(60, seed=0)))) == pytest.approx(1, abs=0.15)


def test_it_comes_back_from_arrays(fit):
    rows = thumbnails(pictures(5, seed=4))
    again = ThumbnailFit.from_arrays(fit.to_arrays())
    np.testing.assert_allclose(again.distance(rows), fit.distance(rows), rtol=1e-4)
    with pytest.raises(KeyError):
        ThumbnailFit.from_arrays({})


def test_too_few_images_are_refused():
    with pytest.raises(IncompatibleInputError, match="a fit of 20 components needs more thumbnails, got 3"):
        ThumbnailFit.fit(np.zeros((3, SIDE * SIDE)))
