"""What a model's README says of its maps."""

from dataclasses import replace

import pytest

from medimg_core.explain.audit import read_record, write_record
from medimg_core.explain.audit.measured import Faithful, Placed, Share
from medimg_core.explain.planted import planted_card
from medimg_core.training.mapsection import map_lines, with_known_maps, with_maps

FAITHFUL = Faithful("planted val", 4, 2, Share(0.75, (0.5, 1.0)), {"shown": 3}, {"border": 99.0})
PLACED = Placed("planted val", 3, 1, Share(1.0, None, 0.125), Share(0.5, (0.25, 0.75), 0.0625))


@pytest.fixture
def record():
    return read_record(planted_card())


def test_methods_that_make_one_map_share_a_row(record):
    lines = map_lines(planted_card(), record)
    rows = [line for line in lines if line.startswith("| ") and "Grad-CAM" in line]
    assert sum("HiResCAM" in row for row in rows) == 1
    assert any(row.startswith("| Grad-CAM, HiResCAM |") for row in rows)


def test_what_was_not_measured_has_no_figure(record):
    bare = replace(record.methods["grad_cam"], faithful=None, placed=None)
    row = map_lines(planted_card(), replace(record, methods={"grad_cam": bare}))[2]
    assert row.endswith("| - | - | - | - |")


def test_what_was_measured_comes_with_interval_and_chance(record):
    one = replace(record.methods["grad_cam"], faithful=FAITHFUL, placed=PLACED)
    lines = map_lines(planted_card(), replace(record, methods={"grad_cam": one}))
    assert lines[2].endswith(
        "| 0.75 (0.50 to 1.00), n 4 | 1.00 (by chance 0.12), n 3 | 0.50 (0.25 to 0.75) (by chance 0.06) | - |"
    )
    assert any("planted val (patients or groups: 1)" in line for line in lines)


@pytest.mark.parametrize("text", ["# M\n\n## Limits\n\n- one\n", "# M\n\n## Maps\n\nold\n\n## Limits\n\n- one\n"])
def test_the_section_is_put_in_once(text):
    found = with_maps(text, ["new"])
    assert found == "# M\n\n## Maps\n\nnew\n\n## Limits\n\n- one\n"
    assert with_maps(found, ["new"]) == found


@pytest.mark.parametrize(("sha256", "told"), [("", True), ("0" * 64, False)])
def test_what_is_known_of_maps_stays_with_its_weights(record, tmp_path, sha256, told):
    card = replace(planted_card(), folder=tmp_path)
    assert with_known_maps("# Model\n\n## Limits\n", card) == "# Model\n\n## Limits\n"  # there is no audit.json
    write_record(replace(record, weights_sha256=sha256 or card.sha256), tmp_path / "audit.json")
    assert ("## Maps" in with_known_maps("# Model\n\n## Limits\n", card)) is told
