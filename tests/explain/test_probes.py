"""A region hidden or kept, its control on the other side, and a stated prevalence."""

import dataclasses

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.explain.probes import _filled, hide_region, middle, mirrored, post_test
from medimg_core.explain.query import query
from medimg_core.geometry import Geometry, PlanarGeometry
from medimg_core.inference import classify
from medimg_core.study import Volume

AXIAL = ("R", "L", "A", "P")


def head(shape: tuple[int, int] = (120, 160), centre: float = 75.0) -> np.ndarray:
    """A body that is symmetric about a column, with an asymmetric lesion on its left half."""
    rows, columns = np.indices(shape, dtype=np.float64)
    inside = ((rows - 60) / 50) ** 2 + ((columns - centre) / 55) ** 2
    values = np.where(inside < 1, 90 + 30 * np.cos((columns - centre) / 6) * np.cos(rows / 9), 0)
    values[40:52, 40:50] = 240
    return values


@pytest.fixture(scope="module")
def volume():
    return Volume(head()[None].astype(np.uint8), planar=PlanarGeometry(right="L", bottom="F"))


@pytest.fixture(scope="module")
def asked(volume, tiny_model):
    return query(classify(volume, tiny_model), tiny_model, volume)


def lesion(shape: tuple[int, int] = (120, 160)) -> np.ndarray:
    region = np.zeros(shape, bool)
    region[40:52, 40:50] = True
    return region


@pytest.mark.parametrize("how", ["border", "blur"])
def test_a_hidden_region_is_gone_and_the_rest_stays(how, asked, volume):
    found = hide_region(asked, volume, lesion(), how=how)
    before, after = volume.plane(0) / 255, found.after.volume.presented(0)
    assert np.array_equal(found.region, lesion())
    moved = np.abs(before - after) > 1e-4
    far = np.ones(before.shape, bool)
    far[26:66, 26:64] = False  # 3 pixels of the network's 48 x 48 are 7.5 rows and 10 columns
    assert not moved[far].any()
    around = (before * ~lesion())[30:62, 30:60].max()
    if how == "border":
        assert after[40:52, 40:50].max() <= around + 0.01
    assert (found.how, found.keep, found.log_odds) == (how, False, asked.own)
    assert found.change == found.after.log_odds - asked.own
    assert found.after.score == pytest.approx(float(asked.scores(found.after.log_odds)))
    assert how in found.after.volume.history[-1]


def test_what_is_kept_alone_is_whole(asked, volume):
    found = hide_region(asked, volume, lesion(), keep=True)
    before, after = volume.plane(0) / 255, found.after.volume.presented(0)
    np.testing.assert_allclose(after[lesion()], before[lesion()], atol=1e-5)
    # what is continued from the lesion's edge has nothing of the body's pattern
    assert after[80:110, 100:150].std() < 0.2 * before[80:110, 100:150].std()


def test_the_control_is_the_mirrored_shape(asked, volume):
    found = hide_region(asked, volume, lesion())
    wanted = np.zeros((120, 160), bool)
    wanted[40:52, 150 - 49 : 150 - 39] = True
    assert np.array_equal(found.control_region, wanted)
    assert found.control_change == found.control.log_odds - asked.own
    assert "symmetry" in found.control_note
    hidden = np.abs(found.control.volume.presented(0) - volume.plane(0) / 255) > 1e-4
    assert not hidden[:, :75].any()


@pytest.mark.parametrize(("centre", "columns"), [(75.0, 160), (88.5, 160), (300.0, 640)])
def test_the_middle_of_a_body_is_found(centre, columns):
    values = head((120, columns), centre)
    values[40:52, 40:50] = values[60, 60]
    found, symmetric = middle(values.astype(np.float32))
    assert symmetric
    assert found == pytest.approx(centre, abs=columns / 128)


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((40, 50)),
        np.tile(np.sin(np.arange(40))[:, None], (1, 50)),  # layers: alike about every column
        np.random.default_rng(0).normal(size=(40, 50)),
        np.add.outer(np.zeros(40), np.arange(50)),
    ],
    ids=["blank", "layers", "noise", "slope"],
)
def test_without_symmetry_the_image_has_its_own_middle(values):
    assert middle(values.astype(np.float32)) == (24.5, False)


@pytest.mark.parametrize(
    ("rows", "columns", "letters", "says"),
    [
        ((40, 52), (40, 50), ("A", "P", "S", "I"), "no left and right side"),
        ((40, 52), (40, 80), AXIAL, "overlap itself"),
        ((40, 52), (0, 150), AXIAL, "overlap itself"),
        ((40, 52), (154, 160), AXIAL, "leave the image"),
    ],
)
def test_a_control_that_cannot_be_is_none_and_says_why(rows, columns, letters, says):
    region = np.zeros((120, 160), bool)
    region[slice(*rows), slice(*columns)] = True
    place, note = mirrored(region, head().astype(np.float32), letters)
    assert place is None
    assert says in note


@pytest.mark.parametrize(("letters", "unknown"), [(AXIAL, False), (("L", "R", "H", "F"), False), (None, True)])
def test_sides_lie_along_the_columns_unless_the_tags_say_otherwise(letters, unknown):
    region = lesion()
    place, note = mirrored(region, head().astype(np.float32), letters)
    assert np.nonzero(place)[1].min() == 101
    assert place.sum() == region.sum()
    assert ("not known" in note) is unknown


def test_sides_that_lie_along_the_rows():
    place, _note = mirrored(lesion().T, head().T.astype(np.float32), ("A", "P", "R", "L"))
    assert np.array_equal(place, mirrored(lesion(), head().astype(np.float32), AXIAL)[0].T)


def test_a_sagittal_slice_has_no_control(tiny_model):
    sagittal = Geometry.from_dicom(
        orientation=[0, 1, 0, 0, 0, -1], position=[0, 0, 0], pixel_spacing=[1, 1], slice_step=[3, 0, 0]
    )
    volume = Volume(head()[None].astype(np.uint8), geometry=sagittal)
    found = hide_region(query(classify(volume, tiny_model), tiny_model, volume), volume, lesion())
    assert (found.control, found.control_region, found.control_change) == (None, None, None)


@pytest.mark.parametrize("shape", [(30, 40), (48, 48), (700, 900)])
def test_images_of_any_size(shape, tiny_model):
    values = np.zeros(shape)
    rows, columns = np.indices(shape)
    values += 200 * (np.hypot(rows / shape[0] - 0.5, columns / shape[1] - 0.5) < 0.4)
    volume = Volume(values[None].astype(np.uint8))
    region = (np.abs(rows / shape[0] - 0.5) < 0.1) & (np.abs(columns / shape[1] - 0.3) < 0.08)
    found = hide_region(query(classify(volume, tiny_model), tiny_model, volume), volume, region)
    assert found.after.volume.shape[1:] == shape
    assert found.control_region.sum() == region.sum()


@pytest.mark.parametrize("change", [np.zeros((120, 160), bool), np.ones((120, 160), bool), lesion().T])
def test_a_region_is_a_part_of_the_image(change, asked, volume):
    with pytest.raises(IncompatibleInputError, match="a region must"):
        hide_region(asked, volume, change)


def test_what_is_kept_must_leave_something_to_hide(asked, volume):
    nearly = np.ones((120, 160), bool)
    nearly[0, 0] = False
    with pytest.raises(IncompatibleInputError, match="to hide"):
        hide_region(asked, volume, nearly, keep=True)


def test_a_colour_image_is_hidden_in_every_channel(tiny_model):
    colour = np.stack([head(), head() * 0.5, head() * 0.2], axis=-1)[None].astype(np.uint8)
    volume = Volume(colour, colour=True, photometric="RGB")
    card = dataclasses.replace(tiny_model, input=dataclasses.replace(tiny_model.input, channels=3))
    said = dataclasses.replace(classify(volume, tiny_model, enforce_gate=False), weights_sha256=card.sha256)
    asked = query(said, card, volume)
    (image,) = _filled(asked, colour[0] / np.float32(255), [lesion()], "border", keep=False)
    assert image.shape == (120, 160, 3)
    assert (image[40:52, 40:50].max(axis=(0, 1)) < colour[0, 45, 45] / 255 * 0.7).all()


def test_a_stated_prevalence_moves_the_probability(asked):
    score = asked.prediction.score
    trained = asked.card.prevalence
    assert post_test(asked, trained) == pytest.approx(score)
    assert post_test(asked, 0.01) < post_test(asked, 0.2) < post_test(asked, 0.9)
    odds = score / (1 - score) * (0.2 / 0.8) / (trained / (1 - trained))
    assert post_test(asked, 0.2) == pytest.approx(odds / (1 + odds))
    assert post_test(asked, 0.2, score=0.0) == 0


def test_a_probability_is_of_the_reading_only(asked, volume, tiny_model):
    other = query(asked.prediction, tiny_model, volume, label="viral")
    with pytest.raises(NotApplicableError, match="own reading"):
        post_test(other, 0.2)
    with pytest.raises(NotApplicableError, match="training prevalence"):
        post_test(dataclasses.replace(asked, card=dataclasses.replace(tiny_model, prevalence=1.0)), 0.2)


def test_distances_of_a_shipped_model_stand_beside_the_answer(shipped_model):
    values = head((224, 224), 110.0)
    volume = Volume(values[None].astype(np.uint8))
    asked = query(classify(volume, shipped_model), shipped_model, volume)
    region = np.zeros((224, 224), bool)
    region[40:52, 40:50] = True
    found = hide_region(asked, volume, region)
    assert found.distance == asked.prediction.gate.distance
    assert found.after.distance > 0
    assert found.after.unusual is (found.after.distance > found.after.prediction.gate.limit)
