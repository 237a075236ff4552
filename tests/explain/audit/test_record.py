"""audit.json is read as it was written, and refused where it is not this model's."""

import json
from dataclasses import replace

import pytest

from medimg_core.errors import InvalidCardError, WeightsError
from medimg_core.explain.audit.measured import Faithful, Placed, Share
from medimg_core.explain.audit.record import (
    FILE,
    QUANTILES,
    MethodRecord,
    Record,
    Stage,
    read_record,
    write_record,
)
from medimg_core.explain.planted import planted_card

STAGES = (Stage("logits", 0.5, 0.25, 0.0, 0.125), Stage("conv", 0.125, 0.0, 0.0625, 0.0625))
METHOD = MethodRecord("features", "mark_a", 50, (12, 10), STAGES, 50, 0.25, 0.125)
PEAKS = {"positive": tuple(float(k) for k in range(QUANTILES))}
FULL = replace(METHOD, peaks=PEAKS, cut=0.5, cut_iou=0.25, cut_data="planted train, 20 images")
COUNTS = {"shown": 3, "cannot_tell": 1}
FAITHFUL = Faithful("planted val", 4, 2, Share(0.75, (0.5, 1.0)), COUNTS, {"border": 99.5, "blur": 98.0})
PLACED = Placed("planted val", 3, 1, Share(1.0, None, 0.125), Share(0.5, (0.25, 0.75), 0.0625), Share(0.25))
MEASURED = replace(FULL, faithful=FAITHFUL, placed=PLACED)


@pytest.fixture
def card(tmp_path):
    return replace(planted_card(), folder=tmp_path)


@pytest.mark.parametrize(
    "method", [METHOD, FULL, MEASURED, replace(MEASURED, placed=replace(PLACED, overlap=None, near=Share(0.5)))]
)
def test_what_was_written_is_read(card, method):
    record = Record(card.sha256, "planted val", 3, {"grad_cam": method})
    write_record(record, card.folder / FILE)
    assert read_record(card) == record


def test_no_file_is_no_record(card):
    assert read_record(card) is None


def test_the_record_of_other_weights_is_refused(card):
    write_record(Record("0" * 64, "planted val", 0, {"grad_cam": METHOD}), card.folder / FILE)
    with pytest.raises(WeightsError, match="must belong to its weights"):
        read_record(card)


def spoiled(change):
    def spoil(told):
        change(told)
        return json.dumps(told)

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        lambda told: "no json",
        lambda told: "[]",
        spoiled(lambda told: told.update(schema=2)),
        spoiled(lambda told: told.pop("methods")),
        spoiled(lambda told: told["methods"]["grad_cam"].pop("pair_ssim")),
        spoiled(lambda told: told["methods"]["grad_cam"].update(pair_ssim="much")),
        spoiled(lambda told: told["methods"]["grad_cam"].update(pair_ssim=float("nan"))),
        spoiled(lambda told: told["methods"]["grad_cam"].update(stages=[])),
        spoiled(lambda told: told["methods"]["grad_cam"].update(grid=[12])),
        spoiled(lambda told: told["methods"]["grad_cam"].update(peaks={"positive": [1.0]})),
        spoiled(lambda told: told["methods"]["grad_cam"]["stages"][0].update(rank=True)),
        spoiled(lambda told: told["methods"]["grad_cam"].update(faithful={"images": 3})),
        spoiled(lambda told: told["methods"]["grad_cam"].update(placed={"pointing": {"value": 1.0}})),
    ],
)
def test_a_file_that_breaks_the_schema_is_refused(card, spoil):
    path = card.folder / FILE
    write_record(Record(card.sha256, "planted val", 0, {"grad_cam": METHOD}), path)
    path.write_text(spoil(json.loads(path.read_text())))
    with pytest.raises(InvalidCardError, match=r"audit\.json"):
        read_record(card)
