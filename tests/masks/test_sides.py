"""Which side a part lies on, of the patient only where the tags say so."""

import numpy as np
import pytest

from medimg_core.geometry import Geometry, PlanarGeometry
from medimg_core.masks import edge_sides, side
from medimg_core.study import Volume


def affine(slices, rows, columns):
    matrix = np.eye(4)
    matrix[:3, :3] = np.array([slices, rows, columns], float).T
    return Geometry(matrix)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ("image left", "image right")),
        ({"planar": PlanarGeometry("L", "F")}, ("right", "left")),
        ({"planar": PlanarGeometry("R", "F")}, ("left", "right")),
        ({"planar": PlanarGeometry("LF", "F")}, ("right", "left")),
        ({"planar": PlanarGeometry("A", "F")}, ("image left", "image right")),  # a lateral view
        ({"planar": PlanarGeometry(None, None, (1.0, 1.0), "patient")}, ("image left", "image right")),
        ({"geometry": affine([0, 0, 3], [0, 1, 0], [1, 0, 0])}, ("right", "left")),
        ({"geometry": affine([0, 0, 3], [0, 1, 0], [-1, 0, 0])}, ("left", "right")),
        ({"geometry": affine([0, 0, 3], [0, 1, 0], [0.9, 0.3, 0])}, ("right", "left")),
        ({"geometry": affine([3, 0, 0], [0, 0, -1], [0, 1, 0])}, ("image left", "image right")),  # sagittal
    ],
)
def test_what_the_edges_face(more, expected):
    assert edge_sides(Volume(np.zeros((1, 4, 4)), **more)) == expected


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (range(0, 4), "one"),
        (range(6, 10), "other"),
        (range(2, 6), "one"),  # three of four columns
        (range(1, 9), ""),
        (range(3, 7), ""),
    ],
)
def test_a_part_lies_where_three_quarters_of_it_lie(columns, expected):
    box = np.ones((1, 2, len(columns)), bool)
    assert side(box, columns[0], 10, ("one", "other")) == expected


def test_the_middle_column_belongs_to_both_halves():
    box = np.ones((1, 2, 1), bool)
    assert side(box, 2, 5, ("one", "other")) == ""
