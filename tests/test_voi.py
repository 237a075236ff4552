"""From modality values to grey, by the formulas of PS3.3 C.11.2."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimg_core.errors import IncompatibleInputError
from medimg_core.voi import VOI_FUNCTIONS, Lut, Window, apply_lut, apply_window, auto_window, grey8

centres = st.floats(-2000, 2000)
widths = st.floats(1.001, 4000)


def by_the_standard(x: float, c: float, w: float, function: str) -> float:
    """The pseudo-code of PS3.3 C.11.2.1.2.1, C.11.2.1.3.1 and C.11.2.1.3.2, from 0 to 1."""
    if function == "SIGMOID":
        return 1 / (1 + np.exp(min(-4 * (x - c) / w, 700.0)))
    if function == "LINEAR_EXACT":
        if x <= c - w / 2:
            return 0.0
        return 1.0 if x > c + w / 2 else (x - c) / w + 0.5
    if x <= c - 0.5 - (w - 1) / 2:
        return 0.0
    return 1.0 if x > c - 0.5 + (w - 1) / 2 else (x - (c - 0.5)) / (w - 1) + 0.5


@pytest.mark.parametrize("function", VOI_FUNCTIONS)
@settings(deadline=None)
@given(centre=centres, width=widths, value=st.floats(-5000, 5000))
def test_functions_follow_the_standard(function, centre, width, value):
    got = float(apply_window([value], Window(centre, width, function))[0])
    slope = 4 / width if function == "SIGMOID" else 1 / max(width - (function == "LINEAR"), 1e-9)
    rounding = 1e-3 + slope * 2e-3  # values are float32
    assert got == pytest.approx(by_the_standard(value, centre, width, function), abs=rounding)
    assert 0 <= got <= 1


@pytest.mark.parametrize(
    ("window", "values", "grey"),
    [
        (Window(40, 400), [-160, 39.5, 239], [0, 0.5, 1]),
        (Window(40, 400, "LINEAR_EXACT"), [-160, 40, 240], [0, 0.5, 1]),
        (Window(2048, 4096), [0, 4095], [0, 1]),  # the standard's own example
        (Window(100, 1), [99, 99.5, 99.6, 100], [0, 0, 1, 1]),
        (Window(0, 10, "SIGMOID"), [0, 1e9, -1e9], [0.5, 1, 0]),
        (Window(40, 400), [np.nan], [np.nan]),
        (Window(100, 1), [np.nan], [np.nan]),
    ],
)
def test_known_points(window, values, grey):
    got = apply_window(np.asarray(values), window)
    assert got.dtype == np.float32
    assert got == pytest.approx(np.asarray(grey), abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("function", VOI_FUNCTIONS)
@settings(deadline=None)
@given(centre=centres, width=widths)
def test_brighter_values_are_never_darker(function, centre, width):
    grey = apply_window(np.linspace(-6000, 6000, 400), Window(centre, width, function))
    assert (np.diff(grey) >= 0).all()


def test_integers_and_shape():
    values = np.arange(-6, 6, dtype=np.int16).reshape(2, 3, 2)
    grey = apply_window(values, Window(0, 12, "LINEAR_EXACT"))
    assert grey.shape == values.shape
    assert grey[1, 0, 0] == 0.5


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((0, 0), "LINEAR window width must be at least 1, got 0"),
        ((0, 0.5), "LINEAR window width must be at least 1, got 0.5"),
        ((0, 0, "LINEAR_EXACT"), "LINEAR_EXACT window width must be above zero, got 0"),
        ((0, -5, "SIGMOID"), "SIGMOID window width must be above zero, got -5"),
        ((float("nan"), 5), "must be finite"),
        ((0, float("inf")), "must be finite"),
        ((0, 5, "CURIOUS"), "VOILUTFunction must be one of LINEAR, LINEAR_EXACT, SIGMOID"),
    ],
)
def test_wrong_windows(arguments, reason):
    with pytest.raises(IncompatibleInputError, match=reason):
        Window(*arguments)


@pytest.mark.parametrize(
    ("values", "grey"), [([10, 11, 12], [0, 0.25, 1]), ([-99, 999], [0, 1]), ([10.4, 10.6], [0, 0.25])]
)
def test_lut_holds_at_its_ends(values, grey):
    lut = Lut(10, np.array([0, 0.25, 1], np.float32))
    assert apply_lut(values, lut).tolist() == grey


@pytest.mark.parametrize(
    ("values", "padding", "centre", "width"),
    [
        (np.arange(101), None, 50, 98),
        (np.concatenate([np.arange(101), np.full(500, -2000)]), -2000, 50, 98),
        (np.array([*range(101), np.nan, np.inf]), None, 50, 98),
        (np.full(10, 7), None, 7, 1),
        (np.array([]), None, 0.5, 1),
        (np.full(4, -2000), -2000, 0.5, 1),
    ],
)
def test_auto_window(values, padding, centre, width):
    window = auto_window(values, padding=padding)
    assert (window.centre, window.width) == pytest.approx((centre, width))
    assert window.function == "LINEAR_EXACT"


def test_auto_window_of_a_large_image_samples_all_of_it():
    values = np.linspace(0, 1000, 2_000_000).reshape(1000, 2000)
    window = auto_window(values)
    assert (window.centre, window.width) == pytest.approx((500, 980), rel=0.01)


def byte_by_byte(x: float, voi: Window | Lut, invert: bool) -> int:
    """The bytes of one value, as the documentation of grey8 says it, with Python's numbers."""
    if math.isnan(x):
        return 0
    if isinstance(voi, Lut):
        place = min(max(math.floor(x + 0.5) - voi.first, 0), len(voi.entries) - 1)
        grey = float(voi.entries[place])
    elif voi.function == "SIGMOID":
        exponent = -4 * (x - voi.centre) / voi.width
        grey = 1 / (1 + np.exp(exponent)) if exponent < 700 else 0.0
    else:
        c, w = voi.centre, voi.width
        if voi.function == "LINEAR":
            c, w = c - 0.5, w - 1
        grey = float(x > c) if w == 0 else min(max((x - (c - w / 2)) / w, 0.0), 1.0)
    return min(max(math.floor((1 - grey if invert else grey) * 255 + 0.5), 0), 255)


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("function", VOI_FUNCTIONS)
@given(centre=centres, width=widths | st.just(1.0), values=st.lists(st.floats(-5000, 5000) | st.just(math.nan)))
def test_bytes_are_those_of_the_documented_order(function, invert, centre, width, values):
    window = Window(centre, width, function)
    got = grey8(values, window, invert=invert)
    assert got.dtype == np.uint8
    assert got.tolist() == [byte_by_byte(x, window, invert) for x in values]


@pytest.mark.parametrize("invert", [False, True])
@given(values=st.lists(st.floats(-1000, 1000) | st.integers(-50, 300) | st.just(math.nan)), first=st.integers(-20, 20))
def test_bytes_of_a_table(invert, values, first):
    lut = Lut(first, np.linspace(0, 1, 200, dtype=np.float32) ** 2)
    assert grey8(values, lut, invert=invert).tolist() == [byte_by_byte(x, lut, invert) for x in values]


@pytest.mark.parametrize("function", VOI_FUNCTIONS)
def test_bytes_agree_with_the_grey_of_the_window(function):
    values = np.arange(-1024, 3072, dtype=np.int16).reshape(64, 64)
    window = Window(40, 400, function)
    got = grey8(values, window)
    assert got.shape == values.shape
    assert np.abs(got - apply_window(values, window) * 255).max() <= 0.5 + 1e-3


@pytest.mark.parametrize(
    ("voi", "values", "shown"),
    [
        (Window(127.5, 255, "LINEAR_EXACT"), np.arange(256, dtype=np.uint8), list(range(256))),
        (Window(100, 1), [99, 99.5, 100], [0, 0, 255]),
        (Window(0, 10, "SIGMOID"), [-1e300, 0, 1e300], [0, 128, 255]),
        (Window(40, 400), [math.inf, -math.inf], [255, 0]),
        (Window(40, 400), 40, 128),
        (Lut(10, np.array([0, 0.25, 1], np.float32)), [9, 10, 10.5, 11, 12, 1e18], [0, 0, 64, 64, 255, 255]),
    ],
)
def test_known_bytes(voi, values, shown):
    assert grey8(values, voi).tolist() == shown
