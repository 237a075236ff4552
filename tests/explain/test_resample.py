"""A native map on the image: half-pixel centred, squash undone, magnitude kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimg_core.errors import IncompatibleInputError
from medimg_core.explain import on_image
from medimg_core.preprocess import squashed
from medimg_core.results import Explanation


def explanation(native, shape, matrix=None):
    native = np.asarray(native, np.float32)
    to_image = squashed(shape, native.shape).matrix() if matrix is None else np.asarray(matrix, float)
    return Explanation("m", "0" * 64, "f", 0, 0, "grad_cam", "features", "x", native, to_image, shape, 0.5)


def centroid(image):
    rows, columns = np.indices(image.shape)
    return (image * rows).sum() / image.sum(), (image * columns).sum() / image.sum()


@pytest.mark.parametrize("shape", [(120, 120), (90, 150), (300, 60), (101, 77)])
@pytest.mark.parametrize("cell", [(1, 1), (2, 4), (4, 2)])
def test_a_point_source_lands_at_its_cell_centre(shape, cell):
    native = np.zeros((6, 6))
    native[cell] = 2.0
    image = on_image(explanation(native, shape))
    wanted = [(cell[axis] + 0.5) * shape[axis] / 6 - 0.5 for axis in (0, 1)]
    assert centroid(image) == pytest.approx(wanted, abs=0.02)
    assert image.max() == pytest.approx(2.0, rel=0.12)  # a centre between two pixels loses a little


def test_corners_are_not_pinned():
    """Aligned corners would put the peak of cell 0 on pixel 0; half-pixel centring puts it at 4.5."""
    native = np.zeros((7, 7))
    native[0, 0] = 1
    image = on_image(explanation(native, (70, 70)))
    assert image[4, 4] == image[0, 0] == pytest.approx(1.0, abs=0.02)
    assert image[:, 4].argmin() == 15


def test_bilinear_values_by_hand():
    image = on_image(explanation([[0, 4]], (1, 8)))
    np.testing.assert_allclose(image[0], [0, 0, 0.5, 1.5, 2.5, 3.5, 4, 4], atol=1e-6)


def test_nearest_shows_the_grid():
    native = np.arange(12).reshape(3, 4)
    image = on_image(explanation(native, (30, 20)), interpolation="nearest")
    np.testing.assert_array_equal(image, np.kron(native, np.ones((10, 5))))


@given(
    rows=st.integers(1, 14),
    columns=st.integers(1, 14),
    height=st.integers(1, 60),
    width=st.integers(1, 60),
    seed=st.integers(0, 999),
)
def test_magnitude_stays_within_the_native_one(rows, columns, height, width, seed):
    native = np.random.default_rng(seed).random((rows, columns)).astype(np.float32)
    for interpolation in ("bilinear", "nearest"):
        image = on_image(explanation(native, (height, width)), interpolation=interpolation)
        assert image.shape == (height, width)
        assert image.min() >= native.min() - 1e-6
        assert image.max() <= native.max() + 1e-6


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
def test_any_affine_map_agrees_with_the_squash(interpolation):
    native = np.random.default_rng(1).random((6, 5)).astype(np.float32)
    shape = (44, 63)  # no pixel lies halfway between two cells
    matrix = squashed(shape, (6, 5)).matrix()
    turned = matrix.copy()
    turned[0, 1] = 1e-12  # no longer a squash by the letter, and the same map
    np.testing.assert_allclose(
        on_image(explanation(native, shape), interpolation=interpolation),
        on_image(explanation(native, shape, turned), interpolation=interpolation),
        atol=1e-5,
    )


def test_a_turned_grid_is_turned_back():
    native = np.zeros((4, 4))
    native[0, 3] = 1
    quarter = [[0, 10, 4.5], [-10, 0, 34.5], [0, 0, 1]]  # native (row, column) -> image (column, -row)
    image = on_image(explanation(native, (40, 40), quarter))
    assert np.unravel_index(image.argmax(), image.shape)[0] >= 34
    assert np.unravel_index(image.argmax(), image.shape)[1] >= 34


def test_bad_requests_are_refused():
    with pytest.raises(IncompatibleInputError, match="interpolation must be one of bilinear, nearest"):
        on_image(explanation([[1.0]], (2, 2)), interpolation="cubic")
    with pytest.raises(IncompatibleInputError, match="to_image must be invertible"):
        on_image(explanation([[1.0]], (2, 2), np.zeros((3, 3))))
