"""What the preprocessing steps get of a slice."""

import dataclasses

import numpy as np
import pytest

from medimg_core.inference import classify, model_input
from medimg_core.study import Volume
from medimg_core.voi import Window

PIXELS = (np.add.outer(np.arange(90) ** 2 % 251, np.arange(130)) % 256).astype(np.uint8)


def test_eight_bits_without_a_window_stay_as_they_are(tiny_model):
    np.testing.assert_allclose(model_input(Volume(PIXELS[None]), tiny_model), PIXELS / 255.0, atol=1e-6)


def test_a_window_of_the_file_is_kept(tiny_model):
    values = PIXELS.astype(np.int16) * 4
    window = Window(400, 400, "LINEAR_EXACT")
    found = model_input(Volume(values[None], voi=(window,)), tiny_model)
    np.testing.assert_allclose(found, np.clip((values - 200) / 400, 0, 1), atol=1e-6)


def test_monochrome1_is_turned_over(tiny_model):
    plain = Volume(PIXELS[None])
    turned = Volume(255 - PIXELS[None], photometric="MONOCHROME1")
    np.testing.assert_allclose(model_input(plain, tiny_model), model_input(turned, tiny_model), atol=1e-6)
    assert classify(plain, tiny_model).score == pytest.approx(classify(turned, tiny_model).score, abs=1e-5)


def test_grey_in_three_channels_is_grey(tiny_model):
    colour = Volume(np.repeat(PIXELS[None, ..., None], 3, axis=-1), colour=True, photometric="RGB")
    np.testing.assert_allclose(model_input(colour, tiny_model), PIXELS / 255.0, atol=1e-6)
    assert classify(colour, tiny_model).score == pytest.approx(classify(Volume(PIXELS[None]), tiny_model).score)


def test_a_model_of_a_unit_gets_its_values(tiny_model):
    hounsfield = dataclasses.replace(tiny_model, input=dataclasses.replace(tiny_model.input, unit="HU"))
    values = PIXELS.astype(np.int16) - 100
    found = model_input(Volume(values[None], unit="HU"), hounsfield)
    np.testing.assert_array_equal(found, values)
