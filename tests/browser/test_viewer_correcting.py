"""A mask corrected with the mouse: what the screen shows, what Python holds, and that neither waits for the other."""

import base64
import zlib
from typing import Any

import numpy as np
import pytest

from tests.browser.viewer_stage import Cut, Opener, Viewer, volume_of
from tests.stage.cases import made

pytestmark = pytest.mark.browser

COLOUR = (230, 90, 30)
COUNT = "viewer.correcting.mask.correction.edits.length"


def labels(viewer: Viewer) -> np.ndarray:
    """The corrected mask as the browser has it."""
    raw = base64.b64decode(viewer.js("packed(viewer.correcting.mask.correction.labels)"))
    return np.frombuffer(raw, np.uint8).reshape(volume_of("correctable").shape)


def model() -> np.ndarray:
    return np.asarray(made("correctable").truth["mask"])


def agreed(viewer: Viewer) -> dict[str, Any]:
    """What Python holds once it was told; the same mask as the browser's."""
    viewer.page.evaluate("() => viewer.telling.now()")
    viewer.page.wait_for_function("viewer.correcting.messages().length === 0 && viewer.correcting.mask.correction.sure")
    viewer.rerun()
    (found,) = viewer._told()["corrections"]
    assert found["crc"] == zlib.crc32(labels(viewer).tobytes())
    return dict(found)


def changed(viewer: Viewer) -> set[tuple[int, ...]]:
    """Voxels that are not as the model left them."""
    return {tuple(int(n) for n in at) for at in np.argwhere(labels(viewer) != model())}


def away_and_back(viewer: Viewer, *, forget: bool) -> None:
    """To another page of the application and back; ``forget`` lets go what the tab had of the mask."""
    viewer.told()
    viewer.page.locator(".st-key-left input").dispatch_event("click")
    viewer.page.wait_for_function("viewer.closed")
    if forget:
        viewer.page.evaluate("() => { for (const over of viewer.overlays) over.voxels.correction = undefined; }")
    viewer.page.locator(".st-key-left input").dispatch_event("click")
    there = "[...document.querySelectorAll('*')].some((e) => e.shadowRoot?.querySelector('.mv')?.viewer)"
    viewer.page.wait_for_function(there)
    viewer.find()


def test_a_stroke_is_seen_at_once_told_in_a_moment_and_taken_back(open_case: Opener) -> None:
    viewer = open_case("correctable")
    fetched: list[str] = []
    viewer.page.on("request", lambda request: fetched.append(request.url) if "/voxels/" in request.url else None)
    viewer.js("viewer.goTo(pane, 7)")
    viewer.press("Shift+B")
    before = viewer.screen()
    viewer.drag(viewer.point((7, 2, 2)), viewer.point((7, 2, 6)), keep=True)
    stroke = {(7, 2, column) for column in range(2, 7)}
    assert changed(viewer) == stroke
    assert viewer.js(COUNT) == 0  # the button is still down
    during = viewer.screen()
    assert (np.abs(during.astype(int) - before).max(axis=-1) > 40).any()
    viewer.page.mouse.up()
    viewer.frame()
    assert "Added 5 pixels on image 8" in viewer.page.locator(".mv-live").text_content()
    # pixels that were painted are the label's colour, in the plane's own resolution; all others are as they were
    geometry = volume_of("correctable").geometry
    assert geometry is not None
    hung = Cut(geometry).planes(labels(viewer), 0)[7] != Cut(geometry).planes(model(), 0)[7]
    assert (viewer.planes(0)[0][hung] == COLOUR).all()
    told = agreed(viewer)
    assert (told["edits"], told["added"], told["removed"]) == (["Stroke"], [5, 0], [0, 0])
    viewer.press("Shift+E")
    viewer.drag(viewer.point((7, 2, 4)), viewer.point((7, 2, 9)))
    assert changed(viewer) == stroke - {(7, 2, 4), (7, 2, 5), (7, 2, 6)}
    viewer.press("Control+z")
    assert changed(viewer) == stroke
    assert agreed(viewer)["edits"] == ["Stroke"]
    viewer.press("Control+z", "Control+z")
    assert changed(viewer) == set()
    viewer.press("Control+y", "Control+y")
    assert agreed(viewer)["edits"] == ["Stroke", "Stroke"]
    assert changed(viewer) == stroke - {(7, 2, 4), (7, 2, 5), (7, 2, 6)}
    assert fetched == []


def test_parts_go_and_come_back_and_only_what_changed_is_fetched(open_case: Opener) -> None:
    viewer = open_case("correctable")
    viewer.js("viewer.goTo(pane, 4)")
    viewer.press("Shift+B")
    viewer.drag(viewer.point((4, 12, 9)), viewer.point((4, 13, 9)))
    fetched: list[str] = []
    viewer.page.on("request", lambda request: fetched.append(request.url) if "/voxels/" in request.url else None)
    viewer.page.keyboard.down("Alt")
    viewer.page.mouse.click(*viewer.point((4, 8, 2)))
    viewer.page.keyboard.up("Alt")
    told = agreed(viewer)
    assert told["edits"] == ["Stroke", "Drop"]
    assert not (labels(viewer)[:, 3:9, 1:6] == 1).any()
    assert (labels(viewer)[8, 1:3, 9:11] == 1).all()  # the other part of the label
    assert [url.rsplit("/", 1)[1] for url in fetched] == ["2-5?as=raw"]
    viewer.js("viewer.goTo(pane, 6)")
    viewer.press("Shift+P")
    viewer.page.mouse.click(*viewer.point((6, 1, 2)))
    assert agreed(viewer)["edits"] == ["Stroke", "Drop", "Add"]
    assert labels(viewer)[6, 1].tolist() == [0, 2, 2, 2, *[0] * 8]
    viewer.page.mouse.click(*viewer.point((6, 1, 8)))
    note = viewer.page.locator(".mv-note", has_text="No part that the model had left out as too small lies there.")
    note.wait_for()
    assert agreed(viewer)["edits"] == ["Stroke", "Drop", "Add"]
    viewer.press("Control+z", "Control+z")
    assert agreed(viewer)["edits"] == ["Stroke"]
    assert {at[:2] for at in changed(viewer)} == {(4, 12), (4, 13)}


@pytest.mark.parametrize("forget", [False, True])
def test_what_was_corrected_is_there_again_on_another_page(open_case: Opener, forget: bool) -> None:
    viewer = open_case("correctable")
    viewer.layout("three")
    viewer.js("viewer.goTo(pane, 5)")
    viewer.press("Shift+B", "]", "]")
    viewer.drag(viewer.point((5, 2, 8)), viewer.point((5, 5, 10)))
    row, column = viewer.js("[viewer.main.index[1], viewer.main.index[2]]")
    kept = labels(viewer).copy()
    assert (kept != model()).any()
    away_and_back(viewer, forget=forget)
    viewer.page.wait_for_function("viewer.correcting.mask.correction.sure")
    np.testing.assert_array_equal(labels(viewer), kept)
    assert viewer.js("[viewer.tool, viewer.correcting.diameter, viewer.layoutKey]") == ["brush", 2, "three"]
    assert viewer.js("viewer.main.index") == [5, row, column]
    viewer.press("Control+z")  # also what was made before the page was left
    assert agreed(viewer)["edits"] == []
    assert changed(viewer) == set()
    viewer.press("Control+y")
    assert agreed(viewer)["edits"] == ["Stroke"]
    np.testing.assert_array_equal(labels(viewer), kept)
    viewer.page.locator(".st-key-discard button").dispatch_event("click")  # a page takes all of it back
    viewer.page.wait_for_function(f"{COUNT} === 0")
    np.testing.assert_array_equal(labels(viewer), model())


def test_planes_across_show_what_was_drawn_and_the_models_mask_can_be_seen(open_case: Opener) -> None:
    viewer = open_case("correctable")
    viewer.layout("three")
    viewer.js("viewer.crosshairTo(pane, [7, 2, 4])")
    viewer.press("Shift+B")
    geometry = volume_of("correctable").geometry
    assert geometry is not None
    before = viewer.planes(1)[0]
    viewer.drag(viewer.point((7, 2, 1)), viewer.point((7, 2, 6)))
    across = viewer.planes(1)[0]
    drawn = Cut(geometry).planes(labels(viewer), 1)[2] != Cut(geometry).planes(model(), 1)[2]
    assert drawn.any()
    assert (across[drawn] == COLOUR).all()
    np.testing.assert_array_equal(across[~drawn], before[~drawn])
    viewer.press("ArrowRight")
    viewer.drag(viewer.point((1, 2, 9), 1), viewer.point((3, 2, 9), 1))  # no painting across the slices
    assert viewer.js(COUNT) == 1
    assert "acquired plane" in viewer.page.locator(".mv-note").text_content()
    said = "viewer.panes[0].lines({ hidden: false }, 12).bottomCentre"
    assert viewer.js(said)[1:] == ["Mask corrected by the reader", "Not for diagnostic use"]
    viewer.button("panel").click()
    panel = viewer.page.locator(".mv-side")
    panel.get_by_label("Only the model's own mask").check()
    viewer.frame()
    np.testing.assert_array_equal(viewer.planes(1)[0], before)
    assert "reader's corrections are not shown" in viewer.js(said)[1]
    panel.get_by_label("Only the model's own mask").uncheck()
    panel.get_by_role("button", name="Back to the model's mask").click()
    assert viewer.js(COUNT) == 0
    assert agreed(viewer)["added"] == [0, 0]


def test_the_circle_is_the_brush_and_tools_need_a_mask(open_case: Opener) -> None:
    viewer = open_case("correctable")
    viewer.press("Shift+B", "]", "]", "]")
    viewer.page.mouse.move(*viewer.point((5, 7, 6)))
    viewer.frame()
    circle = viewer.page.locator(".mv-circle").first.bounding_box()
    assert circle is not None
    one, other = viewer.point((5, 7, 6)), viewer.point((5, 9, 6))  # 2 rows of 1.5 mm: as wide as the brush
    assert circle["width"] == pytest.approx(other[1] - one[1], abs=1)
    assert circle["x"] + circle["width"] / 2 == pytest.approx(one[0], abs=1)
    assert circle["y"] + circle["height"] / 2 == pytest.approx(one[1], abs=1)
    plain = open_case("overlaid")
    assert not plain.button("tool:brush").is_visible()
    plain.press("Shift+B")
    assert plain.js("viewer.tool") == "window"
    assert "can be corrected" in plain.page.locator(".mv-note").text_content()
