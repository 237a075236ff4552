"""Every mouse action and touch gesture."""

import json
import math

import numpy as np
import pytest

from medimg_core.voi import Window
from tests.browser.viewer_stage import Opener, Viewer, expected_grey, volume_of

pytestmark = pytest.mark.browser


def under(viewer: Viewer, at: tuple[float, float]) -> list[float]:
    """Voxel index under a point of the page."""
    return list(viewer.js("pane.indexAt({ clientX: given[0], clientY: given[1] })", list(at)))


def test_the_left_button_windows(open_case: Opener) -> None:
    viewer, volume = open_case("axial"), volume_of("axial")
    x, y = viewer.middle()
    viewer.drag((x, y), (x + 90, y - 30))
    gain = 3200 / 300  # a window's width over 300 pixels
    window = viewer.js("picture.window")
    assert (window["width"], window["centre"]) == pytest.approx((3200 + 90 * gain, 1500 - 30 * gain))
    made = Window(window["centre"], window["width"], window["function"])
    expected = expected_grey(volume, volume.array[12], made)
    np.testing.assert_array_equal(viewer.planes(0)[0, ..., 0], expected)
    told = json.loads(viewer.told()["view"])["window"]
    assert (told["width"], told["centre"]) == (window["width"], window["centre"])


def test_the_wheel_scrolls_and_a_trackpad_adds_up(open_case: Opener) -> None:
    viewer = open_case("axial")
    mouse = viewer.page.mouse
    mouse.move(*viewer.middle())
    steps = [(120, 13), (120, 14), (-120, 13), (360, 16)]
    steps += [(10, 16), (10, 16), (10, 16), (10, 17), (-10, 17), (-30, 16), (-4000, 0), (9000, 23)]
    for delta, expected in steps:
        mouse.wheel(0, delta)
        viewer.page.wait_for_timeout(20)
        viewer.frame()
        viewer.becomes("picture.index[0]", expected, str(delta))
    assert viewer.told()["slice"] == 23


def test_zoom_keeps_what_lies_under_the_pointer(open_case: Opener) -> None:
    viewer = open_case("axial")
    x, y = viewer.middle()
    at = (x + 70, y - 40)
    there = under(viewer, at)
    viewer.drag(at, (at[0] + 15, at[1] - 60), button="right")
    assert viewer.js("pane.zoom") == pytest.approx(math.exp(60 / 150))
    assert under(viewer, at) == pytest.approx(there, abs=0.02)
    viewer.page.keyboard.down("Control")
    viewer.page.mouse.move(*at)
    viewer.page.mouse.wheel(0, -90)
    viewer.page.keyboard.up("Control")
    viewer.page.wait_for_function("viewer.pane.zoom > 1.6")
    assert viewer.js("pane.zoom") == pytest.approx(math.exp(60 / 150) * math.exp(90 / 300))
    assert under(viewer, at) == pytest.approx(there, abs=0.02)
    assert viewer.js("picture.index[0]") == 12
    assert viewer.js("window.visualViewport.scale") == 1  # the page itself did not zoom


@pytest.mark.parametrize("way", ["middle", "shift"])
def test_pan(open_case: Opener, way: str) -> None:
    viewer = open_case("axial")
    x, y = viewer.middle()
    there = under(viewer, (x + 10, y + 10))
    if way == "shift":
        viewer.page.keyboard.down("Shift")
    viewer.drag((x + 10, y + 10), (x + 55, y - 20), button="middle" if way == "middle" else "left")
    viewer.page.keyboard.up("Shift")
    assert viewer.js("pane.pan") == pytest.approx([45, -30])
    assert under(viewer, (x + 55, y - 20)) == pytest.approx(there, abs=0.02)
    assert viewer.js("picture.window.width") == 3200


def test_a_double_click_takes_everything_back(open_case: Opener) -> None:
    viewer = open_case("axial")
    x, y = viewer.middle()
    before = viewer.planes(0)
    viewer.press("i", "r", "h", "+")
    viewer.drag((x, y), (x + 50, y + 50))
    assert (viewer.planes(0).shape != before.shape) or (viewer.planes(0) != before).any()
    viewer.page.mouse.dblclick(x, y)
    viewer.frame()
    assert viewer.js("[pane.zoom, pane.pan, picture.inverted, picture.window.key]") == [1, [0, 0], False, "file:0"]
    np.testing.assert_array_equal(viewer.planes(0), before)


def test_a_click_moves_the_crosshair_in_three_planes(open_case: Opener) -> None:
    viewer, volume = open_case("nifti_psr"), volume_of("nifti_psr")
    viewer.layout("three")
    for place, target in ((0, (None, 9, 20)), (1, (25, None, 7)), (2, (4, 17, None))):
        before = viewer.js("picture.index")
        index = [before[axis] if value is None else value for axis, value in enumerate(target)]
        at = viewer.point((index[0], index[1], index[2]), place)
        viewer.page.mouse.click(*at)
        viewer.frame()
        assert viewer.js("picture.index") == index
        assert viewer.js("viewer.active") == place
        value = viewer.page.locator(".mv-value").nth(place).text_content() or ""
        stored = int(volume.array[index[0], index[1], index[2]])
        assert value.splitlines()[-1].split()[0] == str(stored)
    viewer.press("x")  # with the crosshair tool a drag takes it along
    viewer.drag(viewer.point((4, 17, 5), 2), viewer.point((30, 22, 5), 2))
    assert viewer.js("picture.index") == [30, 22, 7]


def test_two_fingers(open_case: Opener) -> None:
    viewer = open_case("axial")
    session = viewer.page.context.new_cdp_session(viewer.page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    x, y = viewer.middle()

    def touch(kind: str, *points: tuple[float, float]) -> None:
        listed = [{"x": px, "y": py, "id": number} for number, (px, py) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": listed})

    touch("touchStart", (x - 50, y))
    touch("touchStart", (x - 50, y), (x + 50, y))
    for apart in (60, 75, 90, 100):
        touch("touchMove", (x - apart, y), (x + apart, y))
    touch("touchEnd")
    viewer.frame()
    assert 1.3 < viewer.js("pane.zoom") <= 2.01  # some of the way decides between pinch and scroll
    assert viewer.js("[picture.index[0], picture.window.width]") == [12, 3200]
    zoom = viewer.js("pane.zoom")
    touch("touchStart", (x - 40, y))
    touch("touchStart", (x - 40, y), (x + 40, y))
    for down in (10, 20, 30, 40, 50, 60):
        touch("touchMove", (x - 40, y + down), (x + 40, y + down))
    touch("touchEnd")
    viewer.frame()
    assert viewer.js("picture.index[0]") == 15
    assert viewer.js("pane.zoom") == zoom
    touch("touchStart", (x, y))  # one finger windows
    for right in (20, 40, 60):
        touch("touchMove", (x + right, y))
    touch("touchEnd")
    viewer.frame()
    assert viewer.js("picture.window.width") == pytest.approx(3200 + 60 * 3200 / 300)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    session.detach()
