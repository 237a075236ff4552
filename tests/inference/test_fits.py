"""Whether a model can be offered for a series."""

import numpy as np
import pytest

from medimg_core.gate import Declared
from medimg_core.inference import fits
from medimg_core.study import Series, Volume

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
