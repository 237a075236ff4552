"""A map as a file."""

import json

import numpy as np
import pytest
from PIL import Image

from medimg_core.errors import IncompatibleInputError, InputError
from medimg_core.explain import explain, on_image, write_explanation
from medimg_core.inference import classify
from medimg_core.study import Volume


@pytest.fixture(scope="module")
def made(tiny_model):
    volume = Volume(np.random.default_rng(4).integers(0, 255, (1, 64, 80)).astype(np.uint8))
    return volume, explain(classify(volume, tiny_model), tiny_model)


def test_numbers_come_back(made, tmp_path):
    volume, explanation = made
    write_explanation(explanation, volume, tmp_path / "map.npz")
    with np.load(tmp_path / "map.npz", allow_pickle=False) as file:
        np.testing.assert_array_equal(file["native"], explanation.native)
        np.testing.assert_array_equal(file["image"], on_image(explanation))
        about = json.loads(str(file["about"]))
    assert about["weights_sha256"] == explanation.weights_sha256
    assert (about["label"], about["peak"]) == ("pneumonia", explanation.peak)


def test_the_file_has_the_name_that_was_asked_for(made, tmp_path):
    volume, explanation = made
    write_explanation(explanation, volume, tmp_path / "map.NPZ")
    assert [path.name for path in tmp_path.iterdir()] == ["map.NPZ"]


def test_a_picture_has_the_image_s_size(made, tmp_path):
    volume, explanation = made
    write_explanation(explanation, volume, tmp_path / "map.png")
    with Image.open(tmp_path / "map.png") as picture:
        assert (picture.size, picture.mode) == ((80, 64), "RGB")
        assert np.ptp(np.asarray(picture).astype(int), axis=2).max() > 0


def test_the_wrong_volume_suffix_or_place_is_refused(made, tmp_path):
    volume, explanation = made
    with pytest.raises(IncompatibleInputError, match="this is another one"):
        write_explanation(explanation, Volume(np.ones((1, 64, 80), np.uint8)), tmp_path / "map.png")
    with pytest.raises(IncompatibleInputError, match=r"suffix must be one of .npz, .png, got '.exe'"):
        write_explanation(explanation, volume, tmp_path / "map.exe")
    with pytest.raises(InputError, match="must be one that can be written"):
        write_explanation(explanation, volume, tmp_path / "nowhere" / "map.png")
