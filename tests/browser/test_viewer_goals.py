"""A page sends the reader to a place: the viewer goes there once, and the reader goes on from there."""

import pytest

from tests.browser.viewer_stage import Opener, Viewer

pytestmark = pytest.mark.browser

INDEX = "viewer.main.index"


def send(viewer: Viewer) -> None:
    """Press the page's own button, once the viewer has nothing left to tell; the script has run when this returns."""
    viewer.told()
    runs = viewer._told()["runs"]
    viewer.page.locator(".st-key-go button").dispatch_event("click")
    text = "document.querySelector('[data-testid=stSidebar] [data-testid=stText]').textContent"
    viewer.page.wait_for_function(f"(runs) => JSON.parse({text}).runs > runs", arg=runs)


def test_the_viewer_goes_where_the_page_sends_it_once(open_case: Opener) -> None:
    viewer = open_case("correctable")
    viewer.js("viewer.goTo(pane, 6)")
    column = viewer.js(INDEX)[2]
    send(viewer)
    viewer.becomes(INDEX, [2, 5, column])  # an axis without a number stays
    assert viewer.told()["slice"] == 2
    viewer.press("ArrowDown", "ArrowDown")
    assert viewer.told()["slice"] == 4
    viewer.rerun()  # the same wish again is none
    assert viewer.js(INDEX) == [4, 5, column]
    send(viewer)
    viewer.becomes(INDEX, [2, 5, column])


def test_a_plane_that_does_not_show_the_slice_gives_way(open_case: Opener) -> None:
    viewer = open_case("correctable")
    viewer.layout("one:1")
    send(viewer)
    viewer.becomes("viewer.layoutKey", "one:0")
    viewer.becomes(f"{INDEX}[0]", 2)
    viewer.layout("three")
    viewer.js("viewer.goTo(viewer.panes[0], 7)")
    send(viewer)
    viewer.becomes(f"{INDEX}[0]", 2)
    assert viewer.js("viewer.layoutKey") == "three"
