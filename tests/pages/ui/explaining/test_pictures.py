"""Images alone: at the same place in the patient, hung as they were, drawn as the viewer draws them."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from medimg_core.geometry import Geometry
from medimg_core.study import Series, Volume
from pages._ui.explaining.pictures import as_drawn, as_file, as_stored, case_of, image_alone
from pages._ui.view import Laid
from tests.pages.conftest import case_with_result, make_case, make_ct, make_explanation, make_study


def volume_of(frames: int = 1) -> Volume:
    """Slices that differ, in an oblique place."""
    values = np.arange(frames * 3 * 4 * 5, dtype=np.int16).reshape(frames, 3, 4, 5)
    geometry = Geometry.from_dicom(
        orientation=[0.8, 0.6, 0, 0, 0, -1], position=[3, 4, 5], pixel_spacing=[2, 1], slice_step=[-1.8, 2.4, 0]
    )
    instances = tuple((f"1.2.{n}", 1) for n in range(frames * 3))
    return Volume(
        values if frames > 1 else values[0], geometry=geometry, frames_axis=frames > 1, unit="HU", instances=instances
    )


@pytest.mark.parametrize(("frames", "place", "frame"), [(1, 2, 0), (2, 1, 1)])
def test_an_image_alone_lies_where_it_lay(frames, place, frame):
    volume = volume_of(frames)
    alone = image_alone(volume, place, frame)
    assert alone.shape == (1, 4, 5)
    np.testing.assert_array_equal(alone.plane(0), volume.plane(place, frame))
    point = (0.0, 3.0, 1.0)
    np.testing.assert_allclose(alone.geometry.to_world(point), volume.geometry.to_world((place, 3.0, 1.0)))
    assert alone.instances == (volume.instances[frame * 3 + place],)
    assert image_alone(volume, place, frame) is alone  # the browser fetches it once


def test_a_changed_image_hangs_as_the_file_does():
    volume = volume_of()
    changed = Volume(np.zeros((1, 4, 5), np.float32))
    assert as_stored(changed, volume, 1, 0).instances == volume.instances[1:2]


def test_values_of_the_same_unit_keep_the_readers_window():
    case = make_case(make_study(1, make_ct())).with_view(voi="preset:lung", inverted=True)
    same = case_of(case, image_alone(case.volume, 2, 0))
    other = case_of(case, Volume(np.zeros((1, 6, 8), np.float32)))
    assert (same.view.voi, same.view.inverted, same.view.slice_index) == ("preset:lung", True, 0)
    assert (other.view.voi, other.view.inverted) == ("file:0", False)
    assert len(same.studies) == 1
    assert same.findings.predictions == {}


REST = {"overlays": {"k": {"opacity": 0.8, "threshold": 0.1, "alpha": "constant", "native": True, "stretched": False}}}


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (json.dumps(REST), (0.8, 0.1, False, True)),
        ("", (0.5, 0.3, True, False)),
        ("{", (0.5, 0.3, True, False)),
        (json.dumps({"overlays": {"k": {**REST["overlays"]["k"], "opacity": 7}}}), (0.5, 0.3, True, False)),
        (json.dumps({"overlays": {"other": REST["overlays"]["k"]}}), (0.5, 0.3, True, False)),
    ],
)
def test_a_map_is_drawn_as_the_viewer_draws_it(rest, expected):
    drawing = as_drawn(make_case(make_study(1)).with_view(rest=rest), "k")
    assert (drawing.opacity, drawing.threshold, drawing.by_value, drawing.native) == expected


def pixels(content: bytes, tmp_path) -> np.ndarray:
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def test_a_file_shows_the_map_and_its_mark_and_nothing_of_the_patient(tmp_path):
    study = make_study(1)
    case = case_with_result(study)
    found = make_explanation(case.volume)
    plain = pixels(as_file(case), tmp_path)
    mapped = pixels(as_file(case, Laid(found, found.peak)), tmp_path)
    marked = pixels(as_file(case, Laid(found, found.peak, mark="FOLDED")), tmp_path)
    coloured = np.ptp(mapped, axis=2) > 40
    rows, columns = np.nonzero(coloured & (np.ptp(plain, axis=2) < 40))
    assert rows.min() > 450  # the warm cell lies at the lower right
    assert columns.min() > 600
    assert (marked != mapped).any(axis=2)[:60].any()
    assert not (marked != mapped).any(axis=2)[80:].any()
    renamed = replace(study, patient=replace(study.patient, pseudonym="P-OTHER", age=70.0), date="1999-01-01")
    series = replace(study.series[0], description="another name")
    other = case_with_result(replace(renamed, series=(series,)))
    np.testing.assert_array_equal(pixels(as_file(other), tmp_path), plain)


def test_the_side_of_colours_is_drawn_for_signed_maps(tmp_path):
    series = Series("1.8", "DX", Volume(np.full((1, 60, 80), 50, np.uint8)), body_part="CHEST")
    case = make_case(make_study(1, series))
    found = make_explanation(case.volume)
    native = np.zeros((3, 4), np.float32)
    native[0, 0], native[2, 3] = -0.2, 0.2
    signed = replace(found, native=native, signed=True, to_image=np.diag([20.0, 20.0, 1.0]))
    picture = pixels(as_file(case, Laid(signed, 0.2)), tmp_path)
    left, right = picture[200, 200], picture[700, 900]
    assert left[2] > left[0]  # blue is evidence against
    assert right[0] > right[2]
