"""Structural similarity and correlations, against libraries that have them, and by hand."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity

from medimg_core.errors import IncompatibleInputError
from medimg_core.explain.audit.similarity import correlation, normalised, rank_correlation, ssim

RNG = np.random.default_rng(2)
MAPS = {
    "noise": (RNG.random((12, 12)), RNG.random((12, 12))),
    "alike": (np.outer(np.linspace(0, 1, 9), np.ones(14)), np.outer(np.linspace(0, 0.8, 9), np.ones(14)) + 0.1),
    "one is empty": (np.zeros((10, 7)), RNG.random((10, 7))),
    "pixels": (RNG.random((40, 33)), RNG.random((40, 33)) ** 2),
}


@pytest.mark.parametrize("name", MAPS)
def test_structural_similarity_is_that_of_scikit_image(name):
    """Its map of similarities, whose edge it leaves out of the mean; ours keeps it."""
    one, other = MAPS[name]
    if min(one.shape) < 11:
        one, other = (np.pad(values, 5, mode="symmetric") for values in (one, other))
    _, found = structural_similarity(
        one, other, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )
    assert ssim(one, other) == pytest.approx(found.mean(), abs=1e-9)


@pytest.mark.parametrize("name", MAPS)
def test_rank_correlation_is_that_of_scipy(name):
    one, other = MAPS[name]
    wanted = spearmanr(one.ravel(), other.ravel()).statistic if np.ptp(one) > 0 else 0.0
    assert rank_correlation(one, other) == pytest.approx(wanted, abs=1e-12)


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
