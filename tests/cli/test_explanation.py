"""``medimg explain``: one answer, one file, and what is refused."""

import argparse
import json
import shutil

import nibabel
import numpy as np
import pytest
from PIL import Image

from medimg_core.cli import main
from medimg_core.cli.explanation import setting


@pytest.fixture
def models(monkeypatch, mask_models):
    monkeypatch.setenv("MEDIMG_MODELS", str(mask_models[0].folder.parent))


@pytest.fixture
def picture(tmp_path):
    array = np.random.default_rng(2).integers(0, 255, (90, 60)).astype(np.uint8)
    Image.fromarray(array).save(tmp_path / "breast.png")
    return tmp_path / "breast.png"


def asked(capfd, *arguments):
    code = main(["explain", *map(str, arguments), "--json"])
    captured = capfd.readouterr()
    return code, json.loads(captured.out) if captured.out else captured.err


def test_a_method_with_its_settings(models, picture, tmp_path, capfd):
    words = ("--method", "occlusion", "--set", "how=blur", "--label", "benign", "--modality", "US")
    code, answer = asked(capfd, "tiny_multi", picture, *words, "--out", tmp_path / "map.png")
    assert code == 0
    assert (answer["method"], answer["family"], answer["label"]) == ("occlusion", "perturbation", "benign")
    assert answer["signed"] is True
    assert answer["native_shape"] == [10, 14]
    assert answer["parameters"]["how"] == "blur"
    assert answer["prediction"]["reading"] == "malignant"
    with Image.open(tmp_path / "map.png") as found:
        assert found.size == (60, 90)


def test_every_slice_of_a_volume(monkeypatch, tiny_model, tmp_path, capfd):
    folder = tmp_path / "models" / "tiny_model"
    shutil.copytree(tiny_model.folder, folder)
    text = (folder / "card.toml").read_text()
    (folder / "card.toml").write_text(text.replace('modality = ["CR", "DX"]', 'modality = ["MR"]'))
    monkeypatch.setenv("MEDIMG_MODELS", str(folder.parent))
    values = np.random.default_rng(1).integers(0, 255, (60, 90, 5)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(values, np.diag([0.5, 0.5, 2.0, 1])), tmp_path / "stack.nii.gz")
    out, words = tmp_path / "maps.npz", ("--modality", "MR", "--body-part", "CHEST", "--view", "AP", "--age", "3")
    code, answer = asked(capfd, "tiny_model", tmp_path / "stack.nii.gz", *words, "--slices", "1-3", "--out", out)
    assert code == 0, answer
    assert answer["slices"] == [1, 2, 3]
    assert answer["native_shape"] == [12, 12]
    assert answer["peak_slice"] == 1 + int(np.argmax(answer["peaks"]))
    with np.load(out, allow_pickle=False) as file:
        assert file["native"].shape == (3, 12, 12)
        assert file["slices"].tolist() == answer["slices"]
        np.testing.assert_allclose(file["scores"], answer["scores"])
        about = json.loads(str(file["about"]))
    assert (about["method"], about["label"]) == ("grad_cam", "pneumonia")
    code, answer = asked(
        capfd, "tiny_model", tmp_path / "stack.nii.gz", *words, "--slices", "1-3", "--out", tmp_path / "peak.png"
    )
    assert code == 0, answer
    with Image.open(tmp_path / "peak.png") as found:
        assert min(found.size) >= 60


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--method", "crystal_ball"), "method must be one of"),
        (("--set", "samples=3"), "settings of grad_cam are none"),
        (("--slices", "0-0", "--slice", "0"), "--slice and --region go without it"),
        (("--method", "seg_grad_cam", "--region", "nowhere.png"), "a region must be a picture"),
    ],
)
def test_what_cannot_be_asked(models, picture, tmp_path, capfd, words, message):
    code, said = asked(capfd, "tiny_multi", picture, *words, "--modality", "US", "--out", tmp_path / "map.png")
    assert code == 1
    assert message in said


@pytest.mark.parametrize("text", ["samples", "=3", "samples="])
def test_a_setting_has_a_name_and_a_value(text):
    with pytest.raises(argparse.ArgumentTypeError, match="must be NAME=VALUE"):
        setting(text)
