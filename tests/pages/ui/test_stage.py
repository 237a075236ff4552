"""The picture as it hangs."""

import io

import numpy as np
import pytest
from PIL import Image

from pages._ui.stage import Bar, Marks, compose, fitted, png, resized

SIZE = (400, 300)


@pytest.mark.parametrize(
    ("shape", "spacing", "expected"),
    [
        ((100, 100), None, (300, 300)),
        ((100, 200), None, (200, 400)),
        ((100, 100), (3.0, 1.0), (300, 100)),
        ((50, 100), (2.0, 1.0), (300, 300)),
        ((3000, 1000), None, (300, 100)),
    ],
)
def test_the_largest_picture_with_square_millimetres(shape, spacing, expected):
    assert fitted(shape, spacing, SIZE) == expected


def test_resampling_is_half_pixel_centred():
    values = np.zeros((2, 4), np.float32)
    values[:, 2:] = 1
    wide = resized(values, (4, 8))
    assert wide[0].tolist() == [0, 0, 0, 0.25, 0.75, 1, 1, 1]
    assert resized(values, (4, 8), nearest=True)[0].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


def test_the_picture_is_not_flipped():
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[:50, :50] = 200
    seen = np.asarray(compose(picture, (100, 100), Marks()))
    assert np.array_equal(seen, picture)


def test_it_hangs_in_the_middle_on_black():
    seen = np.asarray(compose(np.full((300, 100, 3), 90, np.uint8), SIZE, Marks()))
    assert (seen[:, 150:250] == 90).all()
    assert (seen[:, :150] == 0).all()
    assert (seen[:, 250:] == 0).all()


def _changed(marks):
    picture = np.zeros((300, 400, 3), np.uint8)
    return np.argwhere(np.asarray(compose(picture, SIZE, marks)).max(axis=-1) > 60)


@pytest.mark.parametrize(
    ("number", "rows", "columns"),
    [(0, (120, 180), (0, 40)), (1, (120, 180), (360, 400)), (2, (0, 90), (170, 230)), (3, (220, 300), (170, 230))],
    ids=["left", "right", "top", "bottom"],
)
def test_letters_stand_at_their_edges(number, rows, columns):
    letters = ["", "", "", ""]
    letters[number] = "L"
    places = _changed(Marks(letters=tuple(letters)))
    assert len(places)
    assert (places >= (rows[0], columns[0])).all()
    assert (places < (rows[1], columns[1])).all()


def test_no_tags_no_letters_no_scale():
    assert not len(_changed(Marks()))


@pytest.mark.parametrize(("mm_per_pixel", "length"), [(0.5, 50 / 0.5 * 0 + 20 / 0.5), (1.0, 50.0), (2.0, 50.0)])
def test_the_scale_is_as_long_as_it_says(mm_per_pixel, length):
    places = _changed(Marks(mm_per_pixel=mm_per_pixel))
    line = places[places[:, 0] == 300 - 14 - 6]
    # the white line has a black outline, and a tick of two pixels at each end
    assert np.ptp(line[:, 1]) == pytest.approx(length, abs=2)


def test_a_scale_that_would_mean_nothing_is_not_drawn():
    assert not len(_changed(Marks(mm_per_pixel=0.001)))


def test_marks_are_written():
    plain, full = _changed(Marks()), _changed(Marks(("P-1",), ("date",), ("Image 1/2",), ("Not for",), "SYNTHETIC"))
    assert len(full) > len(plain)


def test_the_colour_bar_keeps_its_colours():
    colours = np.zeros((256, 16, 3), np.uint8)
    colours[:128] = (250, 200, 10)
    bar = Bar(colours, "1", "0.3", 0.3, "Evidence")
    seen = np.asarray(compose(np.zeros((300, 400, 3), np.uint8), SIZE, Marks(bar=bar)))
    assert (seen == (250, 200, 10)).all(axis=-1).sum() > 100


def test_the_colour_bar_leaves_room_for_the_letter():
    bar = Bar(np.full((256, 16, 3), 250, np.uint8), "0.12", "0.04", 0.01, "Evidence")
    rows = _changed(Marks(bar=bar))[:, 0]
    letter = _changed(Marks(letters=("", "L", "", "")))[:, 0]
    assert rows.min() > letter.max()


def test_the_file_is_lossless():
    stage = compose(np.random.default_rng(1).integers(0, 255, (300, 400, 3), dtype=np.uint8), SIZE, Marks())
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png(stage)))), np.asarray(stage))
