"""Sets of training images."""

import dataclasses

import numpy as np
import pytest

from medimg_core.training.samples import Origin, Pictures, gathered, in_bits, joined
from tests.training.lesions import SIDE, samples


def test_take_and_joined_keep_what_belongs_together():
    whole = samples()
    part = whole.take(np.array([5, 0]))
    assert part.cases == ("c5", "c0")
    assert part.classes.tolist() == [2, 0]
    assert np.array_equal(part.masks[0], whole.masks[5])
    both = joined([part, samples(drawn=False)])
    assert len(both) == 11
    assert both.drawn().tolist() == [True] * 2 + [False] * 9
    assert both.groups[:3] == ("c5", "c0", "c0")


def test_samples_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        samples().groups = ()


def test_origins_go_with_their_images():
    whole = dataclasses.replace(samples(4), origins=tuple(Origin(name) for name in ("b", "a", "b", "")))
    assert whole.take(np.array([3, 1])).origins == (Origin(""), Origin("a"))
    numbers = joined([whole, samples(2)]).stacks()
    assert numbers[0] == numbers[2]
    assert len(set(numbers.tolist())) == 5
    assert set(numbers.tolist()) == set(range(5))


@pytest.mark.parametrize(
    ("bits", "dtype", "step"), [(8, np.uint8, 0.5 / 255), (16, np.float16, 2**-12), (32, "f4", 1e-7)]
)
def test_bits_say_how_fine_values_are_kept(bits, dtype, step):
    exact = np.linspace(0, 1, 5001, dtype=np.float32)
    kept = in_bits(exact, bits)
    assert kept.dtype == dtype
    back = kept.astype(np.float32) / (255 if bits == 8 else 1)
    assert np.abs(back - exact).max() <= step * 1.001
    whole = np.arange(256, dtype=np.uint8)
    assert np.abs(in_bits(whole, bits).astype(np.float32) - (whole if bits == 8 else whole / 255)).max() <= step


def test_images_of_either_kind_come_as_shares():
    whole = samples(3)
    halves = dataclasses.replace(whole, images=in_bits(whole.images, 16))
    for index in range(3):
        assert halves.image(index).dtype == np.float32
        assert halves.image(index) == pytest.approx(whole.image(index), abs=2**-12)


def test_blocks_are_gathered_in_order_and_the_list_is_emptied():
    blocks = [np.full((n, 2), n, np.uint8) for n in (1, 0, 3)]
    assert gathered(blocks).tolist() == [[1, 1], [3, 3], [3, 3], [3, 3]]
    assert blocks == []


@pytest.mark.parametrize(("most", "places"), [(0, range(9)), (9, range(9)), (20, range(9)), (3, (0, 4, 8)), (1, (0,))])
def test_pictures_are_spread_over_the_set(most, places):
    whole = samples(9)
    found = Pictures(whole, most)
    assert len(found) == len(list(found)) == len(places)
    for image, place in zip(found, places, strict=True):
        assert np.array_equal(image, whole.image(place))
        assert image.shape == (SIDE, SIDE)
    assert len(found[::2]) == len(range(0, len(places), 2))
    assert np.array_equal(found[-1], whole.image(places[-1]))
    with pytest.raises(IndexError):
        found[len(places)]
