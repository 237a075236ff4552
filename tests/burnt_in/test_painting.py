import numpy as np
import pytest

from medimg_core.burnt_in import find_marks, paint_out
from medimg_core.errors import IncompatibleInputError
from tests.burnt_in.speckle import callipers, drawn, speckle

SHAPE = (256, 240)
INK = callipers((140, 40), (160, 125), dotted=True, shape=SHAPE)


@pytest.mark.parametrize("seed", range(3))
def test_what_was_drawn_is_gone_and_speckle_goes_on(seed: int) -> None:
    clean = speckle(seed)
    marked = drawn(clean, INK)
    mask = find_marks(marked)
    painted = paint_out(marked, mask, np.random.default_rng(seed))
    assert np.array_equal(painted[~mask], marked[~mask])
    assert not find_marks(painted).any()
    assert np.abs(painted - clean)[mask].mean() < 0.25 * np.abs(marked - clean)[mask].mean() + 0.05
    # Neither brighter nor smoother than what surrounds it.
    lesion = mask.copy()
    lesion[:, :60], lesion[:, 100:] = False, False
    assert painted[lesion].mean() == pytest.approx(clean[lesion].mean(), abs=0.03)
    assert 0.4 < painted[lesion].std() / clean[lesion].std() < 1.6


def test_the_same_generator_paints_the_same() -> None:
    marked, mask = drawn(speckle(), INK), INK > 0
    first, second = (paint_out(marked, mask, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, second)
    assert np.array_equal(paint_out(marked, mask), paint_out(marked, mask))


@pytest.mark.parametrize("mask", [np.zeros(SHAPE, bool), np.ones(SHAPE, bool)], ids=["nothing", "everything"])
def test_without_surroundings_or_marks_nothing_changes(mask: np.ndarray) -> None:
    image = speckle()
    assert np.array_equal(paint_out(image, mask), image)


def test_the_image_given_is_left_alone_and_bytes_become_shares_of_one() -> None:
    image = (drawn(speckle(), INK) * 255).astype(np.uint8)
    before = image.copy()
    painted = paint_out(image, INK > 0)
    assert np.array_equal(image, before)
    assert painted.dtype == np.float32
    assert 0 <= painted.min() <= painted.max() <= 1


def test_each_channel_of_a_colour_image_is_painted_over() -> None:
    image = np.tile(np.array([0.8, 0.4, 0.2], np.float32), (60, 70, 1))
    mask = np.zeros((60, 70), bool)
    mask[10:14, 20:50] = True
    image[mask] = (0, 1, 0)
    assert paint_out(image, mask)[12, 30].tolist() == pytest.approx([0.8, 0.4, 0.2], abs=0.01)


def test_another_shape_is_refused() -> None:
    with pytest.raises(IncompatibleInputError, match="image's shape"):
        paint_out(speckle(), np.zeros((256, 256), bool))
