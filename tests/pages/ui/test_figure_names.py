"""No key of a card or an evaluation reaches a page as it is."""

import pytest

from medimg_core.evaluation.robustness import CHANGES
from medimg_core.preprocess import STEPS
from medimg_core.registry import list_models
from pages._ui.evaluation.figures import MASKS, READING
from pages._ui.figure_names import change_name, figure_name, spaced, split_word, step_name, task_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("auc", "AUC"),
        ("hd95", "HD95"),
        ("dice_by_patient", "Dice by patient"),
        ("dice_by_patient_lungs", "Dice by patient, lungs"),
        ("dice_lesion", "Dice, lesion"),
        ("lungs_filled_mean_auc", "AUC, lungs filled mean"),
        ("centre_only_gap", "Gap, centre only"),
        ("exterior_followed", "exterior followed"),
        ("", ""),
    ],
)
def test_a_figure_with_its_condition(name, shown):
    assert figure_name(name) == shown


def test_every_key_that_we_give_has_a_word():
    assert not [step for step in STEPS if step_name(step) == spaced(step)]
    assert not [change.name for change in CHANGES if change_name(change.name) == change.name]
    assert not [name for name in (*READING, *MASKS) if figure_name(name) == spaced(name)]


def test_no_key_of_a_shipped_card_is_left():
    for card in list_models():
        names = [figure.name for figure in (*card.metrics, *card.shortcuts, *card.gate_figures)]
        shown = [figure_name(name) for name in names] + [task_name(card.task)]
        shown += [change_name(curve.change) for curve in card.robustness]
        shown += [split_word(split) for source in card.data for split in source.n]
        assert not [text for text in shown if "_" in text or text in ("auc", "dice", "val", "train", "jpeg")]
