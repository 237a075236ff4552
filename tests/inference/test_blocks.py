"""A network that takes whole volumes: where its masks lie, and what a reader is told."""

import dataclasses

import numpy as np
import pytest

from medimg_core.engine import forward, model_problems
from medimg_core.errors import IncompatibleInputError
from medimg_core.evaluation import evaluate
from medimg_core.gate import Declared
from medimg_core.geometry import Geometry
from medimg_core.inference import segment
from medimg_core.inference.blocks import read_block
from medimg_core.inference.model_input import volume_values
from medimg_core.registry import InputSpec, read_card
from medimg_core.study import Series, Volume
from medimg_core.voi import Window
from tests.inference.volume_model import SIDES
from tests.keras_process import run_keras
from tests.made_once import made_once
from tests.training.lesions import write_index
from tests.training.volumes import write_volume

SHAPE = (19, 60, 50)
"""More than twice as many slices as the network has, and another shape."""

BRIGHT = (slice(3, 9), slice(8, 34), slice(24, 44))
DARK = (slice(10, 17), slice(30, 54), slice(6, 22))
GEOMETRY = Geometry(np.diag([0.5, 0.8, 3.0, 1.0])[:, [2, 1, 0, 3]])


@pytest.fixture(scope="module")
def card(tmp_path_factory, medimg_cache):
    folder = made_once(
        tmp_path_factory,
        "volume_model",
        lambda folder: run_keras("tests.inference.volume_model", folder / "tiny_volume"),
    )
    return read_card(folder / "tiny_volume")


def truth():
    found = np.zeros(SHAPE, np.uint8)
    found[DARK], found[BRIGHT] = 1, 2
    return found


def stack(labels=None, **more):
    values = np.where((labels := truth() if labels is None else labels) == 1, -90, np.where(labels == 2, 290, 100))
    values = values + np.random.default_rng(0).integers(-3, 4, SHAPE)
    return Volume(values.astype(np.int16), **{"unit": "HU", "geometry": GEOMETRY, **more})


def series(volume):
    return Series("1.2.3", "CT", volume)


def run(card, volume=None, **more):
    volume = volume or stack()
    return segment(volume, card, **{"series": series(volume), **more})


def dice(found, true):
    return 2 * (found & true).sum() / (found.sum() + true.sum())


def test_the_card_says_three_sides(card):
    assert card.input.sides == SIDES
    assert card.input.shape == (*SIDES, 1)
    assert (card.input.depth, card.input.size) == (SIDES[0], SIDES[1:])
    assert list(model_problems(card.folder)) == []


@pytest.mark.parametrize("flip", [(1, 1, 1), (-1, 1, 1), (1, -1, 1), (1, 1, -1)])
def test_masks_lie_where_the_volume_is_dark_and_bright(card, flip):
    labels = np.ascontiguousarray(truth()[:: flip[0], :: flip[1], :: flip[2]])
    found = run(card, stack(labels)).mask
    assert found.shape == SHAPE
    for value in (1, 2):
        assert dice(found == value, labels == value) > 0.8
        for axis in range(3):
            assert dice(np.flip(found, axis) == value, labels == value) < 0.7
    edges = [np.flatnonzero((found == 2).any(axis=axes))[[0, -1]] for axes in ((1, 2), (0, 2), (0, 1))]
    true = [np.flatnonzero((labels == 2).any(axis=axes))[[0, -1]] for axes in ((1, 2), (0, 2), (0, 1))]
    cells = np.array(SHAPE) / SIDES
    for own, wanted, cell in zip(edges, true, cells, strict=True):
        assert np.abs(own - wanted).max() <= cell + 1


def test_a_volume_of_the_networks_size_is_marked_voxel_by_voxel(card):
    labels = np.zeros(SIDES, np.uint8)
    labels[1:5, 4:15, 20:30] = 2
    values = np.where(labels == 2, 290, 100).astype(np.int16)
    volume = Volume(values, unit="HU", geometry=GEOMETRY)
    block = read_block(volume, card)
    batch = ((values - -100.0) / 400)[None, ..., None].astype(np.float32)
    assert block.canvas == pytest.approx(batch[0, ..., 0])
    logits = forward(card, batch, features=False).masks[0]
    assert np.array_equal(block.painted(card, 0.5), logits.argmax(axis=-1))


def test_what_a_result_says(card):
    found = run(card)
    assert (found.slices, found.frame) == ((0, 18), 0)
    assert {label.name: label.value for label in found.labels} == {"dark": 1, "bright": 2}
    assert found.volumes_ml["bright"] == pytest.approx((found.mask == 2).sum() * 0.5 * 0.8 * 3 / 1000)
    assert {reason.code for reason in found.gate.reasons} == {"unchecked"}
    assert set(found.agreement) == {"dark", "bright"}
    assert min(found.agreement.values()) > 0.8
    assert found.predictions == ()
    assert run(card, check_agreement=False).agreement == {}


def test_the_readers_slices_are_those_that_are_marked(card):
    whole, some = run(card), run(card, slices=(5, 12))
    assert some.slices == (5, 12)
    assert np.array_equal(some.mask[5:13], whole.mask[5:13])
    assert not some.mask[:5].any()
    assert not some.mask[13:].any()
    assert "blank" not in {flag.code for flag in whole.flags}


def test_progress_comes_to_its_end(card):
    calls = []
    run(card, progress=lambda done, total, text: calls.append((done, total)))
    assert calls[-1][0] == calls[-1][1]
    assert all(done <= total for done, total in calls)


@pytest.mark.parametrize(("slices", "code", "refused"), [(1, "volume", True), (3, "small", False), (4, "", False)])
def test_a_single_image_is_refused_and_few_slices_are_marked(card, slices, code, refused):
    volume = Volume(stack().array[3 : 3 + slices].copy(), unit="HU", geometry=GEOMETRY)
    found = segment(volume, card, series=series(volume), declared=Declared(), check_agreement=False)
    assert found.refused == refused
    assert code in {reason.code for reason in found.gate.reasons} | {""}


def test_a_folder_of_volumes_is_evaluated(card, tmp_path):
    write_volume(tmp_path / "i.nii.gz", stack().array)
    write_volume(tmp_path / "m.nii.gz", truth())
    write_index(tmp_path, [["i.nii.gz", "m.nii.gz", "p"]], ("image", "mask", "patient"))
    found = evaluate(card, tmp_path, split="val", robustness_n=5)
    assert found["n"] == 1
    assert found["targets"]["bright"]["dice"] > 0.8
    assert found["robustness"] == []  # its changes are those of images


# --- values ---------------------------------------------------------------------------------------

GREY = InputSpec((16, 16), 1, ("squash",), "any", depth=4)


def test_grey_is_that_of_one_window_for_the_whole_volume():
    values = np.linspace(0, 1000, 4 * 9 * 9).reshape(4, 9, 9).astype(np.float32)
    found = volume_values(Volume(values), GREY)
    assert found.shape == (4, 9, 9)
    assert (np.diff(found.mean(axis=(1, 2))) > 0.2).all()  # of a window for each slice all means would be alike
    assert (float(found.min()), float(found.max())) == (0, 1)
    own = volume_values(Volume(values, voi=(Window(500, 500, "LINEAR_EXACT"),)), GREY)
    assert own == pytest.approx(np.clip((values - 250) / 500, 0, 1), abs=1e-6)


def test_values_in_a_unit_are_left_as_they_are():
    values = np.arange(4 * 6 * 5, dtype=np.int16).reshape(4, 6, 5)
    spec = dataclasses.replace(GREY, unit="HU")
    assert np.array_equal(volume_values(Volume(values, unit="HU"), spec), values)
    frames = Volume(np.stack([values, values + 7]), unit="HU", frames_axis=True)
    assert np.array_equal(volume_values(frames, spec, 1), values + 7)


def test_colour_is_refused():
    with pytest.raises(IncompatibleInputError, match="grey ones"):
        volume_values(Volume(np.zeros((4, 5, 6, 3), np.uint8), colour=True), GREY)
