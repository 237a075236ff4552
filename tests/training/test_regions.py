"""Lung masks as a training aid."""

import numpy as np
import pytest

from medimg_core.registry import InputSpec
from medimg_core.training.datasets import ImageSet, Regions
from medimg_core.training.regions import _pair, all_regions, dice, hull_of, tidy

STEPS = ("to_grey01", "squash", "standardise")


def mask(*boxes, shape=(40, 60)):
    result = np.zeros(shape, bool)
    for top, left, bottom, right in boxes:
        result[top:bottom, left:right] = True
    return result


def test_the_hull_of_two_lungs_holds_what_lies_between():
    hull = hull_of(mask((5, 5, 30, 20), (10, 40, 35, 55)))
    assert hull[mask((5, 5, 30, 20), (10, 40, 35, 55))].all()
    assert hull[20, 30]
    assert not hull[2, 30]
    assert not hull[6, 50]  # outside the line between the upper corners


def test_tidying_keeps_the_two_largest_parts():
    probability = mask((5, 5, 30, 20), (10, 40, 35, 55), (0, 58, 2, 60)).astype(np.float32)
    assert np.array_equal(tidy(probability), mask((5, 5, 30, 20), (10, 40, 35, 55)))


def test_next_to_nothing_becomes_a_central_box():
    box = tidy(np.zeros((40, 60), np.float32))
    assert box[20, 30]
    assert not box[0].any()
    assert 0.3 < box.mean() < 0.7


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (mask((0, 0, 10, 10)), mask((0, 0, 10, 10)), 1.0),
        (mask((0, 0, 10, 10)), mask((0, 5, 10, 15)), 0.5),
        (mask((0, 0, 10, 10)), mask((20, 20, 30, 30)), 0.0),
        (mask(), mask(), 1.0),
    ],
)
def test_dice(first, second, expected):
    assert dice(first, second) == pytest.approx(expected)


def test_a_mask_rides_with_its_image():
    """Where the moved image is bright, the moved mask is set, whatever the framing."""
    region = mask((10, 12, 30, 28), (14, 36, 34, 52), shape=(48, 64))
    image = np.where(region, 0.95, 0.45).astype(np.float32)
    spec = InputSpec((48, 48), 1, STEPS, "any")
    agreement = []
    for seed in range(20):
        moved, marked = _pair(image, region, spec, np.random.default_rng(seed))
        inside = marked[..., 0] > 0.5
        assert 0.05 < inside.mean() < 0.6
        values = moved[..., 0]
        agreement.append(float(np.median(values[inside]) - np.median(values[~inside])))
    assert np.median(agreement) > 0.8


def test_true_masks_go_before_predicted_ones():
    images = ImageSet(np.zeros((2, 40, 60), np.uint8), np.array([0, 1]), ("p", "q"), ("a", "b"))
    regions = Regions(mask((1, 1, 5, 5))[None], ("b",), ("train",))
    found = np.stack([mask((8, 8, 20, 20))] * 2)
    masks = all_regions(images, found, regions)
    assert np.array_equal(masks[0], found[0])
    assert np.array_equal(masks[1], regions.masks[0])
