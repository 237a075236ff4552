"""What the guide says of maps and of hiding follows from the figures, whatever case they are of."""

from dataclasses import replace

import numpy as np
import pytest

from medimg_core.results import Audit, AuditItem, GateOutcome, RegionProbe, Variant
from medimg_core.study import Volume
from pages._ui.guiding.evidence import of_audit, of_hiding, of_map
from tests.pages.conftest import SHA, make_explanation, make_prediction

VOLUME = Volume(np.random.default_rng(0).integers(0, 255, (1, 12, 16)).astype(np.uint8))


def mask(*corner, side=4):
    """A square of the image, its upper left corner and its side."""
    made = np.zeros((12, 16), bool)
    row, column = corner
    made[row : row + side, column : column + side] = True
    return made


CORNER, AWAY, DOT = mask(8, 12), mask(0, 0), mask(10, 14, side=2)


@pytest.mark.parametrize(
    ("facts", "said", "unsaid"),
    [
        ({}, ["Grad-CAM shows where evidence for the score lies.", "covers **100 %** of the finding, but is 4"], []),
        ({"truth": None}, ["shows where evidence"], ["of the finding"]),
        ({"truth": CORNER}, ["of the finding."], ["times as large"]),
        ({"truth": AWAY}, ["covers **0 %** of the finding."], ["times as large"]),
        ({"usual": 8.0}, ["its peak is **3 %** of the usual peak", "too faint to be coloured"], ["shows where"]),
        ({"usual": 1.0}, ["its peak is **20 %** of the usual", "no contour is drawn"], ["too faint"]),
        ({"usual": 0.3}, ["shows where evidence"], ["faint"]),
        ({"usual": 8.0, "contour": 0.0}, ["shows where evidence"], ["faint"]),
        ({"folded": True}, ["Its audit folded it, so the image is shown without it."], []),
    ],
)
def test_what_is_said_of_a_map_is_what_can_be_seen_of_it(facts, said, unsaid):
    usual = {"truth": DOT, "usual": None, "contour": 0.3, "folded": False}
    text = of_map(make_explanation(VOLUME), **{**usual, **facts})
    assert all(words in text for words in said), text
    assert not any(words in text for words in unsaid), text


def test_an_empty_map_is_said_to_be_empty():
    text = of_map(make_explanation(VOLUME, peak=0.0), truth=DOT, usual=1.0, contour=0.3, folded=False)
    assert text == "The map is empty: nothing in the image speaks for this answer."


def variant(log_odds, score, distance=None, limit=None):
    gate = GateOutcome(distance=distance, limit=limit)
    return Variant(VOLUME, replace(make_prediction(VOLUME), gate=gate), log_odds, score)


def probe(before, after, control=None, *, region=CORNER, strange=(None, None, None)):
    """Log-odds and score before and after, and of the control; strangeness before and after, and its limit."""
    other = None if control is None else variant(*control)
    where = None if control is None else region[:, ::-1].copy()
    was, now, limit = strange
    return RegionProbe("border", False, region, *before, was, variant(*after, now, limit), where, other, "")


def audited(verdict, name="faithfulness"):
    item = AuditItem(name, verdict, "", "", "", reason="so it was")
    return Audit("tiny_model", SHA, VOLUME.fingerprint, 0, 0, "grad_cam", "features", "pneumonia", (item,))


YES, NO = make_prediction(VOLUME, score=0.9), make_prediction(VOLUME, score=0.2)
UP, DOWN = (2.0, 0.9), (-1.4, 0.2)


@pytest.mark.parametrize(
    ("step", "made", "facts", "words", "unsaid"),
    [
        # the score falls below the threshold
        ("hide_truth", probe(UP, (-1, 0.3)), {}, ["itself, 8 % of the image", "did use the finding."], ["control"]),
        ("hide_truth", probe(UP, (-1, 0.3)), {"audit": audited("not_shown")}, ["The map stays rejected"], []),
        ("hide_map", probe(UP, (-1, 0.3)), {}, ["used what the map marks."], ["rejected"]),
        ("hide_map", probe(UP, (-1, 0.3)), {"audit": audited("not_shown")}, ["at random does so"], ["used what"]),
        ("hide_map", probe(UP, (-1, 0.3)), {"audit": audited("not_shown", "sanity")}, ["used what"], ["at random"]),
        # it falls far, and stays above
        ("hide_truth", probe((4, 0.98), (1, 0.7)), {}, ["stays above the threshold: the model uses the f"], []),
        ("hide_map", probe((4, 0.98), (1, 0.7)), {}, ["uses what the map marks, but not alone."], []),
        # it hardly falls
        ("hide_truth", probe(UP, (1.9, 0.88)), {}, ["the model does not need the finding."], []),
        ("hide_map", probe(UP, (1.9, 0.88)), {}, ["does not rest on what the map marks."], ["are left"]),
        ("hide_map", probe(UP, (1.9, 0.88)), {"truth": mask(7, 12)}, ["with 75 % of", "25 % of the finding"], []),
        # an answer below the threshold, and a control that does more
        ("hide_truth", probe(DOWN, (-1.3, 0.2)), {"said": NO}, ["what was hidden played no part."], ["control"]),
        ("hide_truth", probe(DOWN, (-0.4, 0.4)), {"said": NO}, ["The log-odds rise by 1.00."], []),
        (
            "hide_truth",
            probe(DOWN, (-1.3, 0.2), (0.9, 0.72)),
            {"said": NO},
            ["the control, moves it more, to **0.72**, above the threshold. So filling alone moves this score more"],
            [],
        ),
        ("hide_truth", probe(DOWN, (-1.3, 0.2), (-1.3, 0.21)), {"said": NO}, ["played no part."], ["control"]),
        ("hide_truth", probe(UP, (-1, 0.3), (-2, 0.1)), {}, ["below the threshold. Filling"], ["did use"]),
        ("hide_map", probe(UP, (-1, 0.3), (4, 0.97)), {}, ["used what the map marks."], ["control"]),
        ("hide_map", probe(UP, (1.9, 0.88), (1.2, 0.7)), {}, ["to **0.70**. So filling alone", "map marks does"], []),
        # how strange the filled image is
        ("hide_map", probe(UP, (1.9, 0.88), strange=(300, 422, 450)), {}, ["strangeness 300 to 422, limit 450"], []),
        ("hide_map", probe(UP, (1.9, 0.88), strange=(430, 422, 450)), {}, ["is strange to the model (s"], ["430"]),
        ("hide_map", probe(UP, (1.9, 0.88), strange=(300, 460, 450)), {}, ["its answer means little."], ["limits"]),
        ("hide_truth", probe(UP, (-1, 0.3), strange=(3e2, 1160, 450)), {}, ["1,160, limit 450"], ["did use"]),
        ("hide_map", probe(UP, (1.9, 0.88), strange=(200, 210, 450)), {}, [], ["strange"]),
    ],
)  # fmt: skip
def test_what_is_said_of_hiding_is_what_the_figures_carry(step, made, facts, words, unsaid):
    text = of_hiding(step, made, **{"said": YES, "truth": CORNER, "audit": None, **facts})
    assert all(each in text for each in words), text
    assert not any(each in text for each in unsaid), text
    assert f"to **{made.after.score:.2f}**" in text


def test_nothing_is_hidden_of_an_empty_map():
    assert "nothing to hide" in of_hiding("hide_map", None, YES, truth=None, audit=None)


@pytest.mark.parametrize(
    ("audit", "words"),
    [
        (None, ["not audited"]),
        (audited("not_shown"), ["not shown (faithfulness: so it was", "To lie on the finding is not enough", "folded"]),
        (audited("not_shown", "sanity"), ["not shown (sanity", "The map is folded"]),
        (audited("shown"), ["can be taken along"]),
    ],
)
def test_an_audit_says_what_it_asked_where_it_failed(audit, words):
    text = of_audit(audit)
    assert all(each in text for each in words), text
