"""Layouts, series side by side, and browsers with less than usual."""

import numpy as np
import pytest
from playwright.sync_api import Playwright

from tests.browser.conftest import FLAGS, PATIENCE, chromium_path
from tests.browser.screen import SIZE
from tests.browser.viewer_stage import Opener, Viewer, expected_grey, volume_of
from tests.stage.cases import made

pytestmark = pytest.mark.browser


def test_layouts_come_and_go_and_are_kept(open_case: Opener) -> None:
    viewer = open_case("nifti_psr")
    assert viewer.js("viewer.layouts().map(({ key }) => key)") == ["one:0", "one:1", "one:2", "three"]
    names = viewer.page.locator(".mv-bar select[aria-label=Layout] option").all_inner_texts()
    assert names == ["One plane", "One plane: Axial", "One plane: Coronal", "Three planes"]
    viewer.layout("three")
    assert viewer.js("viewer.panes.map(({ axis }) => axis)") == [0, 1, 2]
    titles = viewer.js("viewer.panes.map((each) => each.placeLines()[0])")
    assert "reformatted" in titles[1]
    assert {title.split()[0] for title in titles} == {"Image", "Coronal", "Axial"}
    viewer.press("ArrowRight", "h", "+")
    turned = viewer.js("[viewer.panes[1].basis, viewer.panes[1].zoom]")
    viewer.layout("one:1")
    assert viewer.js("[pane.basis, pane.zoom]") == turned
    viewer.told()
    assert viewer.js("[viewer.layoutKey, pane.basis, pane.zoom]") == ["one:1", *turned]
    viewer.page.locator(".st-key-left input").dispatch_event("click")  # to another page of the application
    viewer.page.wait_for_function("viewer.closed")
    viewer.page.locator(".st-key-left input").dispatch_event("click")
    viewer.page.wait_for_function(
        "[...document.querySelectorAll('*')].some((e) => e.shadowRoot?.querySelector('.mv')?.viewer)"
    )
    viewer.find()
    assert viewer.js("[viewer.layoutKey, pane.basis, pane.zoom]") == ["one:1", *turned]


def test_a_projection_has_one_plane(open_case: Opener) -> None:
    viewer = open_case("detector")
    assert viewer.js("viewer.layouts().length") == 1
    assert not viewer.page.locator(".mv-bar select[aria-label=Layout]").is_visible()
    viewer.press(".")
    assert viewer.js("viewer.layoutKey") == "one:0"


def test_series_side_by_side_meet_in_the_patient(open_case: Opener) -> None:
    viewer = open_case("two")
    viewer.page.locator(".mv-strip .mv-beside").first.click()
    viewer.becomes("viewer.panes.length", 2)
    viewer.page.wait_for_function("viewer.other.voxels.missing === 0")
    study = made("two").case.study
    assert study is not None
    one, other = (series.volume for series in study.series)
    assert one is not None
    assert other is not None
    for place, volume in enumerate((one, other)):
        index = viewer.js("viewer.panes[given].position", place)
        expected = expected_grey(volume, volume.array[index], volume.voi[0])
        np.testing.assert_array_equal(viewer.planes(place)[0, ..., 0], expected)
    # files of two studies have two frames of reference: once linked, they move by equal steps, and it says so
    assert viewer.js("[viewer.comparable(), viewer.linked]") == [False, False]
    viewer.button("link").click()
    assert "equal steps" in (viewer.page.locator(".mv-note").text_content() or "")
    before = viewer.js("[viewer.main.index[0], viewer.other.index[0]]")
    viewer.canvas(0).focus()
    viewer.press("ArrowDown", "ArrowDown")
    assert viewer.js("[viewer.main.index[0], viewer.other.index[0]]") == [before[0] + 2, before[1] + 2]
    viewer.page.locator(".mv-strip .mv-beside").first.click()
    viewer.becomes("viewer.panes.length", 1)


def test_one_frame_of_reference_is_followed_in_millimetres(open_case: Opener) -> None:
    viewer = open_case("thick_and_thin")
    viewer.page.locator(".mv-strip .mv-beside").first.click()
    viewer.becomes("viewer.panes.length", 2)
    assert viewer.js("[viewer.comparable(), viewer.linked]") == [True, True]
    assert viewer.js("[viewer.main.shape[0], viewer.other.shape[0]]") == [24, 12]
    for key, expected in (("Home", [0, 0]), ("Shift+ArrowDown", [10, 5]), ("ArrowUp", [9, 5]), ("End", [23, 11])):
        viewer.press(key)
        thin, thick = viewer.js("[viewer.main.index[0], viewer.other.index[0]]")
        assert thin == expected[0]
        assert abs(thick - thin / 2) <= 0.5
    viewer.canvas(1).focus()
    viewer.press("Home")
    assert viewer.js("[viewer.main.index[0], viewer.other.index[0]]") == [0, 0]
    viewer.press("+")
    assert viewer.js("viewer.panes.map(({ zoom }) => zoom)") == [1.25, 1.25]
    viewer.button("link").click()
    viewer.press("End", "+")
    assert viewer.js("[viewer.main.index[0], viewer.other.index[0]]") == [0, 11]
    assert viewer.js("viewer.panes[0].zoom") == 1.25


def test_the_first_slice_is_right_without_3d(driver: Playwright, stage_address: str) -> None:
    flags = [*FLAGS, "--disable-3d-apis"]
    with driver.chromium.launch(executable_path=chromium_path(driver), args=flags) as browser:
        page = browser.new_page(viewport=SIZE)
        page.set_default_timeout(PATIENCE)
        page.goto(f"{stage_address}/?case=coronal")
        viewer, volume = Viewer(page).find(), volume_of("coronal")
        assert page.evaluate("document.createElement('canvas').getContext('webgl')") is None
        shown = viewer.planes(0)[0, ..., 0]
        np.testing.assert_array_equal(shown, expected_grey(volume, volume.array[8], volume.voi[0]))
        assert viewer.screen().max() > 200
