"""Dice."""

import math

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.masks import dice


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("##..", "##..", 1.0),
        ("##..", "..##", 0.0),
        ("##..", ".##.", 0.5),
        ("####", "#...", 0.4),
        ("....", "#...", 0.0),
        ("....", "....", math.nan),
    ],
)
def test_dice(one, other, expected):
    masks = [np.array([sign == "#" for sign in text]) for text in (one, other)]
    assert dice(*masks) == pytest.approx(expected, nan_ok=True)
    assert dice(*masks[::-1]) == pytest.approx(expected, nan_ok=True)


def test_masks_of_two_shapes_have_none():
    with pytest.raises(IncompatibleInputError, match="must have one shape"):
        dice(np.zeros(3, bool), np.zeros(4, bool))
