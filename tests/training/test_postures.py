"""Upright images in other postures, in grey and in colour."""

import dataclasses

import numpy as np
import pytest

from medimg_core.gate.posture import POSTURES
from medimg_core.gate.thumbnail import thumbnail
from medimg_core.registry import InputSpec
from medimg_core.training.postures import CROP, crop, posed_thumbnails, postures, vary
from medimg_core.training.samples import prepared, shown

SIZE = (40, 40)


def picture(colours=0):
    """An L on a ramp: no posture leaves it as it is."""
    image = np.linspace(0.1, 0.4, SIZE[1], dtype=np.float32) * np.ones(SIZE, np.float32)
    image[6:30, 8:14] = image[24:30, 8:30] = 0.9
    return image if not colours else np.stack([image, 0.5 * image, 1 - image], axis=-1)


@pytest.mark.parametrize("colours", [0, 3])
def test_every_posture_is_made_of_either(colours):
    image = picture(colours)
    made = postures(image, np.random.default_rng(0))
    assert list(made) == list(POSTURES)
    assert np.array_equal(made["upright"], image)
    assert np.array_equal(made["flipped"][::-1], image)
    assert made["inverted"] == pytest.approx(1 - image)
    assert all(one.ndim == image.ndim and one.dtype == np.float32 for one in made.values())
    assert made["cropped"].shape[2:] == image.shape[2:]
    assert max(made["cropped"].shape[:2]) <= round(CROP[1] * SIZE[0])


@pytest.mark.parametrize("colours", [0, 3])
@pytest.mark.parametrize(
    ("steps", "unit", "window"),
    [(("to_grey01", "squash", "standardise"), "any", None), (("window", "squash"), "HU", (40.0, 300.0))],
)
def test_thumbnails_are_those_of_the_networks_input(colours, steps, unit, window):
    """Values go through the card's window: a share of 0.5 is a value in its middle and not half a unit."""
    spec = InputSpec((32, 32), colours or 1, steps, unit, window)
    image = picture(colours)
    found = posed_thumbnails(image, spec, np.random.default_rng(4))
    posed = postures(image, np.random.default_rng(4)).values()
    slow = np.stack([thumbnail(prepared(one, spec)[0, :, :, 0]) for one in posed])
    assert found == pytest.approx(slow, abs=0.02)
    assert np.abs(found[0]).max() > 1


@pytest.mark.parametrize("colours", [0, 3])
def test_mild_changes_keep_shape_and_range(colours):
    image = picture(colours)
    for seed in range(5):
        changed = vary(image, np.random.default_rng(seed))
        assert changed.shape == image.shape
        assert 0 <= float(changed.min()) <= float(changed.max()) <= 1
        assert 0 < float(np.abs(changed - image).mean()) < 0.3


def test_a_crop_is_a_part_of_a_colour_image():
    image = np.arange(100 * 60 * 3, dtype=np.float32).reshape(100, 60, 3)
    part = crop(image, np.random.default_rng(1), (0.5, 0.5))
    assert part.shape == (50, 30, 3)
    row, column = divmod(int(part[0, 0, 0]) // 3, 60)
    assert np.array_equal(part, image[row : row + 50, column : column + 30])


def test_thumbnails_of_a_volume_are_those_of_its_middle_slice():
    """Slices last: turning, mirroring and cropping leave them in their order."""
    spec = InputSpec((32, 32), 1, ("to_grey01", "squash", "standardise"), "any", depth=4)
    volume = np.stack([picture() * level for level in (0.2, 0.4, 1.0, 0.3)], axis=-1)
    found = posed_thumbnails(volume, spec, np.random.default_rng(4))
    posed = postures(volume, np.random.default_rng(4)).values()
    slow = np.stack([thumbnail(shown(prepared(one, spec))[0]) for one in posed])
    assert found == pytest.approx(slow, abs=0.02)
    assert shown(prepared(volume, spec)).shape == (1, 32, 32)
    flat = dataclasses.replace(spec, depth=0)
    assert np.corrcoef(found[0], thumbnail(shown(prepared(volume[..., 2], flat))[0]))[0, 1] > 0.95
