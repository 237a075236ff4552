"""Fitting a gate, its limits, and what it then says; on pictures drawn for the purpose."""

import csv
import shutil

import numpy as np
import pytest
from PIL import Image

from medimg_core.engine import forward
from medimg_core.errors import InputError, WeightsError
from medimg_core.gate import gate_settings
from medimg_core.gate.posture import POSTURES
from medimg_core.gate.reference import load_reference
from medimg_core.gate.thumbnail import thumbnail
from medimg_core.inference import classify
from medimg_core.preprocess import prepare
from medimg_core.registry import read_card
from medimg_core.study import Volume
from medimg_core.training.gatefigures import wilson
from medimg_core.training.gatefit import PARTS, add_gate, choose_limits, fit_gate, measure_gate
from medimg_core.training.postures import crop, posed_thumbnails, postures
from tests.gate.pictures import pictures


def embedding_fit(card, images):
    """What the trainer leaves in reference.npz, for a network whose classes mean nothing."""
    rows = forward(card, np.concatenate([prepare(image, card.input) for image in images]), features=False).embedding
    rows = rows.astype(np.float64)
    precision = np.linalg.inv(np.cov(rows.T) + 1e-3 * np.eye(rows.shape[1]))
    np.savez(
        card.reference,
        sha256=np.array(card.sha256),
        train_mean=rows.mean(axis=0)[None],
        train_precision=precision,
        background_mean=rows.mean(axis=0),
        background_precision=precision,
        train_embedding_sample=rows,
    )


def write_set(folder, images, split):
    folder.mkdir(parents=True)
    with (folder / "index.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "split"])
        for number, image in enumerate(images):
            Image.fromarray((image * 255).astype(np.uint8)).save(folder / f"{number}.png")
            writer.writerow([f"{number}.png", split])


@pytest.fixture(scope="module")
def gated(tiny_model, tmp_path_factory):
    """The tiny model with a fitted and measured gate."""
    root = tmp_path_factory.mktemp("gated")
    shutil.copytree(tiny_model.folder, root / "tiny_model")
    card = read_card(root / "tiny_model")
    train, val = pictures(60, seed=10), pictures(40, seed=11)
    embedding_fit(card, train)
    noise = np.random.default_rng(0).random((12, 64, 64))
    write_set(root / "data" / "none", val, "val")  # the tiny card names its data set "none"
    write_set(root / "data" / "liver_ct", noise, "train")
    write_set(root / "data" / "gi_polyps", np.random.default_rng(1).random((6, 64, 64, 3)), "val")
    return add_gate(card.folder, list(train), list(val), root / "data")


def test_the_card_says_what_was_fitted_and_measured(gated):
    assert gate_settings(gated).fitted
    found = {figure.data: figure for figure in gated.gate_figures}
    assert found["none val, plain"].value <= 0.05
    assert found["none val, plain"].n == 40
    assert found["liver_ct, all images"].value == 1.0
    assert found["gi_polyps, all images"].value == 1.0
    assert set(found) == {
        "none val, plain",
        *(f"none val, {name}" for name in list(POSTURES)[1:]),
        "liver_ct, all images",
        "gi_polyps, all images",
    }
    assert all(found[f"none val, {name}"].value >= 0.9 for name in ("rotated_90", "mirrored", "inverted"))


def test_sets_that_its_own_may_be_a_part_of_are_not_foreign(gated):
    found = {figure.data for figure in measure_gate(gated, gated.folder.parent / "data", related=("gi_polyps",))}
    assert found == {figure.data for figure in gated.gate_figures} - {"gi_polyps, all images"}


def test_the_rest_of_the_card_stays(gated, tiny_model):
    for name in ("title", "outputs", "thresholds", "sha256", "population", "cam", "data", "limits"):
        assert getattr(gated, name) == getattr(tiny_model, name)


@pytest.mark.parametrize("name", list(POSTURES)[1:])
def test_each_posture_is_marked_and_named(gated, name):
    images = pictures(12, seed=20)
    rng = np.random.default_rng(0)
    codes = []
    for image in images:
        posed = postures(image, rng)[name]
        outcome = classify(Volume((posed[None] * 255).astype(np.uint8)), gated).gate
        codes += [reason.code for reason in outcome.reasons if reason.code.startswith("posture_")]
    assert codes.count(f"posture_{name}") >= 9


def test_plain_pictures_mostly_pass(gated):
    unmarked = {"modality_unknown", "body_part_unknown", "view_unknown", "age_unknown"}
    passed = 0
    for image in pictures(30, seed=30):
        gate = classify(Volume((image[None] * 255).astype(np.uint8)), gated).gate
        passed += {reason.code for reason in gate.reasons} == unmarked
        assert gate.limit == gate_settings(gated).limit
        assert np.isfinite(gate.distance)
    assert passed >= 22


def test_noise_is_out_of_distribution_and_unlike(gated):
    image = np.random.default_rng(8).integers(0, 255, (1, 80, 80)).astype(np.uint8)
    gate = classify(Volume(image), gated).gate
    assert gate.status == "mark"
    assert {"unlike_training"} <= {reason.code for reason in gate.reasons}


def test_a_reference_of_other_weights_is_refused(gated, tmp_path):
    shutil.copytree(gated.folder, tmp_path / "tiny_model")
    card = read_card(tmp_path / "tiny_model")
    with np.load(card.reference) as file:
        arrays = {name: file[name] for name in file.files}
    np.savez(card.reference, **{**arrays, "sha256": np.array("f" * 64)})
    with pytest.raises(WeightsError, match="must belong to weights"):
        load_reference(card)


@pytest.mark.parametrize("damage", ["cut", "lacking", "gone"])
def test_a_damaged_reference_is_a_clear_error(gated, tmp_path, damage):
    shutil.copytree(gated.folder, tmp_path / "tiny_model")
    card = read_card(tmp_path / "tiny_model")
    if damage == "gone":
        card.reference.unlink()
    elif damage == "cut":
        card.reference.write_bytes(card.reference.read_bytes()[:2000])
    else:
        np.savez(card.reference, sha256=np.array(card.sha256))
    with pytest.raises(WeightsError, match=r"reference\.npz"):
        load_reference(card)


def test_the_posture_fit_comes_back_as_it_was(gated):
    fit = load_reference(gated).posture
    small = thumbnail(prepare(pictures(1, seed=40)[0], gated.input)[0, :, :, 0])
    assert fit.logits(small).shape == (1, len(POSTURES))
    others = np.exp(fit.logits(small)[0, 1:]).sum()
    assert fit.not_upright(small)[0] == pytest.approx(np.log(others) - fit.logits(small)[0, 0])


def test_limits_mark_no_more_than_the_share():
    rng = np.random.default_rng(3)
    values = {name: rng.normal(size=2000) for name in PARTS}
    limits = choose_limits(values, 0.045)
    above = {name: values[name] > limits[name] for name in PARTS}
    assert 0.04 <= np.mean(np.any(list(above.values()), axis=0)) <= 0.045
    assert above["posture"].mean() > above["limit"].mean()


def test_too_few_images_are_refused(gated):
    with pytest.raises(InputError, match="needs 30 training and 10 validation images, got 3 and 40"):
        fit_gate(gated.folder, list(pictures(3, seed=0)), list(pictures(40, seed=1)))


def test_postures_undo():
    image = pictures(1, seed=0)[0][:80]
    made = postures(image, np.random.default_rng(0))
    assert list(made) == list(POSTURES)
    np.testing.assert_array_equal(np.rot90(made["rotated_90"], -1), image)
    np.testing.assert_array_equal(made["mirrored"][:, ::-1], image)
    np.testing.assert_allclose(1 - made["inverted"], image, atol=1e-6)


def test_thumbnails_of_postures_are_those_of_the_posed_images(tiny_model):
    image = pictures(1, seed=0)[0][:80]
    quick = posed_thumbnails(image, tiny_model.input, np.random.default_rng(4))
    posed = postures(image, np.random.default_rng(4)).values()
    slow = [thumbnail(prepare(version, tiny_model.input)[0, :, :, 0]) for version in posed]
    np.testing.assert_allclose(quick, slow, atol=1e-3)


def test_a_crop_is_a_part_of_the_image():
    image = np.arange(100 * 60, dtype=np.float32).reshape(100, 60)
    part = crop(image, np.random.default_rng(1), (0.5, 0.5))
    assert part.shape == (50, 30)
    row, column = divmod(int(part[0, 0]), 60)
    np.testing.assert_array_equal(part, image[row : row + 50, column : column + 30])


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"), [(95, 100, 0.888, 0.978), (0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0)]
)
def test_wilson_intervals(hits, n, low, high):
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-4)
