"""Shortcut tests on images whose truth is known: models that look here or there."""

import numpy as np
import pytest

from medimg_core.errors import NotApplicableError
from medimg_core.evaluation import shortcuts
from medimg_core.evaluation.shortcuts import Cases

SHAPE = (40, 40)
REGION = (12, 10, 28, 30)


def cases(n=24, masks=True):
    """A pattern in the region follows the truth, and so does one in the frame; both leave the means alone."""
    rng = np.random.default_rng(0)
    truth = np.arange(n) % 3 > 0
    region = np.zeros(SHAPE, np.float32)
    region[REGION[0] : REGION[2], REGION[1] : REGION[3]] = 1
    images = []
    for yes in truth:
        image = rng.uniform(0.28, 0.32, SHAPE).astype(np.float32)
        sign = 0.2 if yes else -0.2
        image[16:20, 14:26] += sign
        image[20:24, 14:26] -= sign
        image[:3, :3] += sign
        image[:3, 37:] -= sign
        images.append(image)
    return Cases(images, truth, [f"p{i}" for i in range(n)], [region] * n if masks else ())


def reads_region(images):
    return np.array([float(image[16:20, 14:26].mean() - image[20:24, 14:26].mean()) for image in images])


def reads_frame(images):
    return np.array([float(image[:3, :3].mean() - image[:3, 37:].mean()) for image in images])


@pytest.mark.parametrize(
    ("test", "honest", "cheat"),
    [
        (shortcuts.frame_only, 0.5, 1.0),
        (shortcuts.centre_only, 1.0, 0.5),
        (shortcuts.region_filled, 0.5, 1.0),
        (shortcuts.region_box_filled, 0.5, 1.0),
        (shortcuts.region_only, 1.0, 0.5),
        (shortcuts.exterior_opposite, 1.0, 0.0),
        (shortcuts.exterior_label, 0.5, 1.0),
    ],
)
def test_honest_readers_and_cheats_are_told_apart(test, honest, cheat):
    for reader, expected in ((reads_region, honest), (reads_frame, cheat)):
        finding = test(reader, cases())
        # Where a reader has nothing left to go by, chance decides: 24 images leave it a wide band.
        assert finding.auc == pytest.approx(expected, abs=0.3 if expected == 0.5 else 0.02)
        assert finding.ci[0] <= finding.auc <= finding.ci[1]
        assert finding.n >= 24
        assert finding.note


@pytest.mark.parametrize(
    "test", [shortcuts.region_filled, shortcuts.region_only, shortcuts.exterior_opposite, shortcuts.exterior_label]
)
def test_regions_are_needed(test):
    with pytest.raises(NotApplicableError, match="true region"):
        test(reads_region, cases(masks=False))


def test_a_swap_needs_two_of_each_class():
    few = cases(3)
    with pytest.raises(NotApplicableError, match="two images of each class"):
        shortcuts.exterior_label(reads_region, few)
