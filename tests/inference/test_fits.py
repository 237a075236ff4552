"""Whether a model can be offered for a series."""

from dataclasses import replace

import numpy as np
import pytest

from medimg_core.gate import Declared
from medimg_core.inference import fits
from medimg_core.study import Series, Volume

COLOURED = "The model reads grey images; this is a colour image."
GREY = "The model reads colour images; this is a grey image."
PIXELS = (np.add.outer(np.arange(90) ** 2 % 251, np.arange(130)) % 256).astype(np.uint8)


def series(volume, modality="DX", **more):
    return Series("1.2.3", modality, volume, **{"body_part": "CHEST", **more})


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, (True, "")),
        ({"modality": ""}, (True, "")),
        ({"modality": "CT"}, (False, "The model reads CR or DX; this is CT.")),
        ({"body_part": "KNEE"}, (False, "The model reads CHEST; the file's body part is KNEE.")),
        ({"kind": "localiser"}, (False, "This is a localiser, made to plan a scan and not to be read by a model.")),
        ({"volume": None}, (False, "It holds no image.")),
        ({"volume": Volume(np.zeros((3, 9, 9)))}, (False, "The model reads single projection images; this has 3.")),
    ],
)
def test_whether_a_model_fits_a_series(tiny_model, change, expected):
    fields = {"volume": Volume(PIXELS[None]), "modality": "DX", **change}
    assert fits(series(fields.pop("volume"), fields.pop("modality"), **fields), tiny_model) == expected


def test_a_model_that_segments_volumes_is_offered_for_stacks(tiny_masks):
    stack = Volume(np.zeros((7, 60, 60), np.int16), unit="HU")
    assert fits(series(stack, "CT"), tiny_masks) == (True, "")
    assert fits(series(stack, "MR"), tiny_masks) == (False, "The model reads CT; this is MR.")
    activity = Volume(np.zeros((7, 60, 60), np.int16), unit="Bq/mL")
    assert fits(series(activity, "CT"), tiny_masks) == (
        False,
        "The model reads values in HU; the unit of these is Bq/mL.",
    )
    assert fits(series(Volume(np.zeros((7, 60, 60), np.int16)), "CT"), tiny_masks) == (True, "")  # to be asked


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (None, (True, "")),
        (Declared(unit="HU", body_part="CHEST"), (True, "")),
        (Declared(unit="OTHER"), (False, "The model reads values in HU; the unit of these is another, as you say.")),
        (Declared(body_part="KNEE"), (False, "The model reads CHEST; the file's body part is KNEE.")),
        (Declared(modality="MR"), (True, "")),  # the file says CT
    ],
)
def test_the_readers_word_counts_where_the_file_is_silent(tiny_masks, word, expected):
    stack = series(Volume(np.zeros((7, 60, 60), np.int16)), "CT", body_part="")
    assert fits(stack, tiny_masks, declared=word) == expected


def picture(*planes):
    """Frames in colour: each a pair of the plane's grey and of how far its red is above it."""
    frames = [np.stack([np.clip(PIXELS + red, 0, 255), PIXELS, PIXELS], axis=-1).astype(np.uint8) for red in planes]
    array = np.stack(frames)
    several = len(planes) > 1
    return Volume(array[:, None] if several else array, frames_axis=several, colour=True, photometric="RGB")


@pytest.mark.parametrize(
    ("reds", "expected"),
    [
        ((90,), (False, COLOURED)),
        ((1,), (True, "")),  # what JPEG does to a grey picture
        ((90, 90, 90), (False, COLOURED)),
        ((90, 0, 90), (True, "")),  # the grey one can be asked about
        ((90,) * 40, (False, COLOURED)),
    ],
)
def test_a_model_of_grey_images_is_not_offered_for_colour(tiny_masks, reds, expected):
    card = replace(tiny_masks, input=replace(tiny_masks.input, unit="any"))
    told = series(picture(*reds), "", body_part="")
    word = Declared(modality="CT", body_part="CHEST")
    assert fits(told, card, declared=word) == expected
    assert fits(told, card, declared=word) == expected  # what was looked at is remembered, and is the same


def test_a_colour_picture_is_told_so_before_its_unit_is_asked_for(tiny_masks):
    assert fits(series(picture(90), "", body_part=""), tiny_masks, declared=Declared(modality="CT")) == (
        False,
        COLOURED,
    )


@pytest.mark.parametrize(
    ("modality", "volume", "expected"),
    [
        ("XC", Volume(PIXELS[None]), (False, GREY)),
        ("XC", picture(0), (False, GREY)),
        ("XC", picture(90), (True, "")),
        ("DX", Volume(PIXELS[None]), (True, "")),  # such networks see grey as three equal channels
    ],
)
def test_a_model_of_pictures_in_visible_light_is_not_offered_for_grey(tiny_model, modality, volume, expected):
    card = replace(tiny_model, modality=(modality,), input=replace(tiny_model.input, channels=3))
    assert fits(series(volume, modality), card) == expected


def test_a_model_of_volumes_is_not_offered_for_a_single_picture(tiny_masks):
    card = replace(tiny_masks, input=replace(tiny_masks.input, depth=8, unit="any"))
    assert fits(series(Volume(PIXELS[None]), "CT"), card) == (False, "The model reads volumes; this is a single image.")
    assert fits(series(Volume(np.stack([PIXELS] * 8)), "CT"), card) == (True, "")
