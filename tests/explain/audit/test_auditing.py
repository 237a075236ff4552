"""One call gives the audit: remembered, stoppable, and honest about wrong maps."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from medimg_core.errors import Cancelled, IncompatibleInputError, WeightsError
from medimg_core.explain.audit import Drawn, audit, forget, remap_of, write_record
from medimg_core.explain.audit.record import FILE, MethodRecord, Record, Stage
from tests.explain.audit.planted import GRID, case, edges, wrong_maps

pytestmark = pytest.mark.usefixtures("planted_models")


@pytest.fixture(autouse=True)
def _nothing_remembered():
    forget()
    yield
    forget()


def with_record(own, folder, sha256=None):
    """The case, with an audit.json beside its model that says that Grad-CAM follows the weights."""
    stages = (Stage("dense", 0.1, 0.0, 0.0, 0.05),)
    method = MethodRecord("features", "mark_a", 50, GRID, stages, 50, 0.5, 0.05)
    card = replace(own.query.card, folder=folder)
    shutil.copy(own.query.card.weights, card.weights)
    write_record(Record(sha256 or card.sha256, "planted val", 0, {"grad_cam": method}), folder / FILE)
    return replace(own, query=replace(own.query, card=card))


def test_the_true_map_follows_the_model(tmp_path):
    own = with_record(case(0, ("mark_a", "mark_b")), tmp_path)
    found = audit(own.query, own.explanation, drawn=Drawn(own.truth, "truth"))
    said = {item.name: item.verdict for item in found.items}
    assert said == {
        "faithfulness": "shown",
        "sanity": "shown",
        "stability": "shown",
        "responsiveness": "shown",
        "class_contrast": "shown",
        "place": "shown",
        "strength": "information",
        "anatomy": "information",
    }
    assert found.line == "Map follows the model: shown. It does not say that the model is right."
    assert not found.folded
    for item in found.items:
        assert item.rule
        assert item.source
        assert item.sentence
    told = found.as_dict()
    assert json.loads(json.dumps(told, allow_nan=False)) == json.loads(json.dumps(told))
    assert own.explanation.fingerprint not in json.dumps(told)


def test_wrong_maps_do_not_follow_the_model(tmp_path):
    own, other = case(1, ("mark_b",)), case(4, ("mark_b",))
    for name, native in wrong_maps(own, other).items():
        remap = edges if name == "edges" else lambda batch, native=native: np.repeat(native[None], len(batch), axis=0)
        found = audit(own.query, own.shown(native), remap=remap)
        assert found.verdict != "shown", name
        assert found.item("faithfulness").verdict in ("not_shown", "cannot_tell"), name


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_a_constant_map_is_announced_and_nothing_is_computed(value):
    own = case(0, ("mark_a",))
    found = audit(own.query, own.shown(np.full(GRID, value)), drawn=Drawn(own.truth, "truth"))
    assert [item.name for item in found.items] == ["evidence"]
    assert found.folded
    assert found.line.startswith("Map follows the model: cannot tell (evidence: the map is ")


def test_it_is_remembered_for_this_map_alone():
    own = case(0, ("mark_a",))
    calls = []

    def counted(batch):
        calls.append(len(batch))
        return remap_of(own.query, own.explanation)(batch)

    first = audit(own.query, own.explanation, remap=counted)
    made = len(calls)
    assert made > 0
    again = audit(own.query, own.explanation, remap=counted, drawn=Drawn(own.truth, "truth"))
    assert len(calls) == made
    assert again.item("faithfulness") == first.item("faithfulness")
    assert again.item("place") is not None
    turned = own.shown(own.explanation.native[::-1])
    assert audit(own.query, turned, remap=counted).item("faithfulness") != first.item("faithfulness")
    assert len(calls) > made


def test_it_can_be_stopped_and_is_then_not_remembered():
    own = case(0, ("mark_a",))
    steps = []

    def stop(done, total, text):
        steps.append((done, total))
        if len(steps) == 3:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        audit(own.query, own.explanation, progress=stop)
    audit(own.query, own.explanation, progress=lambda *step: steps.append(step[:2]))
    assert all(0 <= done <= total for done, total in steps)
    assert steps[-1] == (1, 1)


def test_a_method_without_a_quick_way_leaves_what_needs_one_open():
    own = case(0, ("mark_a",))
    slow = replace(own.explanation, method="occlusion", layer="")
    assert remap_of(own.query, slow) is None
    found = audit(own.query, slow)
    assert {found.item(name).verdict for name in ("stability", "responsiveness", "class_contrast")} == {"cannot_tell"}
    assert found.item("faithfulness").verdict == "shown"


@pytest.mark.parametrize(
    "changes", [{"label": "mark_b"}, {"slice_index": 1}, {"fingerprint": "0"}, {"weights_sha256": "0"}]
)
def test_a_map_of_something_else_is_refused(changes):
    own = case(0, ("mark_a",))
    with pytest.raises(IncompatibleInputError, match="of the same weights"):
        audit(own.query, replace(own.explanation, **changes))


def test_a_record_of_other_weights_is_refused(tmp_path):
    own = with_record(case(0, ("mark_a",)), tmp_path, sha256="0" * 64)
    with pytest.raises(WeightsError):
        audit(own.query, own.explanation)
