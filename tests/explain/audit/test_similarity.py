"""Structural similarity as Wang et al. wrote it down, and correlations."""

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.explain.audit.similarity import correlation, normalised, rank_correlation, ssim

RNG = np.random.default_rng(2)
MAPS = {
    "noise": (RNG.random((12, 12)), RNG.random((12, 12))),
    "alike": (np.outer(np.linspace(0, 1, 9), np.ones(14)), np.outer(np.linspace(0, 0.8, 9), np.ones(14)) + 0.1),
    "one is empty": (np.zeros((10, 7)), RNG.random((10, 7))),
    "pixels": (RNG.random((40, 33)), RNG.random((40, 33)) ** 2),
}


def by_hand(one, other):
    """Equation 13 in plain loops: a Gaussian of 1.5 pixels on 11 x 11 pixels, mirrored at the edge."""
    line = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    weights = np.outer(line, line) / line.sum() ** 2
    padded = [np.pad(values, 5, mode="symmetric") for values in (one, other)]
    total = 0.0
    for row in range(one.shape[0]):
        for column in range(one.shape[1]):
            a, b = (values[row : row + 11, column : column + 11] for values in padded)
            mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
            var_a, var_b = (weights * (a - mean_a) ** 2).sum(), (weights * (b - mean_b) ** 2).sum()
            both = (weights * (a - mean_a) * (b - mean_b)).sum()
            c1, c2 = 0.01**2, 0.03**2
            total += (
                (2 * mean_a * mean_b + c1) * (2 * both + c2) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))
            )
    return total / one.size


@pytest.mark.parametrize("name", MAPS)
def test_structural_similarity_is_that_of_its_authors(name):
    assert ssim(*MAPS[name]) == pytest.approx(by_hand(*MAPS[name]), abs=1e-9)


def test_flat_maps_by_hand():
    # two flat maps: only the brightness counts, (2 * 0.5 * 0.25 + c1) / (0.25 + 0.0625 + c1)
    assert ssim(np.full((8, 8), 0.5), np.full((8, 8), 0.25)) == pytest.approx((0.25 + 1e-4) / (0.3125 + 1e-4))
    assert ssim(np.zeros((8, 8)), np.zeros((8, 8))) == pytest.approx(1)


@pytest.mark.parametrize(
    ("one", "other", "ranks", "plain"),
    [
        ([1, 2, 3, 4], [1, 4, 9, 16], 1.0, 0.9843740),
        ([1, 2, 3, 4], [4, 3, 2, 1], -1.0, -1.0),
        ([1, 1, 2, 2], [0, 1, 0, 1], 0.0, 0.0),
        ([0, 0, 0, 7], [0, 0, 0, 2], 1.0, 1.0),
        ([1, 2, 3, 4], [5, 5, 5, 5], 0.0, 0.0),
    ],
)
def test_correlations(one, other, ranks, plain):
    one, other = np.array(one, float).reshape(2, 2), np.array(other, float).reshape(2, 2)
    assert rank_correlation(one, other) == pytest.approx(ranks, abs=1e-6)
    assert correlation(one, other) == pytest.approx(plain, abs=1e-6)


def test_normalised_maps_have_their_size_as_shares_of_the_peak():
    np.testing.assert_allclose(normalised(np.array([[-2.0, 1.0], [0.0, 0.5]])), [[1, 0.5], [0, 0.25]])
    assert not normalised(np.zeros((3, 3))).any()


@pytest.mark.parametrize("compare", [ssim, correlation, rank_correlation])
def test_maps_of_two_shapes_are_not_compared(compare):
    with pytest.raises(IncompatibleInputError, match="one shape"):
        compare(np.zeros((3, 4)), np.zeros((4, 3)))
