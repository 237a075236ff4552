"""Maps of a folder measured: on planted images, whose evidence is known, and against what a wrong map gives."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from medimg_core.errors import Cancelled, NotApplicableError
from medimg_core.evaluation.folder import read_folder
from medimg_core.evaluation.maps import faithful, measured, placed
from medimg_core.explain.audit import read_record
from medimg_core.explain.planted import planted_card, planted_image

pytestmark = pytest.mark.usefixtures("planted_models")


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Five planted images of three patients; of one nothing was drawn, of another the mask is empty."""
    place = tmp_path_factory.mktemp("data") / "planted"
    place.mkdir()
    lines = ["image,mask,label,patient,split"]
    for seed in range(5):
        made = planted_image(seed)
        Image.fromarray(made.image).save(place / f"{seed}.png")
        Image.fromarray((made.truth() & (seed != 3)).astype(np.uint8) * 255).save(place / f"{seed}m.png")
        lines.append(f"{seed}.png,{'' if seed == 4 else f'{seed}m.png'},{made.label},p{seed % 3},val")
    (place / "index.csv").write_text("\n".join(lines) + "\n")
    return read_folder(place, "val")


def test_true_maps_are_faithful(rows):
    found = faithful(planted_card(), rows, "grad_cam", "planted val", most=4)
    assert (found.data, found.images) == ("planted val", 4)
    assert found.groups <= 3
    assert sum(found.verdicts.values()) == 4
    assert found.shown.value == found.verdicts["shown"] / 4 >= 0.75
    assert min(found.percentile.values()) > 90
    assert set(found.percentile) == {"border", "blur"}


def test_maps_lie_where_the_mark_lies(rows):
    card = planted_card()
    found = placed(card, read_record(card), rows, "grad_cam", "planted val")
    assert (found.images, found.groups) == (3, 3)
    assert found.pointing.value == 1.0
    assert found.pointing.ci == (1.0, 1.0)
    assert found.near.value == 1.0
    assert found.pointing.chance < found.near.chance < 1
    assert found.energy.value > 5 * found.energy.chance
    assert found.pointing.chance < 0.2


def test_a_map_without_evidence_misses(rows):
    """That of a class which no image holds: the rows say another label than what they show."""
    others = {"mark_a": "mark_b", "mark_b": "mark_c", "mark_c": "mark_a"}
    turned = [replace(row, label=others[row.label]) for row in rows]
    true, wrong = (placed(planted_card(), None, some, "grad_cam", "planted val") for some in (rows, turned))
    assert wrong.images == true.images
    assert wrong.pointing.value < true.pointing.value
    assert wrong.overlap is None
    assert faithful(planted_card(), turned, "grad_cam", "planted val") is None


def test_a_record_is_filled_in(rows):
    card = planted_card()
    record = read_record(card)
    few = replace(record, methods={"grad_cam": record.methods["grad_cam"]})
    steps = []
    found = measured(
        card,
        few,
        rows,
        "planted val",
        marked=rows,
        marked_data="planted val",
        most=2,
        progress=lambda *a: steps.append(a),
    )
    one = found.methods["grad_cam"]
    assert one.stages == record.methods["grad_cam"].stages
    assert (one.faithful.images, one.placed.images) == (2, 3)
    assert all(0 <= done <= total for done, total, _ in steps)
    assert steps[0][2] == "grad_cam: faithfulness"
    assert measured(card, few, rows, "planted val", most=1).methods["grad_cam"].placed is None


def test_it_can_be_stopped(rows):
    def stop(*_):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        faithful(planted_card(), rows, "grad_cam", "planted val", progress=stop)


def test_labels_of_another_question_are_not_asked(rows):
    other = [replace(row, label="something") for row in rows]
    assert faithful(planted_card(), other, "grad_cam", "planted val") is None


def test_a_model_that_only_segments_has_none(rows):
    with pytest.raises(NotApplicableError, match="a model that classifies"):
        placed(planted_card("planted_mask"), None, rows, "grad_cam", "planted val")
