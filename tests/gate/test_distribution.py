"""Distances of embeddings from those of the training images."""

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.gate.distribution import distance
from medimg_core.gate.reference import EmbeddingFit
from medimg_core.gate.settings import METHODS


@pytest.fixture(scope="module")
def fit():
    """Two classes at (0, 0) and (10, 0), standard deviation 1 and 2."""
    rng = np.random.default_rng(0)
    spread = np.diag([1.0, 2.0])
    rows = np.concatenate([rng.normal(size=(500, 2)) @ spread, rng.normal(size=(500, 2)) @ spread + [10, 0]])
    return EmbeddingFit(
        means=np.array([[0.0, 0.0], [10.0, 0.0]]),
        precision=np.diag([1.0, 0.25]),
        background_mean=np.array([5.0, 0.0]),
        background_precision=np.diag([1 / 26, 0.25]),
        sample=rows,
    )


@pytest.mark.parametrize(
    ("method", "point", "expected"),
    [
        ("mahalanobis", (0, 0), 0.0),
        ("mahalanobis", (3, 0), 9.0),
        ("mahalanobis", (9, 4), 1 + 4),  # the nearer class counts
        ("relative_mahalanobis", (0, 0), 0 - 25 / 26),
        ("relative_mahalanobis", (5, 0), 25.0),
        ("relative_mahalanobis", (5, 4), 25 + 4 - 4),
    ],
)
def test_values_by_hand(fit, method, point, expected):
    assert distance(point, fit, method)[0] == pytest.approx(expected)


def test_neighbours_by_hand():
    sample = np.array([[1.0, 0.0], [0.0, 2.0], [0.0, -3.0]])
    fit = EmbeddingFit(np.zeros((1, 2)), np.eye(2), np.zeros(2), np.eye(2), sample)
    # lengths do not count: (5, 0) is (1, 0); its second neighbour stands at a right angle
    assert distance([5.0, 0.0], fit, "knn", 1)[0] == pytest.approx(0)
    assert distance([5.0, 0.0], fit, "knn", 2)[0] == pytest.approx(np.sqrt(2))
    assert distance([5.0, 0.0], fit, "knn", 99)[0] == pytest.approx(np.sqrt(2))


@pytest.mark.parametrize("method", ["mahalanobis", "relative_mahalanobis"])
def test_strange_embeddings_are_farther(fit, method):
    strange = np.array([[5.0, 20.0], [4.0, -15.0], [30.0, 0.0]])
    usual = distance(fit.sample, fit, method)
    assert distance(strange, fit, method).min() > np.quantile(usual, 0.99)


@pytest.mark.parametrize("method", METHODS)
def test_rows_are_independent(fit, method):
    rows = fit.sample[::100]
    one_by_one = [distance(row, fit, method, 3)[0] for row in rows]
    np.testing.assert_allclose(distance(rows, fit, method, 3), one_by_one)


def test_bad_requests_are_refused(fit):
    with pytest.raises(IncompatibleInputError, match="embeddings must have 2 channels, got 3"):
        distance([1, 2, 3], fit, "knn")
    with pytest.raises(IncompatibleInputError, match="method must be one of mahalanobis"):
        distance([1, 2], fit, "euclid")
