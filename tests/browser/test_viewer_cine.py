"""Playing: frames of a heart, slices of a stack."""

from itertools import pairwise

import numpy as np
import pytest

from tests.browser.viewer_stage import Opener, expected_grey, volume_of

pytestmark = pytest.mark.browser


def test_a_beating_heart_plays_and_stops(open_case: Opener) -> None:
    viewer, volume = open_case("cine"), volume_of("cine")
    assert (volume.frames, volume.shape) == (20, (8, 192, 192))
    assert "Frame 1/20" in viewer.js("pane.placeLines().join()")
    speed = viewer.page.locator(".mv-row input[type=number]")
    speed.fill("30")
    speed.press("Enter")
    viewer.canvas().focus()
    viewer.page.evaluate(
        """() => {
          viewer.played = [];
          const render = viewer.pane.render.bind(viewer.pane);
          viewer.pane.render = (...given) => { viewer.played.push(viewer.main.frame); return render(...given); };
        }"""
    )
    viewer.page.keyboard.press("c")
    viewer.page.wait_for_function("new Set(viewer.played).size === 20 && viewer.played.length > 25")
    play = viewer.page.get_by_role("button", name="Pause")
    assert play.get_attribute("aria-pressed") == "true"
    viewer.press("c")
    played = viewer.js("viewer.played")
    steps = {(after - before) % 20 for before, after in pairwise(played)}
    assert steps <= {0, 1}  # every phase in its turn, none left out
    stopped = viewer.js("picture.frame")
    viewer.page.wait_for_timeout(200)
    assert viewer.js("picture.frame") == stopped
    assert f"Frame {stopped + 1}/20" in viewer.js("pane.placeLines().join()")
    shown = viewer.planes(0)[0, ..., 0]
    np.testing.assert_array_equal(shown, expected_grey(volume, volume.plane(4, stopped), volume.voi[0]))
    slider = viewer.page.locator("input[data-slices=frames]")
    assert slider.input_value() == str(stopped)
    slider.fill("13")
    viewer.frame()
    assert viewer.js("picture.frame") == 13
    shown = viewer.planes(0)[0, ..., 0]
    np.testing.assert_array_equal(shown, expected_grey(volume, volume.plane(4, 13), volume.voi[0]))
    told = viewer.told()
    assert (told["frame"], told["slice"]) == (13, 4)


def test_a_stack_plays_through_its_slices(open_case: Opener) -> None:
    viewer = open_case("solid")
    viewer.press("c")
    viewer.page.wait_for_function("viewer.main.index[0] >= 9")
    viewer.press("Escape")
    stopped = viewer.js("picture.index[0]")
    viewer.page.wait_for_timeout(250)
    assert viewer.js("[viewer.cine.playing, picture.index[0]]") == [False, stopped]
    assert viewer.told()["slice"] == stopped


def test_one_image_does_not_play(open_case: Opener) -> None:
    viewer = open_case("plain")
    viewer.press("c")
    assert viewer.js("viewer.cine.playing") is False
