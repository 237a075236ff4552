"""The sanity item says what the record says, and no more."""

from dataclasses import replace

import pytest

from medimg_core.explain.audit.record import MethodRecord, Record, Stage
from medimg_core.explain.audit.sanity import judged, sanity


def method(last, pairs, spread=0.1, images=50):
    stages = (Stage("logits", 0.9, 0.9, 0.0, spread), Stage("conv", last, 0.1, 0.0, spread))
    return MethodRecord("features", "tumour", images, (12, 12), stages, images, pairs, spread)


@pytest.mark.parametrize(
    ("last", "pairs", "spread", "images", "verdict"),
    [
        (0.2, 0.5, 0.1, 50, "shown"),
        (0.5, 0.2, 0.1, 50, "not_shown"),
        (0.45, 0.5, 0.2, 50, "cannot_tell"),  # 0.05 apart, 1.96 * 0.2 * sqrt(2 / 50) = 0.08
        (0.41, 0.5, 0.2, 50, "shown"),
        (0.59, 0.5, 0.2, 50, "not_shown"),
        (0.5, 0.5, 0.1, 50, "cannot_tell"),
    ],
)
def test_the_verdict_follows_the_whole_network_randomised(last, pairs, spread, images, verdict):
    found = method(last, pairs, spread, images)
    assert judged(found) == verdict
    item = sanity(Record("0", "brain val", 0, {"grad_cam": found}), "grad_cam", "features")
    assert item.verdict == verdict
    assert f"{last:.2f}" in item.sentence
    assert f"{pairs:.2f}" in item.sentence
    assert item.figures["pass_line"] == pairs
    assert [stage["ssim"] for stage in item.figures["stages"]] == [0.9, last]
    assert bool(item.reason) == (verdict != "shown")


@pytest.mark.parametrize(
    ("record", "asked", "layer"),
    [
        (None, "grad_cam", "features"),
        (Record("0", "", 0, {"grad_cam": method(0.2, 0.5)}), "layer_cam", "features"),
        (Record("0", "", 0, {"grad_cam": replace(method(0.2, 0.5), layer="block3")}), "grad_cam", "features"),
    ],
)
def test_what_was_not_computed_cannot_be_told(record, asked, layer):
    item = sanity(record, asked, layer)
    assert item.verdict == "cannot_tell"
    assert item.reason == "not computed for this method"
