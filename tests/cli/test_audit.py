"""``medimg audit``: what it reads of a folder, and what it refuses."""

import numpy as np
import pytest
from PIL import Image

from medimg_core.cli import main
from medimg_core.cli.audit import drawn_in, images_in, others
from medimg_core.explain.audit import write_record
from medimg_core.explain.audit.record import MethodRecord, Record, Stage
from medimg_core.explain.planted import planted_card, planted_image


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Six planted images, half of them for training; one of these without a mask."""
    place = tmp_path_factory.mktemp("data") / "planted"
    place.mkdir()
    lines = ["image,mask,label,split"]
    for seed in range(6):
        made = planted_image(seed)
        Image.fromarray(made.image).save(place / f"{seed}.png")
        Image.fromarray(made.truth().astype(np.uint8) * 255).save(place / f"{seed}m.png")
        mask = "" if seed == 4 else f"{seed}m.png"
        lines.append(f"{seed}.png,{mask},{made.label},{'train' if seed % 2 == 0 else 'val'}")
    (place / "index.csv").write_text("\n".join(lines) + "\n")
    return place


def test_images_of_the_split_are_inputs_of_the_network(folder):
    images = images_in(folder, planted_card(), "val")
    assert images.data == "planted val"
    assert images.batch.shape == (3, 96, 96, 1)
    np.testing.assert_allclose(images.batch[0, ..., 0], planted_image(1).image / 255, atol=1e-6)
    assert images.truth is None  # the planted network has no reading


def test_masks_of_training_images_are_taken_where_there_are_some(folder):
    drawn = drawn_in([folder], planted_card())
    assert drawn.data == "planted train, 2 images"
    truths = [planted_image(seed).truth() for seed in (0, 2)]
    assert all(any((mask == truth).all() for truth in truths) for mask in drawn.masks)
    for image, mask in zip(drawn.batch, drawn.masks, strict=True):
        seed = next(seed for seed in (0, 2) if (planted_image(seed).truth() == mask).all())
        np.testing.assert_allclose(image[..., 0], planted_image(seed).image / 255, atol=1e-6)


def test_a_folder_without_masks_gives_none(folder, tmp_path):
    (tmp_path / "1.png").write_bytes((folder / "1.png").read_bytes())
    (tmp_path / "index.csv").write_text("image,split\n1.png,val\n")
    assert drawn_in([tmp_path], planted_card()) is None


def record(*methods, data="planted val", sha256=None):
    stages = (Stage("logits", 0.1, 0.0, 0.0, 0.1),)
    one = MethodRecord("features", "bright", 3, (6, 6), stages, 2, 0.3, 0.1)
    return Record(sha256 or planted_card().sha256, data, 0, dict.fromkeys(methods, one))


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        (record("grad_cam", "score_cam"), {"score_cam"}),
        (record("grad_cam", data="planted test"), set()),
        (record("score_cam", data="planted test"), set()),
        (record("score_cam", sha256="0" * 64), set()),
        (None, set()),
    ],
)
def test_methods_that_were_not_asked_stay_in_the_file(tmp_path, before, kept):
    out = tmp_path / "audit.json"
    if before is not None:
        write_record(before, out)
    assert set(others(planted_card(), record("grad_cam"), out)) == kept


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no_such_model", "."], "model id must be one of"),
        (["chest_xray_lungs", "."], "needs a model that classifies"),
        (["brain_flair_abnormality", ".", "--methods", "guesswork"], "methods must be some of"),
        (["brain_flair_abnormality", ".", "--methods", "seg_grad_cam"], "methods must be some of"),
        (["brain_flair_abnormality", "."], "must hold index.csv"),
    ],
)
def test_clear_errors(arguments, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["audit", *arguments]) == 1
    assert words in capsys.readouterr().err
