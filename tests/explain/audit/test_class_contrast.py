"""The next class has another map; where that says nothing, it is not asked."""

from dataclasses import replace

import numpy as np
import pytest

from medimg_core.decision import decision
from medimg_core.explain.audit.class_contrast import _pointless, class_contrast
from medimg_core.explain.planted import planted_card
from medimg_core.registry import OutputSpec, Reading
from tests.explain.audit.planted import case

pytestmark = pytest.mark.usefixtures("planted_models")


def card_of(classes, positive=(), masks=()):
    reading = Reading("finding", positive, "finding", "no finding") if positive else None
    outputs = [OutputSpec("logits", "classification", classes, reading, "")]
    if masks:
        outputs.append(OutputSpec("mask_logits", "segmentation", masks, None, ""))
    return replace(planted_card(), outputs=tuple(outputs))


@pytest.mark.parametrize(
    ("card", "label", "following", "said"),
    [
        (card_of(("no", "yes")), "yes", 0, "Only no is left"),
        (card_of(("no", "yes"), ("yes",)), None, 0, "Only no is left"),
        (card_of(("normal", "bacterial", "viral"), ("bacterial", "viral")), None, 0, "Only normal is left"),
        (card_of(("normal", "bacterial", "viral"), ("bacterial", "viral")), "viral", 1, "same side of the reading"),
        (card_of(("normal", "bacterial", "viral"), ("bacterial", "viral")), "viral", 0, ""),
        (card_of(("normal", "benign", "malignant"), ("malignant",), ("lesion",)), None, 1, "kinds of what it outlines"),
        (card_of(("a", "b", "c"), (), ("left", "right")), "a", 1, ""),
        (card_of(("a", "b", "c")), "a", 2, ""),
    ],
)
def test_when_the_comparison_would_mean_nothing(card, label, following, said):
    question = decision(card, np.zeros(len(card.classification.classes)), label)
    rest = len(card.classification.classes) - len(question.positive)
    found = _pointless(card, question, following, rest)
    assert (said in found) if said else found == ""


def test_another_class_has_another_map():
    item = class_contrast(case(0, ("mark_a", "mark_b")).asked())
    assert item.verdict == "shown", item.sentence
    assert item.figures["next_class"] == "mark_b"
    assert not item.figures["empty"]


def test_a_map_that_is_that_of_the_next_class_is_not_shown():
    own = case(0, ("mark_a", "mark_b"))
    item = class_contrast(own.asked(case(0, ("mark_a", "mark_b"), "mark_b").explanation.native))
    assert (item.verdict, item.reason) == ("not_shown", "another class has the same map")
    assert item.figures["correlation"] == pytest.approx(1)


def test_a_slow_method_is_not_repeated():
    own = case(0, ("mark_a", "mark_b"))
    slow = replace(own.explanation, method="smooth_grad")
    item = class_contrast(replace(own, explanation=slow).asked(remap=None))
    assert (item.verdict, item.reason) == ("cannot_tell", "too slow to be repeated")
