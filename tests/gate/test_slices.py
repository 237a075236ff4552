"""The gate for several slices: each is asked, one answer comes back."""

import dataclasses

import numpy as np
import pytest

from medimg_core.gate import assess_slices, over_slices
from medimg_core.results import GateOutcome, GateReason
from medimg_core.study import Series, Volume

STACK = np.random.default_rng(0).integers(-200, 300, (6, 60, 70)).astype(np.int16)
FAR = GateReason("out_of_distribution", "It is strange.", refuses=False)
RED = GateReason("colour", "It is red.", refuses=True)


def asked(card, array=STACK, *, slices=None, unit="HU", modality="CT", colour=False, **more):
    volume = Volume(array, unit=unit, colour=colour, photometric="RGB" if colour else "MONOCHROME2")
    series = Series("1.2.3", modality, volume, body_part="CHEST", **more)
    return assess_slices(volume, card, slices or range(len(array)), series=series)


def blank(*indices):
    stack = STACK.copy()
    stack[list(indices)] = -1000
    return stack


def test_a_stack_that_fits_passes(tiny_masks):
    gate, held = asked(tiny_masks)
    assert gate.status == "pass"
    assert held == (0, 1, 2, 3, 4, 5)


@pytest.mark.parametrize(("empty", "held"), [((0, 5), (1, 2, 3, 4)), ((2,), (0, 1, 3, 4, 5))])
def test_blank_slices_are_passed_over(tiny_masks, empty, held):
    gate, found = asked(tiny_masks, blank(*empty))
    assert gate.status == "pass"
    assert found == held


def test_a_blank_volume_is_refused(tiny_masks):
    gate, held = asked(tiny_masks, blank(*range(6)))
    assert gate.status == "refuse"
    assert [reason.code for reason in gate.reasons] == ["blank"]
    assert held == ()


@pytest.mark.parametrize(
    ("more", "codes"),
    [
        ({"modality": "MR"}, ["modality"]),
        ({"unit": "SUVbw"}, ["unit"]),
        ({"kind": "localiser"}, ["localiser"]),
    ],
)
def test_what_is_of_the_volume_is_said_once(tiny_masks, more, codes):
    gate, _ = asked(tiny_masks, **more)
    assert [reason.code for reason in gate.reasons] == codes
    assert "slices)" not in gate.reasons[0].text
    assert gate.status == "refuse"


def test_one_slice_with_colour_or_without_numbers_refuses_all(tiny_masks):
    broken = STACK.astype(np.float32)
    broken[3, 5, 5] = np.nan
    gate, _ = asked(tiny_masks, broken)
    assert gate.reasons[0].text == "The image holds values that are not numbers. (1 of 6 slices)"
    assert gate.status == "refuse"
    colours = np.random.default_rng(1).integers(0, 255, (2, 60, 70, 3)).astype(np.uint8)
    assert asked(tiny_masks, colours, colour=True)[0].reasons[0].code == "colour"


@pytest.mark.parametrize(("slices", "codes"), [((2,), []), ((2, 3), ["volume"])])
def test_a_model_of_single_images_reads_one(tiny_masks, slices, codes):
    output = tiny_masks.segmentation
    single = dataclasses.replace(output, mask=dataclasses.replace(output.mask, extent="image"))
    gate, _ = asked(dataclasses.replace(tiny_masks, outputs=(single,)), slices=slices)
    assert [reason.code for reason in gate.reasons] == codes


@pytest.mark.parametrize(
    ("outcomes", "texts", "distance"),
    [
        ([GateOutcome((FAR,), 5.0, 3.0)], ["It is strange."], 5.0),
        ([GateOutcome((FAR,), 5.0, 3.0)] * 2, ["It is strange."], 5.0),
        ([GateOutcome((), 1.0, 3.0), GateOutcome((FAR,), 7.0, 3.0)], ["It is strange. (1 of 2 slices)"], 7.0),
        (
            [GateOutcome((FAR,), 5.0, 3.0), GateOutcome((RED,)), GateOutcome((FAR,), 4.0, 3.0)],
            ["It is red. (1 of 3 slices)", "It is strange. (2 of 3 slices)"],
            5.0,
        ),
        ([GateOutcome(), GateOutcome()], [], None),
    ],
)
def test_outcomes_of_slices_become_one(outcomes, texts, distance):
    found = over_slices(outcomes)
    assert [reason.text for reason in found.reasons] == texts
    assert found.distance == distance
