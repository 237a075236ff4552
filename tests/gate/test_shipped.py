"""The shipped model's gate: what its card claims, and the same on a sample of the images."""

import csv
from itertools import islice

import numpy as np
import pytest

from medimg_core.gate import gate_settings
from medimg_core.gate.reference import load_reference
from medimg_core.io.limits import Limits
from medimg_core.io.raster import read_raster
from medimg_core.registry import list_models
from medimg_core.study import Volume
from medimg_core.training.gatefigures import image_reasons
from medimg_core.training.postures import postures

SAMPLE = 40
FOREIGN = ("breast_ultrasound", "liver_ct", "gi_polyps", "brain_flair")
"""Data sets of other organs than the chest."""


def shares(card):
    return {figure.data: figure.value for figure in card.gate_figures if figure.name == "marked_or_refused"}


def test_the_gate_is_fitted_to_these_weights(shipped_model):
    assert gate_settings(shipped_model).fitted
    assert load_reference(shipped_model).thumbnail.basis.shape[1] == 1024


@pytest.mark.parametrize("name", FOREIGN)
def test_the_card_claims_at_least_95_percent_of_other_organs(shipped_model, name):
    assert shares(shipped_model)[f"{name}, all images"] >= 0.95


@pytest.mark.parametrize("card", [card for card in list_models() if card.gate], ids=lambda card: card.id)
def test_every_card_claims_at_least_95_percent_of_other_organs(card):
    organ = card.data[0].name.split("_")[0]
    others = {name: share for name, share in shares(card).items() if name.endswith("all images")}
    strange = {name: share for name, share in others.items() if not name.startswith(organ)}
    assert len(strange) >= 4
    assert min(strange.values()) >= 0.95


def test_the_card_claims_at_most_5_percent_of_plain_images(shipped_model):
    assert shares(shipped_model)["chest_xray val, plain"] <= 0.05


@pytest.mark.parametrize("name", ["rotated_90", "rotated_180", "rotated_270", "mirrored", "inverted", "cropped"])
def test_the_card_says_what_it_does_with_each_posture(shipped_model, name):
    assert shares(shipped_model)[f"chest_xray val, {name}"] >= 0.9


def images(folder, wanted=None):
    with (folder / "index.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if wanted in (None, row["split"])]
    step = max(1, len(rows) // SAMPLE)
    return islice((read_raster((folder / row["image"]).read_bytes(), Limits())[0] for row in rows[::step]), SAMPLE)


def marked(volumes, card):
    return np.mean([bool(reasons) for reasons in image_reasons(volumes, card)])


@pytest.mark.real_data
@pytest.mark.parametrize("name", FOREIGN)
def test_other_organs_are_marked(shipped_model, data_dir, name):
    assert marked(images(data_dir / name), shipped_model) >= 0.9


@pytest.mark.real_data
def test_plain_radiographs_pass_and_turned_ones_do_not(shipped_model, data_dir):
    plain = list(images(data_dir / "chest_xray", "val"))
    assert marked(plain, shipped_model) <= 0.2  # of 40; the card holds the figure for all
    rng = np.random.default_rng(0)
    posed = [postures(volume.plane(0).astype(np.float32) / 255, rng) for volume in plain]
    for name in ("rotated_90", "rotated_180", "rotated_270", "mirrored", "inverted"):
        turned = [Volume((versions[name][None] * 255).astype(np.uint8)) for versions in posed]
        assert marked(turned, shipped_model) >= 0.85, name
