"""From modality values to grey, by the formulas of PS3.3 C.11.2."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimg_core.errors import IncompatibleInputError
from medimg_core.voi import PRESETS, VOI_FUNCTIONS, Lut, Window, apply_lut, apply_window, auto_window

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


def test_presets_are_cited_and_unique():
    assert len({(preset.key, preset.modality) for preset in PRESETS}) == len(PRESETS)
    assert all(preset.source and preset.window.name for preset in PRESETS)
