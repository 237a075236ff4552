"""Scores to labels, and where an edge comes out."""

import numpy as np
import pytest

from medimg_core.inference.painting import labelled, painted
from medimg_core.preprocess import letterboxed, squashed


@pytest.mark.parametrize(
    ("scores", "threshold", "expected"),
    [
        ([[0.2], [0.5], [0.9]], 0.5, [0, 1, 1]),
        ([[0.2], [0.5], [0.9]], 0.7, [0, 0, 1]),
        ([[0.5, 0.3, 0.2], [0.3, 0.4, 0.3], [0.2, 0.2, 0.6]], 0.9, [0, 1, 2]),  # several compete: no threshold
        ([[0.4, 0.4, 0.2]], 0.5, [0]),  # the background wins a draw
    ],
)
def test_labels(scores, threshold, expected):
    assert labelled(np.array([scores], np.float32), threshold).tolist() == [expected]


@pytest.mark.parametrize("place", [squashed((90, 60), (40, 56)), letterboxed((90, 60), (40, 56))])
def test_a_block_comes_back_where_it_was(place):
    """An asymmetric block of the image, put on the network's grid by its edges."""
    corners = place.to_target(np.array([[17.5, 8.5], [53.5, 29.5]]))  # outer edges of rows 18 to 53, columns 9 to 29
    rows, columns = np.mgrid[:40, :56]
    distance = np.minimum.reduce(
        [rows - corners[0, 0], corners[1, 0] - rows, columns - corners[0, 1], corners[1, 1] - columns]
    )
    scores = np.clip(distance + 0.5, 0, 1).astype(np.float32)[..., None]  # the share of each pixel inside, nearly
    mask = painted(scores, 0.5, place)
    assert mask.shape == (90, 60)
    held = np.argwhere(mask)
    np.testing.assert_allclose(held.min(axis=0), [18, 9], atol=1)
    np.testing.assert_allclose(held.max(axis=0), [53, 29], atol=1)
    assert mask.sum() == pytest.approx(36 * 21, rel=0.06)


@pytest.mark.parametrize("sure", [2.0, 12.0])
def test_an_edge_does_not_move_with_the_network_s_confidence(sure):
    """Between a pixel it is sure of and one it is sure against, by different logits, the edge stays halfway."""
    logits = np.where(np.arange(8) < 3, sure, -2 * sure).astype(np.float32)
    scores = (1 / (1 + np.exp(-logits)))[None, :, None].repeat(4, axis=0)
    mask = painted(scores, 0.5, squashed((4, 80), (4, 8)))
    assert mask[0].sum() == pytest.approx(30, abs=2)  # logits would say 33 at any confidence
    assert mask[0].sum() == mask[-1].sum()


def test_several_labels_share_an_edge_without_a_gap():
    scores = np.zeros((6, 12, 3), np.float32)
    scores[:, :6, 1] = scores[:, 6:, 2] = 0.9
    scores[..., 0] = 1 - scores.sum(axis=-1)
    mask = painted(scores, 0.5, squashed((60, 120), (6, 12)))
    assert set(np.unique(mask)) == {1, 2}
    assert (mask[:, :60] == 1).all()
    assert (mask[:, 60:] == 2).all()


def test_the_margin_goes():
    place = letterboxed((90, 60), (40, 56))
    scores = np.ones((40, 56, 1), np.float32)
    top, left, bottom, right = place.box
    scores[top:bottom, left:right] = 0
    assert not painted(scores, 0.5, place).any()
