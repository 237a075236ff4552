"""The card's text and what is written beside it."""

import numpy as np
import pytest

from medimg_core.registry import Figure, read_card
from medimg_core.training.cardtext import Measured, card_text
from medimg_core.training.datasets import ImageSet
from medimg_core.training.figures import by_name_group, held_out, uses_outside
from medimg_core.training.heads import OperatingPoint
from medimg_core.training.package import Outputs, classifier_output, reference_arrays
from medimg_core.training.readme import readme_text
from medimg_core.training.recipe import input_of
from tests.training.small import recipe

ABOUT = {
    "title": 'A "quoted" title',
    "task": "classification",
    "intended_use": "Tests.",
    "modality": ["CR"],
    "body_part": ["CHEST"],
    "weights_licence": "CC-BY-4.0",
    "limits": ["One – two"],
    "population": {"age_years": [1, 5], "sites": "here", "never_measured": ["all"]},
    "reading": {"positive_text": "yes", "negative_text": "no"},
    "data": [{"name": "set", "licence": "none", "n": {"train": 3, "val": 2}, "split": "by patient"}],
}


def figure(name, value):
    return Figure(name, value, (round(value - 0.05, 3), round(value + 0.05, 3)), 40, "set val", "a note")


def text(outside=True):
    measured = Measured(
        input=input_of(recipe()),
        outputs=[classifier_output(recipe(), ABOUT["reading"])],
        cam=True,
        calibration={"temperature": 1.25, "prevalence": 0.74},
        thresholds={"balanced": (OperatingPoint(0.6123456789, 0.95, 0.94), "set val")},
        figures={"metrics": [figure("auc", 0.9)], "shortcuts": [figure("frame_only_auc", 0.7)]},
        uses_outside=outside,
    )
    return card_text("tiny", "ab" * 32, ABOUT, measured)


def test_the_card_reads_back_as_it_was_meant(tmp_path):
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "card.toml").write_text(text(), encoding="utf-8")
    card = read_card(folder)
    assert card.title == 'A "quoted" title'
    assert card.limits == ("One – two",)
    assert card.temperature == 1.25
    assert card.threshold.value == pytest.approx(0.612346)
    assert card.input.size == (32, 32)
    assert card.outputs[0].reading.positive == ("bacterial", "viral")
    assert card.metrics == (figure("auc", 0.9),)
    assert card.population.age_years == (1, 5)
    assert card.data[0].n == {"train": 3, "val": 2}
    assert card.uses_outside
    readme = readme_text(card, recipe(epochs=7))
    assert "| frame_only_auc | 0.700 | 0.650 to 0.750 | 40 |" in readme
    assert "7 epochs" in readme


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("frame_only_auc", 0.66, True),
        ("frame_only_auc", 0.64, False),
        ("lungs_filled_mean_auc", 0.7, True),
        ("lungs_box_filled_auc", 0.3, True),
        ("lungs_only_auc", 0.99, False),
    ],
)
def test_the_warning_follows_the_shortcut_figures(name, value, expected):
    assert uses_outside([figure(name, value)]) is expected


@pytest.mark.parametrize(("gap", "expected"), [(0.02, True), (-0.02, True), (0.01, True), (-0.001, False)])
def test_an_order_among_equal_scores_warns_of_nothing(gap, expected):
    figures = [figure("marks_only_auc", 0.3), figure("marks_only_gap", gap), figure("frame_only_auc", 0.5)]
    assert uses_outside(figures) is expected


def test_specificity_by_name_group():
    cases = ("NORMAL2-IM-1", "NORMAL2-IM-2", "IM-1", "IM-2", "person1_virus_1", "person2_virus_1")
    images = ImageSet(np.zeros((6, 4, 4), np.uint8), np.array([0, 0, 0, 0, 2, 2]), cases, cases)
    score = np.array([0.1, 0.9, 0.1, 0.2, 0.9, 0.9])
    found = {f.note: f.value for f in by_name_group(held_out(images, recipe(), "set val"), score, 0.5)}
    assert found == {"negatives named NORMAL2-IM-*": 0.5, "negatives named IM-*": 1.0}


def test_the_reference_fits_are_of_the_training_embeddings():
    rng = np.random.default_rng(0)
    classes = np.repeat([0, 1, 2], 400)
    embedding = rng.normal(0, 1, (1200, 4)) * (1, 2, 1, 1) + np.eye(4)[classes] * 6
    images = ImageSet(np.zeros((1200, 2, 2), np.uint8), classes, ("p",) * 1200, ("c",) * 1200)
    outputs = Outputs(np.zeros((1200, 3), np.float32), embedding.astype(np.float32), np.zeros(1200, np.float32))
    arrays = reference_arrays((images, outputs), (images, outputs), recipe(), 1.0)
    assert arrays["train_mean"] == pytest.approx(np.eye(4)[:3] * 6, abs=0.3)
    assert np.linalg.inv(arrays["train_precision"]) == pytest.approx(np.diag([1, 4, 1, 1]), abs=0.5)
    assert arrays["background_mean"] == pytest.approx([2, 2, 2, 0], abs=0.3)
    assert arrays["train_embedding_sample"].shape == (1200, 4)
    assert arrays["outcome"].tolist() == (classes > 0).astype(int).tolist()
