"""An image perturbed as a whole, and its map moved back."""

import dataclasses

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.explain import explain, on_image
from medimg_core.explain.perturbing import PERTURBATIONS, perturbed
from medimg_core.explain.query import query
from medimg_core.inference import classify
from medimg_core.results import Explanation
from medimg_core.study import Volume

SHAPE = (60, 90)


@pytest.fixture(scope="module")
def volume():
    """An asymmetric image: dark, with one bright box and a slope."""
    values = np.add.outer(np.arange(60), 2 * np.arange(90)) // 4
    values[12:20, 60:75] = 250
    return Volume(values[None].astype(np.uint8))


@pytest.fixture(scope="module")
def asked(volume, tiny_model):
    return query(classify(volume, tiny_model), tiny_model, volume)


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_the_neutral_amount_changes_nothing(name, asked, volume):
    found = perturbed(asked, volume, name, PERTURBATIONS[name].neutral)
    assert found.variant.log_odds == pytest.approx(found.log_odds, abs=1e-3)
    assert found.score == pytest.approx(asked.prediction.score)
    np.testing.assert_allclose(found.back, np.eye(3), atol=1e-12)
    assert found.seen.all()
    shown = found.variant.volume.presented(0)
    np.testing.assert_allclose(shown, volume.plane(0) / 255, atol=2e-3)


@pytest.mark.parametrize(
    ("name", "amount", "wanted"),
    [
        ("gamma", 2, lambda grey: grey**2),
        ("gamma", 0.5, lambda grey: grey**0.5),
        ("gain", 1.5, lambda grey: np.minimum(1.5 * grey, 1)),
        ("gain", 0.5, lambda grey: 0.5 * grey),
        ("crop", 20, lambda grey: grey[12:48, 18:72]),
    ],
)
def test_grey_values_are_those_that_the_reader_saw(name, amount, wanted, asked, volume):
    shown = perturbed(asked, volume, name, amount).variant.volume.presented(0)
    np.testing.assert_allclose(shown, wanted(volume.plane(0) / 255), atol=1e-5)


def test_noise_has_its_deviation_and_its_seed(asked, volume):
    first, again, other = (perturbed(asked, volume, "noise", 5, seed=seed).variant.volume for seed in (1, 1, 2))
    assert first.fingerprint == again.fingerprint != other.fingerprint
    difference = first.presented(0) - volume.plane(0) / 255
    middle = (volume.plane(0) > 40) & (volume.plane(0) < 200)  # not cut at black or white
    assert difference[middle].std() == pytest.approx(0.05, abs=0.005)


@pytest.mark.parametrize(
    ("name", "amount"), [("rotation", 20), ("rotation", -35), ("zoom", 1.4), ("zoom", 0.7), ("crop", 15)]
)
def test_the_way_back_leads_to_the_same_place(name, amount, asked, volume):
    found = perturbed(asked, volume, name, amount)
    bright = found.variant.volume.presented(0) > 0.8
    rows, columns = np.nonzero(bright)
    row, column, _one = found.back @ [rows.mean(), columns.mean(), 1]
    assert (row, column) == pytest.approx((15.5, 67), abs=0.6)


def test_a_turn_is_counter_clockwise(asked, volume):
    bright = perturbed(asked, volume, "rotation", 30).variant.volume.presented(0) > 0.8
    # the box lies up and right of the middle: turned this way it goes up, not down
    assert np.nonzero(bright)[0].mean() < 10


@pytest.mark.parametrize(
    ("name", "amount", "outside"),
    [("crop", 20, (5, 45)), ("zoom", 2, (5, 45)), ("rotation", 30, (1, 1))],
)
def test_what_was_not_seen_is_told(name, amount, outside, asked, volume):
    found = perturbed(asked, volume, name, amount)
    assert not found.seen[outside]
    assert found.seen[30, 45]
    assert found.seen.shape == SHAPE


def test_a_crop_sees_exactly_what_is_left(asked, volume):
    wanted = np.zeros(SHAPE, bool)
    wanted[12:48, 18:72] = True
    assert np.array_equal(perturbed(asked, volume, "crop", 20).seen, wanted)


@pytest.mark.parametrize(("name", "amount"), [("rotation", 25), ("zoom", 1.3), ("crop", 10)])
def test_a_map_is_moved_back_to_where_it_was(name, amount, asked, volume):
    found = perturbed(asked, volume, name, amount)
    said = found.variant.prediction
    # a map that is the perturbed image itself, pixel for pixel
    native = found.variant.volume.presented(0)
    own = Explanation(
        said.model_id, said.weights_sha256, said.fingerprint, 0, 0, "grad_cam", "x", "y",
        native, np.eye(3), said.input_shape, said.score,
    )  # fmt: skip
    back = found.restored(own)
    assert (back.fingerprint, back.image_shape) == (volume.fingerprint, SHAPE)
    assert back.parameters["perturbed"] == f"{name} {amount:g}"
    rows, columns = np.nonzero((on_image(back) > 0.8) & found.seen)
    assert (rows.mean(), columns.mean()) == pytest.approx((15.5, 67), abs=0.5)


def test_the_new_prediction_can_be_explained_like_any_other(asked, volume, tiny_model):
    found = perturbed(asked, volume, "rotation", 15)
    back = found.restored(explain(found.variant.prediction, tiny_model))
    assert on_image(back).shape == SHAPE
    assert back.score == found.variant.prediction.score
    with pytest.raises(IncompatibleInputError, match="got another"):
        found.restored(explain(asked.prediction, tiny_model))


@pytest.mark.parametrize(
    ("name", "amount", "message"),
    [
        ("sepia", 1, "perturbation must be one of noise, gamma, gain, rotation, zoom, crop, got 'sepia'"),
        ("noise", 31, r"noise must lie in \[0, 30\], got 31"),
        ("rotation", float("nan"), r"rotation must lie in \[-45, 45\], got nan"),
    ],
)
def test_what_cannot_be_done_says_what_can(name, amount, message, asked, volume):
    with pytest.raises(IncompatibleInputError, match=message):
        perturbed(asked, volume, name, amount)


def test_a_question_of_another_class_keeps_its_label(volume, tiny_model):
    said = classify(volume, tiny_model)
    for label in ("normal", "viral"):
        asked = query(said, tiny_model, volume, label=label)
        found = perturbed(asked, volume, "gamma", 1)
        assert found.log_odds == pytest.approx(asked.own)
        assert found.variant.log_odds == pytest.approx(asked.own, abs=1e-3)


def test_values_in_a_unit_stay_in_it(volume, tiny_model):
    spec = dataclasses.replace(tiny_model.input, unit="HU", steps=("window", "squash"), window=(-100, 300))
    card = dataclasses.replace(tiny_model, input=spec)
    hu = Volume(volume.array.astype(np.int16) * 2 - 150, unit="HU")
    asked = query(classify(hu, card, enforce_gate=False), card, hu)
    found = perturbed(asked, hu, "gain", 0.5)
    assert found.variant.volume.unit == "HU"
    wanted = -100 + 0.5 * np.clip(hu.plane(0) + 100.0, 0, 800)
    np.testing.assert_allclose(found.variant.volume.plane(0), wanted, atol=1e-3)
