"""Geometry: every axis orientation, round trips, flips, letters; asymmetric throughout."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimg_core.errors import GeometryError
from medimg_core.geometry import Geometry, PlanarGeometry, direction_letters, opposite_letters

SPACING = (3.0, 0.5, 0.7)
POSITION = (-12.5, 33.0, 7.25)
AXES = {"R": (-1, 0, 0), "L": (1, 0, 0), "A": (0, -1, 0), "P": (0, 1, 0), "I": (0, 0, -1), "S": (0, 0, 1)}
PAIRS = ("RL", "AP", "IS")
ORIENTATIONS = ["".join(letters) for order in itertools.permutations(PAIRS) for letters in itertools.product(*order)]

finite = st.floats(-500, 500, allow_nan=False)
lengths = st.floats(0.05, 20)


def oriented(letters: str) -> Geometry:
    affine = np.eye(4)
    for axis, (letter, spacing) in enumerate(zip(letters, SPACING, strict=True)):
        affine[:3, axis] = np.multiply(AXES[letter], spacing)
    affine[:3, 3] = POSITION
    return Geometry(affine)


@st.composite
def rotations(draw: st.DrawFn) -> np.ndarray:
    """A proper rotation, shape (3, 3), from a unit quaternion."""
    numbers = draw(st.tuples(*[st.floats(-1, 1)] * 4).filter(lambda q: np.linalg.norm(q) > 0.1))
    w, x, y, z = np.asarray(numbers) / np.linalg.norm(numbers)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


@st.composite
def geometries(draw: st.DrawFn) -> Geometry:
    affine = np.eye(4)
    affine[:3, :3] = draw(rotations()) * [draw(lengths) for _ in range(3)]
    affine[:3, 3] = [draw(finite) for _ in range(3)]
    return Geometry(affine)


def test_there_are_48_axis_orientations():
    assert len(ORIENTATIONS) == len(set(ORIENTATIONS)) == 48


@pytest.mark.parametrize("letters", ORIENTATIONS)
def test_every_axis_orientation(letters):
    geometry = oriented(letters)
    assert geometry.orientation == letters
    assert geometry.spacing == pytest.approx(SPACING)
    assert geometry.obliqueness == pytest.approx(0, abs=1e-5)
    assert geometry.shear == pytest.approx(0, abs=1e-5)
    assert geometry.plane == {"R": "sagittal", "L": "sagittal", "A": "coronal", "P": "coronal"}.get(letters[0], "axial")
    _, down, across = letters
    assert geometry.edge_letters() == (opposite_letters(across), across, opposite_letters(down), down)
    # one step along each index goes where its letter says, by its spacing
    for axis, (letter, spacing) in enumerate(zip(letters, SPACING, strict=True)):
        step = geometry.to_world(np.eye(3)[axis]) - geometry.to_world([0, 0, 0])
        assert step == pytest.approx(np.multiply(AXES[letter], spacing))


@pytest.mark.parametrize("letters", ORIENTATIONS)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_flip_turns_its_own_letter_and_moves_no_voxel(letters, axis):
    geometry, shape = oriented(letters), (4, 5, 6)
    flipped = geometry.flipped(axis, shape[axis])
    expected = "".join(opposite_letters(letter) if k == axis else letter for k, letter in enumerate(letters))
    assert flipped.orientation == expected
    values = np.arange(120).reshape(shape)
    turned = np.flip(values, axis)
    for index in ((0, 0, 0), (3, 4, 5), (1, 2, 3)):
        place = tuple(np.rint(flipped.to_index(geometry.to_world(index))).astype(int))
        assert turned[place] == values[index]
    assert flipped.flipped(axis, shape[axis]).affine == pytest.approx(geometry.affine)


@settings(deadline=None)
@given(geometry=geometries(), index=st.tuples(finite, finite, finite))
def test_round_trip(geometry, index):
    assert geometry.to_index(geometry.to_world(index)) == pytest.approx(np.asarray(index), abs=1e-6)


@settings(deadline=None)
@given(geometry=geometries(), indices=st.lists(st.tuples(finite, finite, finite), min_size=1, max_size=5))
def test_many_points_at_once_are_each_point(geometry, indices):
    world = geometry.to_world(indices)
    assert world.shape == (len(indices), 3)
    for row, index in zip(world, indices, strict=True):
        assert row == pytest.approx(geometry.to_world(index))


@settings(deadline=None)
@given(geometry=geometries(), shift=st.tuples(finite, finite, finite))
def test_distances_are_kept(geometry, shift):
    step = np.asarray(shift)
    moved = geometry.to_world(step) - geometry.to_world([0, 0, 0])
    assert np.linalg.norm(moved) == pytest.approx(np.linalg.norm(step * geometry.spacing), rel=1e-6, abs=1e-6)


@settings(deadline=None)
@given(turn=rotations(), spacing=st.tuples(lengths, lengths), step=lengths, position=st.tuples(finite, finite, finite))
def test_from_dicom_holds_what_the_tags_say(turn, spacing, step, position):
    row, column = turn[:, 0], turn[:, 1]
    geometry = Geometry.from_dicom(
        orientation=[*row, *column], position=position, pixel_spacing=spacing, slice_step=np.cross(row, column) * step
    )
    assert geometry.to_world([0, 0, 0]) == pytest.approx(np.asarray(position), abs=1e-9)
    # PS3.3 equation C.7.6.2.1-1: the row direction goes with the column index and the spacing between columns
    assert geometry.to_world([0, 0, 2]) == pytest.approx(np.asarray(position) + 2 * spacing[1] * row, abs=1e-6)
    assert geometry.to_world([0, 3, 0]) == pytest.approx(np.asarray(position) + 3 * spacing[0] * column, abs=1e-6)
    assert geometry.spacing == pytest.approx((step, *spacing))
    assert geometry.shear == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("letters", ORIENTATIONS)
def test_from_ras_agrees_with_the_same_points_in_lps(letters):
    lps = oriented(letters).affine
    ras = np.diag([-1, -1, 1, 1]) @ lps[:, [2, 1, 0, 3]]  # (i, j, k) are (column, row, slice)
    assert Geometry.from_ras(ras) == Geometry(lps)


@pytest.mark.parametrize("degrees", [0, 5, 18.5, -30])
def test_shear_of_a_tilted_gantry(degrees):
    angle = np.radians(degrees)
    geometry = Geometry.from_dicom(
        orientation=[1, 0, 0, 0, np.cos(angle), np.sin(angle)],
        position=[0, 0, 0],
        pixel_spacing=[1, 1],
        slice_step=[0, 0, 4],
    )
    assert geometry.shear == pytest.approx(abs(degrees), abs=1e-6)
    assert geometry.obliqueness == pytest.approx(abs(degrees), abs=1e-6)


@pytest.mark.parametrize(
    ("vector", "letters"),
    [
        ([1, 0, 0], "L"),
        ([0, 0, -3], "I"),
        ([0, 0.8, -0.6], "PI"),
        ([-0.7, 0.5, 0.51], "RSP"),
        ([0.99, 0.1, 0], "L"),
        ([-1e-9, 0, 1e-9], "RS"),
    ],
)
def test_letters(vector, letters):
    assert direction_letters(vector) == letters
    assert direction_letters(np.negative(vector)) == opposite_letters(letters)


@settings(deadline=None)
@given(vector=st.tuples(finite, finite, finite).filter(lambda v: np.linalg.norm(v) > 1e-3), scale=st.floats(0.01, 100))
def test_letters_do_not_depend_on_length(vector, scale):
    letters = direction_letters(vector)
    assert 1 <= len(letters) <= 3
    assert AXES[letters[0]][int(np.argmax(np.abs(vector)))] * vector[int(np.argmax(np.abs(vector)))] > 0
    unit = np.asarray(vector) / np.linalg.norm(vector)
    if np.abs(np.abs(unit) - 0.26).min() > 1e-6 and np.diff(np.sort(np.abs(unit))).min() > 1e-9:
        assert direction_letters(np.multiply(vector, scale)) == letters


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: Geometry(np.eye(3)), r"affine must have shape \(4, 4\), got \(3, 3\)"),
        (lambda: Geometry(np.full((4, 4), np.nan)), "affine must be finite"),
        (lambda: Geometry(np.diag([1, 0, 1, 1])), "affine must be invertible"),
        (lambda: Geometry(np.diag([1, 1, 1, 2])), "last row of an affine must be 0 0 0 1"),
        (lambda: Geometry.from_ras(np.eye(3)), r"affine must have shape \(4, 4\)"),
        (lambda: direction_letters([0, 0, 0]), "length above zero"),
        (lambda: direction_letters([np.nan, 0, 0]), "length above zero"),
        (lambda: opposite_letters("LX"), "must be of L R A P S I H F, got 1 other"),
    ],
)
def test_errors(call, reason):
    with pytest.raises(GeometryError, match=reason):
        call()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"orientation": [1, 0, 0, 0, 1]}, "six finite numbers, got 5"),
        ({"orientation": [1, 0, 0, 0, np.inf, 0]}, "six finite numbers"),
        ({"orientation": [2, 0, 0, 0, 1, 0]}, "unit vectors, got lengths 2.000 and 1.000"),
        ({"orientation": [1, 0, 0, 0.1, 0.995, 0]}, "orthogonal, got cosine 0.1000"),
        ({"pixel_spacing": [0, 1]}, "PixelSpacing must be above zero, got 0 and 1"),
        ({"pixel_spacing": [1, float("nan")]}, "PixelSpacing must be above zero"),
        ({"slice_step": [0, 0, 0]}, "affine must be invertible"),
        ({"slice_step": [1, 1, 0]}, "affine must be invertible"),
    ],
)
def test_contradicting_tags(change, reason):
    tags = {
        "orientation": [1, 0, 0, 0, 1, 0],
        "position": [0, 0, 0],
        "pixel_spacing": [1, 1],
        "slice_step": [0, 0, 1],
    }
    with pytest.raises(GeometryError, match=reason):
        Geometry.from_dicom(**(tags | change))


def test_frozen_and_compared_by_value():
    source = np.diag([1.0, 2, 3, 1])
    geometry = Geometry(source)
    source[0, 0] = 9
    assert geometry.affine[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        geometry.affine[0, 0] = 5
    assert geometry == Geometry(np.diag([1.0, 2, 3, 1]))
    assert hash(geometry) == hash(Geometry(np.diag([1.0, 2, 3, 1])))
    assert geometry != Geometry(np.diag([1.0, 2, 4, 1]))
    assert geometry != "affine"


@pytest.mark.parametrize(
    ("planar", "letters"),
    [
        (PlanarGeometry("L", "F"), ("R", "L", "H", "F")),
        (PlanarGeometry("P", "F"), ("A", "P", "H", "F")),
        (PlanarGeometry("LP", "FA"), ("RA", "LP", "HP", "FA")),
        (PlanarGeometry("L", None), None),
        (PlanarGeometry(None, "F"), None),
        (PlanarGeometry(), None),
    ],
)
def test_planar_letters(planar, letters):
    assert planar.edge_letters() == letters
