"""Measurements against sizes and values that are known beforehand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimg_core.errors import IncompatibleInputError
from medimg_core.geometry import Geometry, PlanarGeometry
from medimg_core.io import open_study
from medimg_core.measuring import KINDS, MOST_VERTICES, measure
from medimg_core.phantoms import make_phantom
from medimg_core.phantoms.orientation import LANDMARKS, STACKS
from medimg_core.study import Volume

SHAPE = (4, 12, 10)
VALUES = np.random.default_rng(4).integers(-1000, 3000, SHAPE).astype(np.int16)
STRAIGHT = Geometry(np.diag([3.0, 0.5, 0.7, 1.0]))
TILTED = Geometry(  # slices step 1 mm backwards for every 3 mm up, as with a tilted gantry
    np.array([[0, 0, 0.7, 5.0], [1.0, 0.5, 0, -2.0], [3.0, 0, 0, 9.0], [0, 0, 0, 1]])
)


def volume(geometry=None, planar=None, array=VALUES, **kind) -> Volume:
    return Volume(array, geometry=geometry, planar=planar, **kind)


def values(of: Volume, kind: str, points, axis: int = 0, **more):
    return measure(of, id="m-1", kind=kind, points=points, axis=axis, **more).values


@pytest.mark.parametrize(
    ("of", "axis", "ends", "length", "unit"),
    [
        (volume(STRAIGHT), 0, [(1, 2, 3), (1, 8, 3)], 3.0, "mm"),
        (volume(STRAIGHT), 0, [(1, 0, 0), (1, 6, 5)], math.hypot(3.0, 3.5), "mm"),
        (volume(STRAIGHT), 1, [(0, 5, 0), (2, 5, 5)], math.hypot(6.0, 3.5), "mm"),
        (volume(STRAIGHT), 2, [(3, 4, 9), (0, 0, 9)], math.hypot(9.0, 2.0), "mm"),
        (volume(TILTED), 2, [(0, 0, 1), (3, 0, 1)], 3 * math.sqrt(10), "mm"),
        (volume(TILTED), 2, [(0, 6, 1), (3, 0, 1)], 9.0, "mm"),  # straight up: the shear is undone by six rows
        (volume(), 0, [(0, 0, 0), (0, 3, 4)], 5.0, "px"),
        (volume(), 1, [(0, 0, 0), (3, 0, 4)], 5.0, "px"),
        (
            volume(planar=PlanarGeometry(spacing=(0.2, 0.1), spacing_source="patient")),
            0,
            [(0, 0, 0), (0, 4, 6)],
            1,
            "mm",
        ),
        (volume(planar=PlanarGeometry(spacing=(0.2, 0.1))), 2, [(0, 0, 0), (3, 4, 0)], 5.0, "px"),
        (volume(planar=PlanarGeometry()), 0, [(0, 0, 0), (0, 3, 4)], 5.0, "px"),
    ],
)
def test_length(of, axis, ends, length, unit):
    found = measure(of, id="a", kind="length", points=ends, axis=axis, series_uid="1.2.3")
    assert found.values["length"] == pytest.approx(length, rel=1e-12)
    assert (found.length_unit, found.series_uid, found.plane_index) == (unit, "1.2.3", ends[0][axis])


@pytest.mark.parametrize(("source", "note"), [("detector", "at the detector"), ("patient", ""), ("region", "")])
def test_a_magnified_length_says_so(source, note):
    of = volume(planar=PlanarGeometry(spacing=(0.2, 0.1), spacing_source=source))
    assert measure(of, id="a", kind="length", points=[(0, 0, 0), (0, 1, 1)], axis=0).length_note == note


@pytest.mark.parametrize(
    ("of", "axis", "points", "angle"),
    [
        (volume(), 0, [(0, 0, 4), (0, 0, 0), (0, 4, 0)], 90.0),
        (volume(), 0, [(0, 4, 4), (0, 0, 0), (0, 4, 0)], 45.0),
        (volume(STRAIGHT), 0, [(0, 7, 5), (0, 0, 0), (0, 7, 0)], 45.0),  # 3.5 mm both ways
        (volume(STRAIGHT), 0, [(0, 0, 5), (0, 0, 2), (0, 0, 0)], 180.0),
        (volume(TILTED), 2, [(1, 0, 0), (0, 0, 0), (0, 5, 0)], math.degrees(math.atan2(3, 1))),
    ],
)
def test_angle(of, axis, points, angle):
    assert values(of, "angle", points, axis) == {"angle": pytest.approx(angle, rel=1e-12)}


def test_bidirectional_puts_the_longer_axis_first():
    points = [(0, 5, 0), (0, 5, 3), (0, 0, 1), (0, 8, 1)]
    assert values(volume(), "bidirectional", points) == {"long": 8.0, "short": 3.0}
    assert values(volume(), "bidirectional", points[2:] + points[:2]) == {"long": 8.0, "short": 3.0}


def inside_by_definition(kind: str, points, u: float, v: float) -> bool:
    """Region membership of one voxel centre, as the module states it, one comparison after the other."""
    low, high = np.min(points, axis=0), np.max(points, axis=0)
    if not (low[0] <= u <= high[0] and low[1] <= v <= high[1]):
        return False
    if kind == "rectangle":
        return True
    (u0, v0), (u1, v1) = points[0], points[1]
    if kind == "ellipse":
        a, b = abs(u1 - u0) / 2, abs(v1 - v0) / 2
        return a > 0 and b > 0 and ((u - (u0 + u1) / 2) / a) ** 2 + ((v - (v0 + v1) / 2) / b) ** 2 <= 1
    odd = False
    for number, (ui, vi) in enumerate(points):
        uj, vj = points[number - 1]
        odd ^= (ui > u) != (uj > u) and v < (vj - vi) * (u - ui) / (uj - ui) + vi
    return odd


halves = st.integers(-1, 15).map(lambda n: n / 2)
anywhere = st.floats(-0.5, 9.5) | halves


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("kind", ["rectangle", "ellipse", "freehand"])
@settings(max_examples=60)
@given(data=st.data())
def test_statistics_are_those_of_the_voxels_inside(kind, axis, data):
    shape = [n for place, n in enumerate(SHAPE) if place != axis]
    corner = st.tuples(*(anywhere.map(lambda x, n=n: min(x, n - 0.5)) for n in shape))
    flat = data.draw(st.lists(corner, min_size=3, max_size=12) if kind == "freehand" else st.tuples(corner, corner))
    place = data.draw(st.integers(0, SHAPE[axis] - 1))
    points = [tuple(np.insert(point, axis, place).tolist()) for point in flat]
    plane = np.take(VALUES, place, axis=axis)
    chosen = [float(x) for (u, v), x in np.ndenumerate(plane) if inside_by_definition(kind, flat, u, v)]
    found = values(volume(STRAIGHT), kind, points, axis)
    assert found["n"] == len(chosen)
    if chosen:
        mean = sum(chosen) / len(chosen)  # sums of whole numbers are exact: so must the mean be
        assert (found["mean"], found["min"], found["max"]) == (mean, min(chosen), max(chosen))
        assert found["sd"] == math.sqrt(sum((x - mean) ** 2 for x in chosen) / len(chosen))
    else:
        assert set(found) == {"area", "n"}


@pytest.mark.parametrize(
    ("kind", "points", "axis", "area"),
    [
        ("rectangle", [(0, 1, 1), (0, 5, 8)], 0, 4 * 0.5 * 7 * 0.7),
        ("ellipse", [(0, 1, 1), (0, 5, 8)], 0, math.pi * 2 * 0.5 * 3.5 * 0.7),
        ("freehand", [(0, 0, 0), (0, 6, 0), (0, 6, 5)], 0, 0.5 * 3.0 * 3.5),
        ("freehand", [(0, 0, 0), (0, 6, 5), (0, 6, 0)], 0, 0.5 * 3.0 * 3.5),
        ("rectangle", [(0, 0, 0), (2, 0, 5)], 1, 6.0 * 3.5),
        ("rectangle", [(0, 0, 0), (2, 4, 0)], 2, 6.0 * 2.0),  # shear keeps the area of a parallelogram
    ],
)
def test_area(kind, points, axis, area):
    for geometry in (STRAIGHT, TILTED) if axis != 1 else (STRAIGHT,):
        assert values(volume(geometry), kind, points, axis)["area"] == pytest.approx(area, rel=1e-12)


def test_area_in_pixels_without_spacing():
    found = measure(volume(), id="a", kind="rectangle", points=[(0, 1, 1), (0, 5, 8)], axis=0)
    assert (found.values["area"], found.length_unit, found.value_unit) == (28.0, "px", "")


@pytest.mark.parametrize("kind", ["rectangle", "ellipse"])
def test_no_centre_inside(kind):
    found = values(volume(), kind, [(0, 1.2, 1.2), (0, 1.8, 1.8)])
    assert set(found) == {"area", "n"}
    assert found["n"] == 0


def test_regions_that_share_an_edge_share_no_voxel():
    left = values(volume(), "freehand", [(0, 1, 1), (0, 8, 1), (0, 8, 4), (0, 1, 4)])
    right = values(volume(), "freehand", [(0, 1, 4), (0, 8, 4), (0, 8, 7), (0, 1, 7)])
    both = values(volume(), "freehand", [(0, 1, 1), (0, 8, 1), (0, 8, 7), (0, 1, 7)])
    assert left["n"] + right["n"] == both["n"] == 42


def test_colour_has_an_area_and_no_statistics():
    of = volume(array=np.zeros((1, 6, 6, 3), np.uint8), colour=True, photometric="RGB")
    assert values(of, "rectangle", [(0, 0, 0), (0, 2, 2)]) == {"area": 4.0}
    assert values(of, "probe", [(0, 0, 0)]) == {}


def test_frames_are_measured_apart():
    of = volume(array=np.stack([VALUES, VALUES + 7]), frames_axis=True)
    points = [(1, 2, 2), (1, 7, 7)]
    first, second = (values(of, "ellipse", points, frame=frame) for frame in (0, 1))
    assert second["mean"] == first["mean"] + 7
    assert second["sd"] == pytest.approx(first["sd"])


def test_values_that_are_no_numbers_are_left_out():
    array = np.array([[[1.0, np.nan], [np.inf, 4.0]]], np.float32)
    found = values(volume(array=array), "rectangle", [(0, 0, 0), (0, 1, 1)])
    assert (found["n"], found["mean"], found["max"]) == (2, 2.5, 4)
    assert values(volume(array=array), "rectangle", [(0, 0, 1), (0, 0, 1)]) == {"area": 0, "n": 0}
    assert values(volume(array=array), "probe", [(0, 0, 1)]) == {}


def test_float_sums_run_in_reading_order():
    array = np.random.default_rng(1).normal(1e6, 1, (1, 50, 60)).astype(np.float32)
    total = 0.0
    for x in array.ravel().tolist():
        total += x
    found = values(volume(array=array), "rectangle", [(0, 0, 0), (0, 49, 59)])
    assert found["mean"] == total / array.size


@pytest.mark.parametrize(
    ("point", "nearest"),
    [((1, 2.4, 3.5), (1, 2, 4)), ((1, -0.5, 9.5), (1, 0, 9)), ((1, 11.5, 0.49), (1, 11, 0))],
)
def test_probe(point, nearest):
    found = values(volume(TILTED, unit="HU"), "probe", [point])
    assert found["value"] == VALUES[nearest]
    place = [found[name] for name in ("lps_x", "lps_y", "lps_z")]
    assert place == pytest.approx(TILTED.to_world(point))
    assert measure(volume(unit="HU"), id="a", kind="probe", points=[point], axis=0).value_unit == "HU"
    assert set(values(volume(), "probe", [point])) == {"value"}


NAN = float("nan")
LINE = [(0, 1, 1), (0, 2, 2)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": ""}, "1 to 40 of a-z"),
        ({"id": "A"}, "1 to 40 of a-z"),
        ({"id": "a" * 41}, "1 to 40 of a-z"),
        ({"id": "a\n"}, "1 to 40 of a-z"),
        ({"id": 7}, "1 to 40 of a-z"),
        ({"kind": "volume"}, "must be one of length, angle"),
        ({"kind": ["length"]}, "must be one of length, angle"),
        ({"axis": 3}, "axis must be 0"),
        ({"axis": True}, "axis must be 0"),
        ({"axis": "0"}, "axis must be 0"),
        ({"frame": 1}, r"frame must lie in 0\.\.0"),
        ({"frame": -1}, r"frame must lie in 0\.\.0"),
        ({"points": LINE[:1]}, r"kind length must have 2 point\(s\), got 1"),
        ({"points": LINE * 2}, r"must have 2 point\(s\), got 4"),
        ({"points": None}, r"must have 2 point\(s\), got no list"),
        ({"points": "ab"}, "got no list"),
        ({"points": [(0, 1, 1), (0, 2)]}, "three numbers"),
        ({"points": [(0, 1, 1), "012"]}, "three numbers"),
        ({"points": [(0, 1, 1), (0, 2, NAN)]}, "inside the volume"),
        ({"points": [(0, 1, 1), (0, 2, float("inf"))]}, "inside the volume"),
        ({"points": [(0, 1, 1), (0, 2, 10**400)]}, "inside the volume"),
        ({"points": [(0, 1, 1), (0, 2, "3")]}, "inside the volume"),
        ({"points": [(0, 1, 1), (0, 2, True)]}, "inside the volume"),
        ({"points": [(0, 1, 1), (0, 2, None)]}, "inside the volume"),
        ({"points": [(0, 1, 1), (0, 2, 9.51)]}, r"inside the volume.*-0\.5 to 9\.5"),
        ({"points": [(0, 1, 1), (0, -0.51, 2)]}, "inside the volume"),
        ({"points": [(0, 1, 1), (1, 2, 2)]}, "one plane of the grid.*got 2 different"),
        ({"points": [(0.5, 1, 1), (0.5, 2, 2)]}, "one plane of the grid"),
        ({"axis": 1}, "one plane of the grid"),
        ({"kind": "freehand", "points": [(0, 1, 1)] * (MOST_VERTICES + 1)}, "3 to 2000.*got 2001"),
        ({"kind": "angle", "points": [(0, 1, 1), (0, 1, 1), (0, 2, 2)]}, "two arms longer than zero"),
    ],
)
def test_what_a_browser_may_not_send(change, reason):
    call = {"id": "a", "kind": "length", "points": LINE, "axis": 0} | change
    with pytest.raises(IncompatibleInputError, match=reason):
        measure(volume(), **call)


def opened(phantom: str) -> Volume:
    found = open_study(make_phantom(phantom).files).studies[0].series[0].volume
    assert found is not None
    return found


def test_the_nodule_of_the_ct_measures_ten_millimetres():
    phantom = make_phantom("ct_thorax")
    of, truth = opened("ct_thorax"), phantom.truth["nodule"]
    assert of.geometry is not None
    z, row, column = (round(x) for x in of.geometry.to_index(truth["lps_mm"]))
    inside = np.flatnonzero(of.array[z, row] > -400)
    run = inside[np.abs(inside - column) <= 4]
    ends = [(z, row, float(run[0]) - 0.5), (z, row, float(run[-1]) + 0.5)]
    length = values(of, "length", ends)["length"]
    assert length == pytest.approx(truth["diameter_mm"], abs=of.geometry.spacing[2])
    middle = values(of, "probe", [(z, row, column)])
    assert [middle[name] for name in ("lps_x", "lps_y", "lps_z")] == pytest.approx(truth["lps_mm"], abs=2.0)
    assert middle["value"] == pytest.approx(60, abs=60)


@pytest.mark.parametrize("stack", STACKS)
def test_a_ball_has_its_diameter_in_every_plane_of_every_acquisition(stack):
    of = opened(f"orientation_{stack}")
    assert of.geometry is not None
    centre = of.geometry.to_index(LANDMARKS["one"])
    for axis in range(3):
        across = 2 if axis != 2 else 1
        place = np.rint(centre)
        shift = np.zeros(3)
        shift[across] = 3.0 / of.geometry.spacing[across]
        ends = [tuple((place + sign * shift).tolist()) for sign in (-1, 1)]
        assert values(of, "length", ends, axis)["length"] == pytest.approx(6.0, rel=1e-9)


def test_every_kind_is_computed():
    points = [(0, 1, 1), (0, 5, 6), (0, 6, 2), (0, 2, 7)]
    for kind, (least, _most) in KINDS.items():
        assert values(volume(STRAIGHT), kind, points[:least])
