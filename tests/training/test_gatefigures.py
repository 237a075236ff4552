"""Images on which a gate is measured."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from medimg_core.evaluation.files import image_of
from medimg_core.evaluation.folder import read_folder
from medimg_core.inference import model_input
from medimg_core.registry import InputSpec
from medimg_core.training.gatefigures import SLICES, images_of, posed
from tests.training.lesions import write_index
from tests.training.volumes import image, write_volume, write_volumes


def card(*given):
    return SimpleNamespace(input=InputSpec((32, 32), *given))


def test_a_volume_gives_slices_that_are_not_blank_each_as_it_is_read(tmp_path):
    row = read_folder(write_volumes(tmp_path), "val")[0]
    whole = image_of(row.image).volume
    found = list(images_of(row))
    assert len(found) == 6
    for number, one in enumerate(found, start=1):
        assert one.shape == (1, *whole.shape[1:])
        assert np.array_equal(one.plane(0), whole.plane(number))
        assert one.unit == whole.unit


def test_of_many_slices_some_are_taken_evenly(tmp_path):
    values = np.repeat(image(np.random.default_rng(0))[2:3], 40, axis=0) + np.arange(40)[:, None, None]
    write_volume(tmp_path / "i.nii.gz", values.astype(np.float32))
    write_index(tmp_path, [["i.nii.gz"]], ("image",))
    found = list(images_of(read_folder(tmp_path)[0]))
    assert len(found) == SLICES
    steps = np.diff([float(one.plane(0).min()) for one in found])
    assert steps == pytest.approx([5.0] * (SLICES - 1), abs=1e-3)


def test_a_picture_is_one_image(tmp_path):
    values = np.random.default_rng(0).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    Image.fromarray(values).save(tmp_path / "p.png")
    write_index(tmp_path, [["p.png"]], ("image",))
    (found,) = images_of(read_folder(tmp_path)[0])
    assert np.array_equal(found.plane(0), values)


@pytest.mark.parametrize("posture", ["upright", "mirrored", "inverted"])
@pytest.mark.parametrize(
    ("given", "low", "high"),
    [
        ((1, ("to_grey01", "squash"), "any"), 0.0, 255.0),
        ((3, ("to_grey01", "squash"), "any"), 0.0, 255.0),
        ((1, ("window", "squash"), "SUVbw", (0.0, 20.0)), 0.0, 20.0),
        ((1, ("window", "squash"), "HU", (-100.0, 300.0)), -100.0, 300.0),
    ],
)
def test_another_posture_has_values_that_the_card_reads(tmp_path, posture, given, low, high):
    rng = np.random.default_rng(0)
    chosen = card(*given)
    if chosen.input.channels == 3:
        Image.fromarray(rng.integers(0, 256, (20, 30, 3)).astype(np.uint8)).save(tmp_path / "i.png")
    else:
        write_volume(tmp_path / "i.nii.gz", image(rng, low, high)[3:4])
    write_index(tmp_path, [["i.png" if chosen.input.channels == 3 else "i.nii.gz"]], ("image",))
    (plain,) = images_of(read_folder(tmp_path)[0])
    made = posed(plain, chosen, posture, np.random.default_rng(1))
    before, after = (model_input(one, chosen) for one in (plain, made))
    if chosen.input.unit == "any":
        before, after, low, high = 255 * before, 255 * after, 0.0, 255.0
    expected = {"upright": before, "mirrored": before[:, ::-1], "inverted": low + high - before}[posture]
    assert after == pytest.approx(expected, abs=(high - low) / 250)
