import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from medimg_core.burnt_in import find_marks
from medimg_core.burnt_in.finding import grey01
from medimg_core.errors import IncompatibleInputError
from tests.burnt_in.speckle import callipers, cross, drawn, speckle

SHAPE = (256, 240)


def _written(words: str, row: int, column: int, size: int = 10) -> np.ndarray:
    sheet = Image.new("L", (SHAPE[1] * 3, SHAPE[0] * 3))
    ImageDraw.Draw(sheet).text((3 * column, 3 * row), words, fill=255, font=ImageFont.load_default(3 * size))
    return np.asarray(sheet.reduce(3), np.float32) / 255


def _ruler() -> np.ndarray:
    ink = np.zeros(SHAPE, np.float32)
    ink[10:250:16, 234:238] = 1
    return ink


def _four() -> np.ndarray:
    return np.maximum(
        callipers((60, 40), (75, 140), dotted=True, shape=SHAPE),
        callipers((40, 95), (105, 84), dotted=True, shape=SHAPE),
    )


@pytest.mark.parametrize(
    ("ink", "share"),
    [
        pytest.param(callipers((120, 60), (180, 95), dotted=False, shape=SHAPE), 0.95, id="two callipers"),
        pytest.param(callipers((120, 60), (180, 130), dotted=True, shape=SHAPE), 0.95, id="with a slanting line"),
        pytest.param(_four(), 0.9, id="two pairs"),
        pytest.param(_written("RT AXILLA", 200, 40), 0.8, id="a word"),
        pytest.param(_written("LEFT BREAST", 30, 100), 0.8, id="a long word"),
        pytest.param(_ruler(), 0.9, id="ticks at the side"),
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_marks_are_found_where_they_are(ink: np.ndarray, share: float, seed: int) -> None:
    found = find_marks(drawn(speckle(seed), ink))
    there = ink > 0.5
    assert found[there].mean() >= share
    assert found.mean() < 8 * there.mean() + 0.01
    rows, columns = np.argwhere(there).T
    near = np.zeros(SHAPE, bool)
    near[max(0, rows.min() - 14) : rows.max() + 15, max(0, columns.min() - 14) : columns.max() + 15] = True
    assert found[near].sum() >= 0.95 * found.sum()


@pytest.mark.parametrize("seed", range(4))
def test_speckle_without_marks_has_none(seed: int) -> None:
    assert not find_marks(speckle(seed)).any()


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_flat_images_have_none(level: float) -> None:
    assert not find_marks(np.full((64, 50), level, np.float32)).any()


def test_a_weak_cross_counts_only_with_a_line_to_a_sure_one() -> None:
    def image(*, dotted: bool) -> np.ndarray:
        ink = callipers((60, 60), (60, 160), dotted=dotted, shape=SHAPE)
        weak = np.zeros(SHAPE, np.float32)
        cross(weak, 60, 160)
        ink[weak > 0] *= 0.06
        return drawn(np.full(SHAPE, 0.3, np.float32), ink)

    assert find_marks(image(dotted=True))[60, 160]
    assert find_marks(image(dotted=True))[60, 110]
    assert not find_marks(image(dotted=False))[60, 160]
    assert find_marks(image(dotted=False))[60, 60]


def test_a_sign_with_a_dark_outline_is_found_in_a_corner_and_nowhere_else() -> None:
    def image(row: int, column: int) -> np.ndarray:
        found = np.full(SHAPE, 0.5, np.float32)
        found[row : row + 9, column : column + 9] = 0.1
        found[row + 1 : row + 8, column + 1 : column + 8] = 0.55
        found[row + 3 : row + 6, column + 3 : column + 6] = 0.1
        return found

    corner = find_marks(image(2, 3))
    assert corner[3:10, 4:11].all()
    assert not corner[20:].any()
    assert not corner[:, 20:].any()
    assert find_marks(image(2, 225))[3:10, 226:232].all()
    assert not find_marks(image(120, 100)).any()


def test_larger_images_are_looked_at_smaller_and_the_mask_has_their_shape() -> None:
    ink = callipers((120, 60), (180, 95), dotted=True, shape=SHAPE)
    image = drawn(speckle(3), ink)
    large = np.asarray(Image.fromarray(image).resize((600, 640), Image.Resampling.BICUBIC))
    found = find_marks(np.clip(large, 0, 1))
    assert found.shape == (640, 600)
    assert found[300, 150]
    assert not found[:200].any()


def test_bytes_and_shares_of_one_give_the_same() -> None:
    image = (
        (drawn(speckle(1), callipers((120, 60), (180, 95), dotted=True, shape=SHAPE)) * 255).round().astype(np.uint8)
    )
    assert np.array_equal(find_marks(image), find_marks(image.astype(np.float32) / 255))


def test_green_is_found_in_colour_images_and_mucosa_is_not() -> None:
    rng = np.random.default_rng(0)
    image = (np.array([0.7, 0.4, 0.3]) + rng.normal(0, 0.02, (80, 100, 3))).clip(0, 1)
    assert not find_marks(image).any()
    image[20:24, 30:60] = (0.1, 0.9, 0.2)
    found = find_marks(image)
    assert found.shape == (80, 100)
    assert found[20:24, 30:60].all()
    assert not found[40:].any()


@pytest.mark.parametrize(
    ("image", "rule"),
    [
        (np.zeros((4, 4, 2), np.float32), "one or three channels"),
        (np.zeros(4, np.float32), "one or three channels"),
        (np.zeros((4, 4), np.int16), "unsigned 8-bit or floating"),
    ],
)
def test_what_is_no_image_is_refused(image: np.ndarray, rule: str) -> None:
    with pytest.raises(IncompatibleInputError, match=rule):
        find_marks(image)


def test_colour_becomes_luma() -> None:
    image = np.zeros((1, 3, 3), np.uint8)
    image[0, [0, 1, 2], [0, 1, 2]] = 255
    assert grey01(image)[0].round(3).tolist() == pytest.approx([0.299, 0.587, 0.114])
