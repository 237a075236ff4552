"""Pixels and their description against a card."""

import dataclasses

import numpy as np
import pytest

from medimg_core.gate import Declared, check_kind, check_unit, check_values, is_grey
from medimg_core.study import Volume

NOISE = np.random.default_rng(0).integers(0, 255, (64, 64)).astype(np.uint8)


def with_one_nan(image):
    image = image.astype(np.float32)
    image[3, 4] = np.nan
    return image


def almost_blank(image):
    blank = np.zeros_like(image)
    blank[:4, :4] = image[:4, :4]
    return blank


@pytest.mark.parametrize(
    ("plane", "code"),
    [
        (NOISE, None),
        (NOISE.astype(np.float32), None),
        (np.repeat(NOISE[..., None], 3, axis=-1), None),
        (np.stack([NOISE, NOISE[::-1], NOISE.T], axis=-1), "colour"),
        (np.full((64, 64), 7, np.int16), "blank"),
        (almost_blank(NOISE), "blank"),
        (with_one_nan(NOISE), "not_finite"),
        (np.where(NOISE < 200, 0, NOISE), None),
    ],
)
def test_what_pixels_say(tiny_model, plane, code):
    reasons = check_values(plane, tiny_model)
    assert [reason.code for reason in reasons] == ([code] if code else [])
    assert all(reason.refuses for reason in reasons)


def test_jpeg_noise_between_channels_is_no_colour():
    wobble = np.random.default_rng(1).integers(-1, 2, (64, 64, 3))
    assert is_grey(np.clip(NOISE[..., None].astype(int) + wobble, 0, 255).astype(np.uint8))


def test_a_colour_model_reads_colour(tiny_model):
    colour = dataclasses.replace(tiny_model, input=dataclasses.replace(tiny_model.input, channels=3))
    assert check_values(np.stack([NOISE, NOISE[::-1], NOISE.T], axis=-1), colour) == ()


RED = np.stack([NOISE, NOISE // 3, NOISE // 4], axis=-1)
GREY = np.repeat(NOISE[..., None], 3, axis=-1)


@pytest.mark.parametrize(
    ("modality", "channels", "plane", "code"),
    [
        ("ES", 3, RED, None),
        ("ES", 3, GREY, "grey"),
        ("ES", 3, NOISE, "grey"),
        ("ES", 3, np.zeros((64, 64, 3), np.uint8), "blank"),
        ("XC", 3, GREY, "grey"),
        ("DX", 3, NOISE, None),  # three equal channels are all that a radiograph has
        ("US", 1, GREY, None),
        ("US", 1, RED, "colour"),
        ("ES", 1, RED, "colour"),
    ],
)
def test_colour_and_grey(tiny_model, modality, channels, plane, code):
    network = dataclasses.replace(tiny_model.input, channels=channels)
    card = dataclasses.replace(tiny_model, modality=(modality,), input=network)
    reasons = check_values(plane, card)
    assert [reason.code for reason in reasons] == ([code] if code else [])
    assert all(reason.refuses for reason in reasons)


@pytest.mark.parametrize("modality", ["US", "ES", "MR", "CT"])
@pytest.mark.parametrize(
    ("slices", "frames", "chosen", "expected"),
    [
        (1, 1, None, []),
        (1, 1, 0, []),
        (4, 1, None, ["volume"]),
        (4, 1, 2, []),
        (1, 5, None, []),  # a frame of a cine is chosen with it
        (4, 5, None, ["volume"]),
    ],
)
def test_kinds_of_volume_for_a_model_of_slices(tiny_model, modality, slices, frames, chosen, expected):
    card = dataclasses.replace(tiny_model, modality=(modality,))
    volume = Volume(np.zeros((frames, slices, 64, 64), np.uint8), frames_axis=True)
    reasons = check_kind(volume, card, slice_index=chosen)
    assert [reason.code for reason in reasons] == expected
    assert all(reason.refuses for reason in reasons)


@pytest.mark.parametrize(
    ("shape", "chosen", "expected"),
    [
        ((1, 64, 64), None, []),
        ((5, 64, 64), None, ["volume"]),
        ((5, 64, 64), 2, ["volume"]),  # a chosen slice of a stack is still no radiograph
        ((1, 20, 64), None, ["small"]),
    ],
)
def test_kinds_of_volume_for_a_radiograph_model(tiny_model, shape, chosen, expected):
    reasons = check_kind(Volume(np.zeros(shape)), tiny_model, slice_index=chosen)
    assert [reason.code for reason in reasons] == expected


def test_a_model_of_slices_reads_the_slice_that_was_chosen(tiny_model):
    card = dataclasses.replace(tiny_model, modality=("MR",))
    volume = Volume(np.zeros((5, 64, 64)))
    assert check_kind(volume, card, slice_index=0) == ()
    assert [reason.code for reason in check_kind(volume, card)] == ["volume"]


@pytest.mark.parametrize(
    ("unit", "word", "reason", "said"),
    [
        ("HU", None, None, ()),
        ("SUVbw", None, ("unit", True), ()),
        ("SUVbw", "HU", ("unit", True), ()),  # a word does not overrule the file
        ("unknown", None, ("unit_unknown", False), ()),
        ("unknown", "HU", None, ("unit HU",)),
        ("unknown", "OTHER", ("unit", True), ()),
    ],
)
def test_units(tiny_model, unit, word, reason, said):
    card = dataclasses.replace(tiny_model, input=dataclasses.replace(tiny_model.input, unit="HU"))
    reasons, phrases = check_unit(Volume(np.zeros((1, 64, 64)), unit=unit), card, Declared(unit=word))
    assert [(found.code, found.refuses) for found in reasons] == ([reason] if reason else [])
    assert phrases == said


def test_several_frames_are_no_radiograph(tiny_model):
    cine = Volume(np.zeros((2, 1, 64, 64), np.uint8), frames_axis=True)
    assert {reason.code: reason.refuses for reason in check_kind(cine, tiny_model)} == {"frames": True}
