"""The audit on evidence that is known: true maps are shown to follow the model, wrong ones are not."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from medimg_core.decision import decision
from medimg_core.errors import IncompatibleInputError
from medimg_core.explain import explain, native_maps, query
from medimg_core.explain.audit import Drawn, MethodRecord, Stage, audit, read_record
from medimg_core.explain.audit.sanity import judged
from medimg_core.explain.audit.similarity import normalised, ssim
from medimg_core.explain.planted import network, planted_image
from medimg_core.explain.planted.trial import TRUE, Tally, trial, true_audit, wrong_audit
from medimg_core.explain.planted.wrong import WRONG, wrong_map
from medimg_core.inference import classify

EXPECTED = {
    "faithfulness": "shown",
    "sanity": "shown",
    "stability": "shown",
    "responsiveness": "shown",
    "class_contrast": "shown",
    "place": "shown",
    "strength": "information",
    "anatomy": "information",
}
"""What every item says of Grad-CAM here."""

CAUGHT = {
    "shuffled": {"faithfulness": {"not_shown"}},
    "blob": {"faithfulness": {"not_shown", "cannot_tell"}, "responsiveness": {"not_shown"}},
    "another": {
        "faithfulness": {"not_shown"},
        "responsiveness": {"not_shown"},
        "place": {"not_shown"},
    },
    "edges": {"faithfulness": {"not_shown", "cannot_tell"}},
    "bright": {"faithfulness": {"not_shown", "cannot_tell"}},
    "forgotten": {"faithfulness": {"not_shown", "cannot_tell"}},
}
"""What must catch a wrong map."""


def asked_of(card, made, label=None):
    said = classify(made.volume, card, series=made.series)
    return query(said, card, made.volume, label=label), explain(said, card, label=label)


@pytest.mark.parametrize("seed", [0, 3, 4])
def test_every_item_says_what_it_must_of_a_true_map(planted_models, seed) -> None:
    told = true_audit(seed)
    assert {item.name: item.verdict for item in told.items} == EXPECTED
    assert told.verdict == "shown"
    assert not told.folded


def test_every_kind_of_wrong_map_is_tried() -> None:
    assert set(CAUGHT) == set(WRONG)


@pytest.mark.parametrize("seed", [0, 4])
@pytest.mark.parametrize("kind", CAUGHT)
def test_a_wrong_map_is_caught(planted_models, kind, seed) -> None:
    told = wrong_audit(seed, kind)
    assert told.verdict != "shown"
    if told.item("evidence") is not None:  # random weights may leave nothing
        assert kind == "forgotten"
        return
    for name, verdicts in CAUGHT[kind].items():
        assert told.item(name).verdict in verdicts


@pytest.mark.parametrize(("value", "words"), [(0.0, "empty"), (0.7, "same everywhere")])
def test_a_map_that_says_nothing_is_announced(planted_models, value, words) -> None:
    question, true = asked_of(planted_models["planted_pooled"], planted_image(0))
    told = audit(question, replace(true, native=np.full_like(true.native, value)))
    assert [item.name for item in told.items] == ["evidence"]
    assert words in told.items[0].sentence
    assert told.folded
    assert told.items[0].reason in told.line


def test_without_a_mark_there_is_no_decision_to_explain(planted_models) -> None:
    question, true = asked_of(planted_models["planted_pooled"], planted_image(0, ()))
    assert question.own < 0
    assert audit(question, true).item("evidence").verdict == "not_shown"
    # evidence for a class that is not shown: there is a map, and nothing to hide it from
    made = planted_image(4)
    question, second = asked_of(planted_models["planted_pooled"], made, label=made.marks[1][0])
    told = audit(question, second, drawn=Drawn(made.marks[1][1], "truth"))
    assert told.item("faithfulness").verdict == "not_applicable"
    assert told.item("place").verdict == "shown"
    assert told.verdict != "shown"


def test_the_map_of_the_next_class_is_not_this_one_s(planted_models) -> None:
    card, made = planted_models["planted_pooled"], planted_image(4)
    question, true = asked_of(card, made)
    against = decision(card, label=made.marks[1][0])
    other = native_maps(question.batch, card, against).native[0]
    told = audit(question, replace(true, native=np.array(other)), drawn=Drawn(made.truth(), "truth"))
    assert told.item("class_contrast").verdict == "not_shown"
    assert told.item("faithfulness").verdict == "not_shown"
    assert told.item("place").verdict == "not_shown"


def test_a_method_that_ignores_the_weights_fails_sanity(planted_models) -> None:
    """Edges stay when the network forgets; Grad-CAM doesn't."""
    card = planted_models["planted_pooled"]
    record = read_record(card)
    assert {judged(found) for found in record.methods.values()} == {"shown"}
    assert {"grad_cam", "grad_cam_plus_plus", "layer_cam", "hires_cam"} <= set(record.methods)
    question, true = asked_of(card, planted_image(0))
    maps = []
    for seed in range(0, 40, 2):
        wrong = wrong_map("edges", question, true, true)
        maps.append(normalised(wrong.remap(planted_image(seed).image[None, ..., None] / np.float32(255))[0]))
    alike = np.array([ssim(one, other) for one, other in pairwise(maps)])
    stage = Stage("all", 1.0, 1.0, 0.0, 0.0)
    edges = MethodRecord(
        "features", "mark_a", len(maps), (12, 12), (stage,), len(alike), float(alike.mean()), float(alike.std(ddof=1))
    )
    assert judged(edges) == "not_shown"


# --- counting ------------------------------------------------------------------------------------


def test_a_trial_counts_verdicts(planted_models) -> None:
    seen = []
    true, wrong = trial(2, first=4, kinds=(TRUE, "another"), progress=lambda *step: seen.append(step))
    assert (true.kind, wrong.kind) == (TRUE, "another")
    assert true.verdicts["audit"] == {"shown": 2}
    assert (true.folded, wrong.folded) == (0, 2)
    assert wrong.rate("not_shown", "faithfulness").hits == 2
    assert wrong.rate().hits == 0
    assert [step[:2] for step in seen] == [(0, 4), (1, 4), (2, 4), (3, 4)]


@pytest.mark.parametrize(
    ("hits", "images", "ends"),
    # with z = 1.959964: n / (n + z^2) to 1, 0 to z^2 / (n + z^2), and 1/2 -+ z / (2 sqrt(n + z^2))
    [(50, 50, (0.928652, 1.0)), (0, 50, (0.0, 0.071348)), (25, 50, (0.366445, 0.633555))],
)
def test_a_rate_has_its_interval(hits, images, ends) -> None:
    tally = Tally(TRUE, images, {"audit": {"shown": hits}}, 0)
    rate = tally.rate()
    assert (rate.hits, rate.images) == (hits, images)
    assert (rate.low, rate.high) == pytest.approx(ends, abs=1e-5)


@pytest.mark.parametrize(("count", "kinds", "words"), [(0, (TRUE,), "an image"), (1, ("upside_down",), "upside_down")])
def test_a_trial_needs_images_and_kinds(count, kinds, words) -> None:
    with pytest.raises(IncompatibleInputError, match=words):
        trial(count, kinds=kinds)


def test_grids_fit() -> None:
    assert network.GRID * network.CELL == network.SIZE
