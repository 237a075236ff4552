"""How far masks stand when the image changes a little."""

import math

import numpy as np
import pytest

from medimg_core.inference.agreement import CHANGES, SHIFT, agreement, spread
from medimg_core.inference.painting import labelled
from medimg_core.inference.passes import passes
from medimg_core.results import MaskLabel

LABELS = (MaskLabel(1, "bright"),)


def block(value, back=0.0, noise=0.0):
    image = np.full((40, 56), back, np.float32)
    image[10:25, 12:40] = value
    return image + np.random.default_rng(3).normal(0, noise, image.shape).astype(np.float32)


def brink():
    """The block just above the limit, 0.5, in an image that goes up to 1: a gamma above 1 takes it away."""
    image = block(0.51)
    image[30:33, 30:33] = 1
    return image


def asked(card, *canvases):
    masks = passes(card, [lambda one=one: one for one in canvases], lambda _, one: labelled(one.scores, 0.5))
    return agreement(card, canvases, masks, LABELS, 0.5)["bright"]


@pytest.mark.parametrize(
    ("canvas", "low", "high"),
    [
        (block(1.0), 0.99, 1.0),  # an edge that no small change moves
        (brink(), 0.2, 0.9),
        (np.full((40, 56), 0.5, np.float32), 0.0, 1.0),
    ],
)
def test_what_is_sure_agrees_more(tiny_masks, canvas, low, high):
    assert low <= asked(tiny_masks, canvas) <= high


def test_where_nothing_is_marked_there_is_no_agreement(tiny_masks):
    assert math.isnan(asked(tiny_masks, np.zeros((40, 56), np.float32), block(0.2)))


def test_it_is_the_same_every_time(tiny_masks):
    canvas = block(0.6, 0.45, 0.05)
    assert asked(tiny_masks, canvas) == asked(tiny_masks, canvas)


def test_slices_are_asked_together(tiny_masks):
    """A slice with a tiny mask does not count as much as one with a large one."""
    speck = np.zeros((40, 56), np.float32)
    speck[5:8, 5:8] = 0.6
    assert asked(tiny_masks, block(1.0), speck) > 0.95


@pytest.mark.parametrize("name", list(CHANGES))
@pytest.mark.parametrize("values", [block(1.0, 0.2, 0.1), block(2.0, -3.0), np.full((9, 8), 0.3, np.float32)])
def test_changes_are_small_and_keep_the_range(name, values):
    changed = CHANGES[name](values)
    assert changed.shape == values.shape
    assert changed.dtype == np.float32
    assert changed.min() >= values.min() - 1e-6
    assert changed.max() <= values.max() + 1e-6
    if name == "shift":
        np.testing.assert_array_equal(changed[SHIFT:, SHIFT:], values[:-SHIFT, :-SHIFT])
    else:
        assert np.abs(changed - values).mean() <= 0.06 * max(float(np.ptp(values)), 1e-9) + 1e-9


@pytest.mark.parametrize(
    ("count", "most", "expected"), [(0, 5, ()), (4, 5, (0, 1, 2, 3)), (5, 5, (0, 1, 2, 3, 4)), (11, 3, (1, 5, 8))]
)
def test_spread(count, most, expected):
    assert spread(count, most) == expected
