"""A volume in, masks out: where they lie, what is measured, what is kept back."""

import dataclasses
import math

import numpy as np
import pytest

from medimg_core.engine import forward
from medimg_core.errors import Cancelled, IncompatibleInputError, NotApplicableError
from medimg_core.gate import Declared
from medimg_core.geometry import Geometry, PlanarGeometry
from medimg_core.inference import classify, model_input, segment
from medimg_core.preprocess import prepare
from medimg_core.study import Series, Volume

SHAPE = (9, 80, 112)  # twice the network's grid
BLOCK = (slice(2, 7), slice(20, 50), slice(30, 72))
SPECK = (slice(4, 5), slice(60, 70), slice(90, 100))
GEOMETRY = Geometry(np.diag([0.5, 0.8, 3.0, 1.0])[:, [2, 1, 0, 3]])


def stack(**more):
    """A bright block and a bright speck in a dark volume; the rim of every slice is a little brighter."""
    array = np.full(SHAPE, -80, np.int16)
    array[:, :3] = -60
    array[BLOCK] = 260
    array[SPECK] = 260
    return Volume(array, **{"unit": "HU", "geometry": GEOMETRY, **more})


def series(volume, modality="CT", **more):
    return Series("1.2.3", modality, volume, body_part="CHEST", **more)


def with_mask(card, **more):
    outputs = tuple(
        dataclasses.replace(output, mask=dataclasses.replace(output.mask, **more)) if output.mask else output
        for output in card.outputs
    )
    return dataclasses.replace(card, outputs=outputs)


def run(card, volume=None, **more):
    volume = volume or stack()
    return segment(volume, card, **{"series": series(volume), **more})


def codes(found):
    return [flag.code for flag in found.flags]


def test_the_mask_lies_where_the_image_is_bright(tiny_masks):
    found = run(tiny_masks)
    expected = np.zeros(SHAPE, bool)
    expected[BLOCK] = expected[SPECK] = True
    assert found.mask.shape == SHAPE
    wrong = (found.mask == 1) != expected
    inner = np.zeros(SHAPE, bool)
    inner[:, 22:48, 32:70] = True
    assert not wrong[:, 22:48, 32:70].any()
    assert wrong.sum() <= 8 * 5 * 12  # the network rounds corners off
    assert found.raw is found.mask
    assert (found.model_id, found.weights_sha256) == (tiny_masks.id, tiny_masks.sha256)
    assert found.fingerprint == stack().fingerprint
    assert (found.slices, found.frame, found.threshold, found.declared) == ((0, 8), 0, 0.5, ())
    assert [(label.value, label.name) for label in found.labels] == [(1, "bright")]
    assert found.predictions == ()
    with pytest.raises(ValueError, match="read-only"):
        found.mask[0, 0, 0] = 1


def test_every_slice_is_what_it_is_alone(tiny_masks):
    whole = run(tiny_masks)
    for index in (0, 2, 4, 8):
        alone = run(tiny_masks, slices=(index, index))
        np.testing.assert_array_equal(alone.mask[index], whole.mask[index])
        assert not np.delete(alone.mask, index, axis=0).any()


def test_the_largest_parts_are_kept_and_the_rest_is_said(tiny_masks):
    found = run(with_mask(tiny_masks, components=1))
    assert found.raw[SPECK].any()
    assert not found.mask[SPECK].any()
    np.testing.assert_array_equal(found.mask[BLOCK], found.raw[BLOCK])
    assert len(found.regions) == 1
    assert [region.voxels for region in run(tiny_masks).regions] == sorted(
        (region.voxels for region in run(tiny_masks).regions), reverse=True
    )


def test_sizes_are_in_millimetres_and_millilitres(tiny_masks):
    found = run(tiny_masks)
    truth = 5 * 30 * 42 * 3 * 0.8 * 0.5 / 1000
    assert found.regions[0].volume_ml == pytest.approx(truth, rel=0.05)
    assert found.volumes_ml["bright"] == pytest.approx(sum(region.volume_ml for region in found.regions))
    assert found.regions[0].slices == (2, 6)
    assert found.regions[0].long_axis == pytest.approx(np.hypot(30 * 0.8, 42 * 0.5), abs=2)


@pytest.mark.parametrize(
    ("extent", "slices", "measured", "flagged", "declared"),
    [
        ("volume", None, True, False, ()),
        ("volume", (2, 6), True, False, ("first and last slice",)),
        ("volume", (3, 3), False, False, ("first and last slice",)),
        ("reader", None, False, True, ()),
        ("reader", (2, 6), True, False, ("first and last slice",)),
        ("reader", (0, 8), True, False, ("first and last slice",)),
        ("image", (4, 4), False, False, ("first and last slice",)),
    ],
)
def test_a_volume_is_given_where_the_extent_is_known(tiny_masks, extent, slices, measured, flagged, declared):
    found = run(with_mask(tiny_masks, extent=extent), slices=slices, check_agreement=False)
    assert (found.volumes_ml["bright"] is not None) == measured
    assert all((region.volume_ml is not None) == measured for region in found.regions)
    assert ("extent" in codes(found)) == flagged
    assert found.declared == declared


@pytest.mark.parametrize("more", [{"geometry": None}, {"geometry": None, "planar": PlanarGeometry(None, None, (1, 1))}])
def test_without_geometry_there_is_no_volume(tiny_masks, more):
    found = run(tiny_masks, stack(**more), check_agreement=False)
    assert found.volumes_ml == {"bright": None}


def test_slices_that_should_hold_the_organ_and_do_not_are_named(tiny_masks):
    found = run(with_mask(tiny_masks, extent="reader"), slices=(1, 7), check_agreement=False)
    gap = next(flag for flag in found.flags if flag.code == "gap")
    assert gap.slices == (1, 7)


def test_a_refused_input_has_an_empty_mask_and_runs_no_network(tiny_masks):
    gone = dataclasses.replace(tiny_masks, sha256="0" * 64)  # a forward pass would raise
    volume = stack()
    found = segment(volume, gone, series=series(volume, "MR"))
    assert found.refused
    assert not found.mask.any()
    assert found.mask.shape == SHAPE
    assert (found.regions, found.flags, found.agreement) == ((), (), {})
    assert found.volumes_ml == {"bright": None}


def test_a_measurement_may_look_behind_the_gate(tiny_masks):
    volume = stack()
    found = segment(volume, tiny_masks, series=series(volume, "MR"), enforce_gate=False)
    assert found.gate.status == "refuse"
    np.testing.assert_array_equal(found.mask, run(tiny_masks).mask)


def test_the_reader_s_word_fills_gaps(tiny_masks):
    volume = stack()
    found = segment(volume, tiny_masks, declared=Declared(modality="ct", body_part="chest"), check_agreement=False)
    assert found.gate.declared == ("modality CT", "body part CHEST")
    assert [reason.code for reason in found.gate.reasons] == ["unchecked"]  # no fit, said once


def test_blank_slices_are_not_read(tiny_masks):
    array = stack().array.copy()
    array[[0, 4, 8]] = -1000
    found = run(tiny_masks, Volume(array, unit="HU", geometry=GEOMETRY), check_agreement=False)
    assert not found.mask[[0, 4, 8]].any()
    assert next(flag for flag in found.flags if flag.code == "blank").slices == (4,)
    assert next(flag for flag in found.flags if flag.code == "gap").slices == (4,)


def test_signs_of_failure_come_worst_first(tiny_masks):
    empty = np.full(SHAPE, -80, np.int16)
    empty[:, :3] = -60
    found = run(tiny_masks, Volume(empty, unit="HU", geometry=GEOMETRY))
    assert codes(found) == ["empty"]
    assert found.volumes_ml == {"bright": 0.0}
    assert math.isnan(found.agreement["bright"])
    odd = run(with_mask(tiny_masks, plausible=((0.5, 0.9),), extent="reader"))
    assert codes(odd) == ["size", "extent"]


def test_agreement_is_high_where_edges_are_sharp(tiny_masks):
    found = run(tiny_masks)
    assert 0.9 < found.agreement["bright"] <= 1
    assert run(tiny_masks, check_agreement=False).agreement == {}


def test_frames_are_chosen(tiny_masks):
    moved = np.stack([np.roll(stack().array, 20, axis=2), stack().array])
    film = Volume(moved, unit="HU", geometry=GEOMETRY, frames_axis=True)
    found = run(tiny_masks, film, frame=1, check_agreement=False)
    assert found.frame == 1
    np.testing.assert_array_equal(found.mask, run(tiny_masks, check_agreement=False).mask)


@pytest.mark.parametrize("slices", [(-1, 3), (3, 2), (0, 9)])
def test_slices_that_do_not_exist_are_refused(tiny_masks, slices):
    with pytest.raises(IncompatibleInputError, match=r"first and last slice must lie in 0\.\.8"):
        run(tiny_masks, slices=slices)


def test_a_model_of_another_task_does_not_segment(tiny_model):
    with pytest.raises(NotApplicableError, match="needs a model that segments; tiny_model does classification"):
        segment(stack(), tiny_model)


def test_progress_counts_to_the_end_and_may_stop(tiny_masks):
    said: list[tuple[int, int, str]] = []
    run(tiny_masks, progress=lambda *step: said.append(step))
    assert [step[:2] for step in said] == [(8, 10), (9, 10), (10, 10)]

    def stop(*_):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        run(tiny_masks, progress=stop)


def picture(**more):
    """An asymmetric grey picture with a dark and a bright corner."""
    array = np.full((1, 90, 60), 150, np.uint8)
    array[0, 10:30, 5:25] = 0
    array[0, 50:85, 35:55] = 255
    return Volume(array, **more)


def test_a_model_of_both_tasks_gives_both(tiny_multi):
    volume = picture()
    found = segment(volume, tiny_multi, series=series(volume, "US"))
    assert (found.mask[0, 12:28, 7:23] == 1).all()
    assert (found.mask[0, 52:83, 37:53] == 2).all()
    assert set(np.unique(found.mask[0, 32:48])) == {0}
    assert math.isnan(found.threshold)
    assert [region.name for region in found.regions] == ["bright", "dark"]
    (prediction,) = found.predictions
    alone = classify(volume, tiny_multi, series=series(volume, "US"))
    assert prediction.score == pytest.approx(alone.score, abs=1e-5)
    assert prediction.score_range == pytest.approx(alone.score_range, abs=1e-5)
    assert prediction.class_scores == pytest.approx(alone.class_scores, abs=1e-5)
    assert (prediction.gate, prediction.reading) == (alone.gate, alone.reading)
    np.testing.assert_allclose(prediction.activations.features, alone.activations.features, atol=1e-5)


def test_classes_come_by_slice_of_a_volume(tiny_multi):
    array = np.concatenate([picture().array, picture().array[:, ::-1], np.full((1, 90, 60), 7, np.uint8)])
    card = with_mask(tiny_multi, extent="volume")
    volume = Volume(array)
    found = segment(volume, card, series=series(volume, "US"), check_agreement=False)
    assert [one.slice_index for one in found.predictions] == [0, 1]  # the third is blank
    for one in found.predictions:
        logits = forward(card, prepare(model_input(volume, card, one.slice_index), card.input)).logits[0]
        np.testing.assert_allclose(one.activations.logits, logits, atol=1e-4)


def test_sides_are_the_patient_s_where_the_tags_say_so(tiny_multi):
    card = with_mask(tiny_multi, sides=True)
    volume = picture(planar=PlanarGeometry("L", "F", (0.2, 0.3), "detector"))
    found = segment(volume, card, series=series(volume, "US"), check_agreement=False)
    assert [region.name for region in found.regions] == ["bright, left", "dark, right"]
    assert {region.length_note for region in found.regions} == {"at the detector"}
    assert codes(found) == ["sides", "sides"]  # either label has one part only


def test_an_image_larger_than_the_network_is_read_in_windows(tiny_masks):
    card = dataclasses.replace(tiny_masks, input=dataclasses.replace(tiny_masks.input, steps=("window",)))
    found = run(card)
    sharp = np.zeros(SHAPE, bool)
    sharp[BLOCK] = sharp[SPECK] = True
    wrong = (found.mask == 1) != sharp
    assert wrong.sum() <= 4 * 6  # only corners: nothing was resampled
    assert 0.9 < found.agreement["bright"] <= 1
