"""Pixels inside a region that a reader drew, counted by hand on an uneven grid."""

import numpy as np
import pytest

from medimg_core.enclosed import ENCLOSING, enclosed
from medimg_core.errors import IncompatibleInputError
from medimg_core.measuring import KINDS, measure
from medimg_core.results import Measurement
from medimg_core.study import Volume

SHAPE = (4, 5, 7)


def drawn(kind: str, points: list[tuple[float, float, float]], axis: int = 0) -> Measurement:
    return measure(Volume(np.zeros(SHAPE, np.int16)), id="a", kind=kind, points=points, axis=axis)


@pytest.mark.parametrize(
    ("kind", "points", "axis", "rows"),
    [
        ("rectangle", [(2, 1, 2), (2, 2, 4)], 0, ["0000000", "0011100", "0011100", "0000000", "0000000"]),
        ("rectangle", [(2, 2.4, 4.4), (2, 0.6, 1.6)], 0, ["0000000", "0011100", "0011100", "0000000", "0000000"]),
        ("ellipse", [(0, 0, 1), (0, 4, 5)], 0, ["0001000", "0011100", "0111110", "0011100", "0001000"]),
        ("freehand", [(0, -0.5, -0.5), (0, -0.5, 6.5), (0, 3.5, -0.5)], 0,
         ["1111110", "1111000", "1110000", "1000000", "0000000"]),
        ("rectangle", [(1, 3, 5), (2, 3, 6)], 1, ["0000000", "0000011", "0000011", "0000000"]),
        ("rectangle", [(1, 0.2, 5.2), (1, 0.4, 5.4)], 0, ["0000000"] * 5),
        ("ellipse", [(1, 2, 3), (1, 2, 5)], 0, ["0000000"] * 5),
    ],
)  # fmt: skip
def test_pixels_inside(kind, points, axis, rows):
    found = enclosed(drawn(kind, points, axis), SHAPE)
    assert ["".join(str(int(value)) for value in row) for row in found] == rows


@pytest.mark.parametrize("kind", ENCLOSING)
def test_as_many_as_the_measurement_counts(kind):
    rng = np.random.default_rng(5)
    shape = (1, 60, 90)
    volume = Volume(np.zeros(shape, np.int16))
    for _ in range(20):
        count = max(KINDS[kind][0], 3 if kind == "freehand" else 2)
        points = [(0, row, column) for row, column in rng.uniform(-0.5, [59.5, 89.5], (count, 2)).tolist()]
        region = measure(volume, id="a", kind=kind, points=points, axis=0)
        assert enclosed(region, shape).sum() == region.values["n"]


@pytest.mark.parametrize("kind", ["length", "probe", "angle"])
def test_what_encloses_nothing_is_refused(kind):
    points = [(0, 1, 1), (0, 2, 3), (0, 3, 1)][: KINDS[kind][0]]
    with pytest.raises(IncompatibleInputError, match=f"got a {kind}"):
        enclosed(drawn(kind, points), SHAPE)
