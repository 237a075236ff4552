import numpy as np
import pytest

from medimg_core.burnt_in.strokes import crosses, level, peaks, thin_parts, upright, upright_runs, widened


def _bar(rows: slice, columns: slice) -> np.ndarray:
    image = np.zeros((21, 25), np.float32)
    image[rows, columns] = 0.6
    return image


@pytest.mark.parametrize(
    ("image", "is_upright", "is_level"),
    [
        pytest.param(_bar(slice(4, 14), slice(9, 10)), True, False, id="one pixel wide"),
        pytest.param(_bar(slice(4, 14), slice(9, 11)), True, False, id="two pixels wide"),
        pytest.param(_bar(slice(4, 14), slice(7, 12)), False, False, id="five pixels wide"),
        pytest.param(_bar(slice(9, 10), slice(3, 19)), False, True, id="level"),
        pytest.param(_bar(slice(0, 21), slice(9, 25)), False, False, id="an edge"),
    ],
)
def test_strokes_are_thin_and_have_a_direction(image: np.ndarray, is_upright: bool, is_level: bool) -> None:
    middle = slice(8, 11), slice(8, 13)
    assert (upright(image)[middle].max() > 0.5) == is_upright
    assert (level(image)[middle].max() > 0.5) == is_level


@pytest.mark.parametrize(("length", "centres"), [(1, 6), (2, 5), (3, 4), (4, 3), (6, 1), (7, 0)])
def test_a_run_is_as_long_as_asked(length: int, centres: int) -> None:
    image = _bar(slice(5, 11), slice(12, 13))
    assert int((upright_runs(upright(image), length) > 0.5).sum()) == centres


def test_a_cross_is_found_at_its_centre_only_and_other_shapes_are_none() -> None:
    image = np.zeros((40, 60), np.float32)
    image[7:14, 20], image[10, 17:24] = 0.8, 0.8  # a cross
    image[25:32, 20], image[31, 20:27] = 0.8, 0.8  # an angle
    image[22:36, 45] = 0.8  # a line
    found = crosses(image, upright(image), level(image))
    assert peaks(found, 0.1) == [(10, 20)]


def test_peaks_come_strongest_first_and_apart() -> None:
    values = np.zeros((20, 30), np.float32)
    values[5, 5], values[6, 7], values[15, 20], values[2, 28] = 0.9, 0.8, 0.95, 0.3
    assert peaks(values, 0.2) == [(15, 20), (5, 5), (2, 28)]
    assert peaks(values, 0.2, most=1) == [(15, 20)]
    assert peaks(values, 0.5) == [(15, 20), (5, 5)]


@pytest.mark.parametrize(("wide", "kept"), [(1, True), (4, True), (5, False), (9, False)])
def test_thin_parts_are_thinner_than_five_pixels(wide: int, kept: bool) -> None:
    image = _bar(slice(2, 19), slice(6, 6 + wide))
    assert (thin_parts(image)[10, 6] > 0.5) == kept


def test_a_mask_is_widened_by_rows_and_columns() -> None:
    mask = np.zeros((9, 11), bool)
    mask[4, 6] = True
    wide = widened(mask, 1, 3)
    assert np.argwhere(wide).min(0).tolist() == [3, 3]
    assert np.argwhere(wide).max(0).tolist() == [5, 9]
    assert wide.sum() == 21
