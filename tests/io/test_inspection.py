import json

import numpy as np

from medimg_core.io import inspect
from tests.io import made
from tests.io.test_opening import png


def test_the_contract_of_the_command_line():
    seg = made.image(np.zeros((3, 4, 5), np.uint8), "1.2.840.10008.5.1.4.1.1.66.4", "SEG", SeriesInstanceUID="1.2.3")
    files = [
        *made.named(made.ct_slice(0), made.ct_slice(1), seg),
        ("a.png", png(np.zeros((7, 8), np.uint8))),
        ("notes.txt", b"text of a note"),
    ]
    told = json.loads(json.dumps(inspect(files)))
    assert [entry["file"] for entry in told["refused"]] == ["notes.txt"]
    series = [entry for study in told["studies"] for entry in study["series"]]
    wanted = ("modality", "slices", "rows", "columns", "frames", "spacing_mm", "orientation", "unit", "files")
    assert [tuple(entry[name] for name in wanted) for entry in series] == [
        ("CT", 2, 6, 5, 1, [2.0, 0.5, 0.7], "SPL", "HU", 2),
        ("SEG", 1, 4, 5, 3, None, None, "unknown", 1),
        ("", 1, 7, 8, 1, None, None, "unknown", 1),
    ]
    assert series[1]["object"] == "Segmentation"
    assert sum(entry["files"] for entry in series) + len(told["refused"]) == len(files)
    assert all(isinstance(entry["warnings"], list) for entry in series)


def test_a_radiograph_has_letters_of_its_plane_and_no_slice_spacing():
    data = made.image(
        np.zeros((3, 4), np.uint16), made.DX, "DX", PatientOrientation=["L", "F"], ImagerPixelSpacing=[0.2, 0.1]
    )
    (study,) = inspect(made.named(data))["studies"]
    (series,) = study["series"]
    assert (series["orientation"], series["spacing_mm"]) == ("FL", [None, 0.2, 0.1])
