"""How strong a map is among those of validation images: information, never more."""

from dataclasses import replace

import numpy as np
import pytest

from medimg_core.errors import WeightsError
from medimg_core.explain.audit.record import QUANTILES, MethodRecord, Record, Stage
from medimg_core.explain.audit.strength import strength
from medimg_core.registry import OutputSpec, Reading
from tests.explain.audit.planted import GRID, case

pytestmark = pytest.mark.usefixtures("planted_models")


def asked_with(peak, folder=None, label=None):
    own = case(0, ("mark_a",))
    native = np.zeros(GRID)
    native[2, 3] = peak
    if folder is not None:
        reading = Reading("mark_a", ("mark_a",), "mark", "no mark")
        outputs = (OutputSpec("logits", "classification", ("mark_a", "mark_b", "mark_c"), reading, ""),)
        own = replace(own, query=replace(own.query, card=replace(own.query.card, folder=folder, outputs=outputs)))
    return own.asked(native)


def record_of(peaks, label="mark_a", layer="features"):
    stages = (Stage("dense", 0.1, 0.0, 0.0, 0.1),)
    return Record("0", "val", 0, {"grad_cam": MethodRecord(layer, label, 50, GRID, stages, 50, 0.5, 0.1, peaks)})


EVEN = {"positive": tuple(np.linspace(0, 10, QUANTILES)), "negative": tuple(np.linspace(0, 2, QUANTILES))}


@pytest.mark.parametrize(("peak", "positive", "negative"), [(5.0, 0.5, 1.0), (1.0, 0.1, 0.5), (20.0, 1.0, 1.0)])
def test_the_peak_has_its_place_among_those_recorded(peak, positive, negative):
    item = strength(asked_with(peak), record_of(EVEN))
    assert item.verdict == "information"
    assert item.figures["above_share_of_positive"] == pytest.approx(positive)
    assert item.figures["above_share_of_negative"] == pytest.approx(negative)
    assert f"{100 * positive:.0f} % of those with the label" in item.sentence


@pytest.mark.parametrize(
    "record", [None, record_of(EVEN, label="mark_b"), record_of(EVEN, layer="other"), record_of({})]
)
def test_what_was_not_recorded_is_not_said(record, tmp_path):
    item = strength(asked_with(3.0, tmp_path), record)
    assert item.verdict == "information"
    assert "not recorded" in item.sentence
    assert item.figures == {"peak": 3.0}


def test_the_reference_of_a_training_is_used(tmp_path):
    asked = asked_with(3.0, tmp_path)
    card = asked.query.card
    np.savez(card.reference, sha256=card.sha256, cam_max=[1.0, 2.0, 4.0, 5.0, 9.0, 0.0], outcome=[1, 1, 1, 1, 1, 0])
    item = strength(asked, None)
    assert item.figures["above_share_of_positive"] == pytest.approx(0.375)
    assert item.figures["median_of_positive"] == 4.0


@pytest.mark.parametrize("content", [b"nothing", None])
def test_a_reference_of_other_weights_or_none_is_refused(tmp_path, content):
    asked = asked_with(3.0, tmp_path)
    if content:
        asked.query.card.reference.write_bytes(content)
    else:
        np.savez(asked.query.card.reference, sha256="0", cam_max=[1.0], outcome=[1])
    with pytest.raises(WeightsError):
        strength(asked, None)
