"""A model folder's README."""

import pytest

from medimg_core.training.heads import OperatingPoint
from medimg_core.training.readme import plan_readme, readme_text
from tests.training.lesions import only_masks, plan
from tests.training.small import recipe
from tests.training.test_cardtext import CLASSIFICATION, CURVES, SEGMENTATION, card
from tests.training.test_package import figure

BOTH = {
    "cam": True,
    "calibration": {"temperature": 1.25, "prevalence": 0.3},
    "thresholds": {"balanced": (OperatingPoint(0.31, 0.9, 0.8), "set val")},
    "figures": {"metrics": [figure("auc", 0.9)], "shortcuts": [figure("frame_only_auc", 0.6)]},
    "robustness": CURVES,
}


def headings(text):
    return [line[3:] for line in text.splitlines() if line.startswith("## ")]


def test_a_model_of_both_tasks_says_all_of_it(tmp_path):
    found = card(tmp_path, "multi_task", [CLASSIFICATION, SEGMENTATION], **BOTH)
    text = plan_readme(found, plan(start="imagenet", encoder="lite0"), 7)
    assert headings(text) == [
        "Train it again",
        "Figures",
        "Without the lesion, and against the surroundings",
        "Under changes of rising strength",
        "Operating points",
        "Limits",
    ]
    assert "Trained for 7 epochs at 32 x 32 from an encoder trained on ImageNet-1k" in text
    assert "medimg train tiny set " in text
    assert "| auc | 0.900 | 0.850 to 0.950 | 40 | set val | a note |" in text
    assert "| noise | standard deviation | auc | 40 | 0: 0.900 (0.850 to 0.950); 0.02: 0.800 (0.700 to 0.900) |" in text
    assert "prevalence of 0.30; threshold 0.310" in text
    assert "`medimg audit tiny FOLDER`" in text.splitlines()[-1]
    assert "with mean scores 0.01 or more apart): no" in text


def test_a_model_that_segments_says_nothing_of_scores(tmp_path):
    text = plan_readme(card(tmp_path, "segmentation", [SEGMENTATION]), only_masks(), 2)
    assert headings(text) == ["Train it again", "Figures", "Limits"]
    assert "from fresh weights" in text
    assert "prevalence" not in text
    assert "shortcut" not in text
    assert "audit" not in text  # it has no maps


@pytest.mark.parametrize(("start", "said"), [("", "fresh weights"), ("earlier", "from the weights of earlier")])
def test_where_training_began_is_said(tmp_path, start, said):
    found = card(tmp_path, "segmentation", [SEGMENTATION])
    assert said in plan_readme(found, only_masks(start=start), 2)


def test_a_classifier_trained_against_shortcuts_says_how(tmp_path):
    found = card(tmp_path, "classification", [CLASSIFICATION], **{**BOTH, "uses_outside": True, "robustness": ()})
    text = readme_text(found, recipe(epochs=7))
    assert "Training shows the lungs on other images' surroundings" in text
    assert "yes: every result says so" in text
    assert "Trained for 7 epochs at 32 x 32" in text
    assert "Under changes of rising strength" not in text
