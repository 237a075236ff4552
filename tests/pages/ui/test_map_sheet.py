"""What the datasheet says of a model's maps."""

from dataclasses import replace

from streamlit.testing.v1 import AppTest

from medimg_core.explain.audit import read_record, write_record
from medimg_core.explain.audit.measured import Faithful, Placed, Share
from medimg_core.explain.planted import planted_card
from medimg_core.registry import read_card

FAITHFUL = Faithful("planted val", 4, 2, Share(0.75, (0.5, 1.0)), {"shown": 3}, {"border": 99.0})
PLACED = Placed("planted val", 3, 2, Share(1.0, None, 0.125), Share(0.5, (0.25, 0.75), 0.0625))


def page(folder):
    from pathlib import Path

    from medimg_core.registry import read_card
    from pages._ui.map_sheet import map_sheet

    map_sheet(read_card(Path(folder)))


def copied(tmp_path, record=None):
    source = planted_card().folder
    folder = tmp_path / source.name
    folder.mkdir()
    for file in source.iterdir():
        if file.name != "audit.json":
            (folder / file.name).write_bytes(file.read_bytes())
    if record is not None:
        write_record(record, folder / "audit.json")
    assert read_card(folder).id == planted_card().id
    return AppTest.from_function(page, args=(str(folder),), default_timeout=60).run()


def test_a_row_a_map_with_interval_and_chance(tmp_path):
    record = read_record(planted_card())
    one = replace(record.methods["grad_cam"], faithful=FAITHFUL, placed=PLACED)
    few = {"grad_cam": one, "hires_cam": record.methods["hires_cam"], "occlusion": record.methods["occlusion"]}
    app = copied(tmp_path, replace(record, methods=few))
    table = app.dataframe[0].value
    assert list(table["Method"]) == ["Grad-CAM, HiResCAM", "Occlusion"]
    assert list(table["Faithful"]) == ["0.75 [0.50, 1.00], n 4", ""]
    assert list(table["Peak in what was drawn"]) == ["1.00, by chance 0.12, n 3", ""]
    assert list(table["Share inside"]) == ["0.50 [0.25, 0.75], by chance 0.06", ""]
    assert table["Notices when the model forgets"][0].startswith("yes (")
    assert "patients or groups: 2" in app.caption[0].value


def test_nothing_measured_is_said(tmp_path):
    assert "was not measured" in copied(tmp_path).caption[0].value


def test_a_record_of_other_weights_is_said(tmp_path):
    record = replace(read_record(planted_card()), weights_sha256="0" * 64)
    assert "must belong to its weights" in copied(tmp_path, record).caption[0].value
