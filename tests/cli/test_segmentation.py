"""``medimg segment``: one answer, files written, and what is refused."""

import argparse
import json

import nibabel
import numpy as np
import pytest
from PIL import Image

from medimg_core.cli import main
from medimg_core.cli.segmentation import slice_range
from medimg_core.io import open_study


@pytest.fixture
def models(monkeypatch, mask_models):
    monkeypatch.setenv("MEDIMG_MODELS", str(mask_models[0].folder.parent))


@pytest.fixture
def picture(tmp_path):
    array = np.full((90, 60), 150, np.uint8)
    array[50:85, 35:55] = 255
    Image.fromarray(array).save(tmp_path / "breast.png")
    return tmp_path / "breast.png"


def asked(capfd, *arguments):
    code = main(["segment", *map(str, arguments), "--json"])
    captured = capfd.readouterr()
    return code, json.loads(captured.out) if captured.out else captured.err


def test_a_picture_becomes_a_mask(models, picture, tmp_path, capfd):
    out = tmp_path / "mask.png"
    code, answer = asked(capfd, "tiny_multi", picture, "--out", out, "--modality", "US")
    assert code == 0
    assert answer["model"] == "tiny_multi"
    assert answer["out"] == [str(out), str(tmp_path / "mask.json")]
    said = answer["segmentation"]
    assert said["labels"] == {"dark": 1, "bright": 2}
    assert said["declared"] == ["modality US"]
    assert said["volumes_ml"] == {"dark": None, "bright": None}
    assert said["predictions"][0]["reading"] == "malignant"
    with Image.open(out) as mask:
        assert (np.asarray(mask)[54:81, 39:51] == 2).all()


def test_slices_are_the_reader_s_word(models, tmp_path, capfd):
    """NIfTI says no unit, so a model that reads HU goes by the reader's word; slices are one too."""
    values = np.full((60, 90, 4), 150, np.int16)
    values[35:55, 50:85, 2] = 255
    nibabel.save(nibabel.Nifti1Image(values, np.diag([0.5, 0.5, 2.0, 1])), tmp_path / "stack.nii.gz")
    out = tmp_path / "masks.nii.gz"
    code, answer = asked(capfd, "tiny_multi", tmp_path / "stack.nii.gz", "--out", out, "--slices", "2-2")
    assert code == 0
    assert answer["segmentation"]["slices"] == [2, 2]
    assert answer["segmentation"]["declared"] == ["first and last slice"]
    (series,) = open_study([out]).studies[0].series
    assert sorted(np.flatnonzero((series.volume.array == 2).any(axis=(1, 2))).tolist()) == [2]
    for word, status, said in (
        ((), "mark", []),
        (("--unit", "HU"), "mark", ["unit HU"]),
        (("--unit", "SUVbw"), "refuse", []),
    ):
        code, answer = asked(capfd, "tiny_masks", tmp_path / "stack.nii.gz", "--out", out, *word)
        assert (code, answer["segmentation"]["gate"]) == (0, status)
        assert answer["segmentation"]["declared"] == said


def test_a_refused_input_writes_nothing(models, picture, tmp_path, capfd):
    code, answer = asked(capfd, "tiny_multi", picture, "--out", tmp_path / "mask.png", "--modality", "MR")
    assert code == 0
    assert answer["segmentation"]["gate"] == "refuse"
    assert answer["out"] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["breast.png"]


def test_a_model_that_classifies_is_a_clear_error(monkeypatch, tiny_model, picture, tmp_path, capfd):
    monkeypatch.setenv("MEDIMG_MODELS", str(tiny_model.folder.parent))
    code, error = asked(capfd, "tiny_model", picture, "--out", tmp_path / "mask.png")
    assert code == 1
    assert "segmentation needs a model that segments" in error


@pytest.mark.parametrize(("text", "expected"), [("3-9", (3, 9)), ("0-0", (0, 0)), ("12", (12, 12))])
def test_slice_ranges(text, expected):
    assert slice_range(text) == expected


@pytest.mark.parametrize("text", ["9-3", "-1-4", "a-b", "", "1-2-3"])
def test_what_is_no_range_is_wrong_usage(text):
    with pytest.raises(argparse.ArgumentTypeError, match="slices must be A-B"):
        slice_range(text)
