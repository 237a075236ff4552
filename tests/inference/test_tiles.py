"""Windows over an image, and the way back."""

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.inference.tiles import Tiles


@pytest.mark.parametrize(
    ("image", "size", "rows", "columns"),
    [
        ((8, 8), (8, 8), [0], [0]),
        ((5, 3), (8, 8), [0], [0]),
        ((12, 9), (8, 8), [0, 4], [0, 1]),
        ((24, 8), (8, 8), [0, 4, 8, 12, 16], [0]),
        ((21, 8), (8, 8), [0, 3, 6, 10, 13], [0]),
    ],
)
def test_windows_step_by_half_and_end_at_the_edge(image, size, rows, columns):
    assert Tiles(image, size).starts == tuple((row, column) for row in rows for column in columns)


@pytest.mark.parametrize("image", [(40, 56), (41, 130), (97, 60), (7, 200), (13, 9)])
def test_what_is_cut_merges_to_what_it_was(image):
    values = np.random.default_rng(0).random(image, dtype=np.float32)
    tiles = Tiles(image, (40, 56))
    pieces = tiles.cut(values)
    assert pieces.shape == (len(tiles.starts), 40, 56)
    np.testing.assert_allclose(tiles.merge(pieces[..., None])[..., 0], values, atol=1e-5)


def test_a_pixel_is_judged_by_the_window_that_sees_it_in_its_middle():
    tiles = Tiles((8, 24), (8, 16))  # windows from column 0 and from column 8
    found = tiles.merge(np.stack([np.zeros((8, 16, 1)), np.ones((8, 16, 1))]).astype(np.float32))[0, :, 0]
    assert found[:8].tolist() == [0] * 8  # seen by the first alone
    assert found[16:].tolist() == [1] * 8
    shared = found[8:16]  # there the first window's weight falls as the second's grows
    bell = np.exp(-0.5 * ((np.arange(16) - 7.5) / 2) ** 2)
    np.testing.assert_allclose(shared, bell[:8] / (bell[:8] + bell[8:]), rtol=1e-4)
    assert (np.diff(shared) > 0).all()


def test_a_small_image_is_padded_with_its_lowest_value():
    piece = Tiles((3, 4), (5, 6)).cut(np.arange(5, 17, dtype=np.float32).reshape(3, 4))[0]
    assert piece[:3, :4].ravel().tolist() == list(range(5, 17))
    assert set(piece[3:].ravel()) | set(piece[:, 4:].ravel()) == {5.0}


def test_windows_are_of_one_image():
    with pytest.raises(IncompatibleInputError, match=r"these windows are of an image of \(9, 9\), got \(8, 9\)"):
        Tiles((9, 9), (4, 4)).cut(np.zeros((8, 9), np.float32))
    with pytest.raises(IncompatibleInputError, match="need a row and a column"):
        Tiles((0, 9), (4, 4))
