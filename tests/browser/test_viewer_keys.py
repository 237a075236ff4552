"""Every key does what the help sheet says, and only where nobody types."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.browser.viewer_stage import Opener, expected_grey, volume_of

pytestmark = pytest.mark.browser

SLICE, TOOL, WINDOW = "picture.index[0]", "viewer.tool", "picture.window.key"
TURN = "[pane.basis.x, pane.basis.xSign, pane.basis.y, pane.basis.ySign]"
AWAY = "viewer.panBy(pane, 30, 20)"
STEPS: dict[str, list[tuple[str, str, Any]]] = {
    # a CT of 13 slices, the middle one on show: key of the sheet, what is looked at, what it is afterwards
    "solid": [
        ("ArrowUp", SLICE, 5),
        ("ArrowDown", SLICE, 6),
        ("Shift+ArrowDown", SLICE, 12),
        ("Shift+ArrowUp", SLICE, 2),
        ("End", SLICE, 12),
        ("Home", SLICE, 0),
        ("z", TOOL, "zoom"),
        ("w", TOOL, "window"),
        ("x", TOOL, "crosshair"),
        ("d", TOOL, "length"),
        ("a", TOOL, "angle"),
        ("b", TOOL, "bidirectional"),
        ("e", TOOL, "ellipse"),
        ("t", TOOL, "rectangle"),
        ("f", TOOL, "freehand"),
        ("q", TOOL, "probe"),
        ("Escape", TOOL, "window"),
        ("+", "pane.zoom", 1.25),
        ("+", "pane.zoom", 1.5625),
        ("-", "pane.zoom", 1.25),
        ("=", "[pane.zoom, pane.pan]", [1, [0, 0]]),
        ("r", TURN, [1, -1, 2, 1]),
        ("l", TURN, [2, 1, 1, 1]),
        ("h", TURN, [2, -1, 1, 1]),
        ("v", TURN, [2, -1, 1, -1]),
        ("i", "picture.inverted", True),
        ("k", "viewer.smooth", False),
        ("k", "viewer.smooth", True),
        ("1", WINDOW, "preset:soft"),
        ("2", WINDOW, "preset:lung"),
        ("3", WINDOW, "preset:bone"),
        ("4", WINDOW, "preset:brain"),
        ("0", WINDOW, "plane"),
        (" ", f"[picture.inverted, {WINDOW}, ...{TURN}]", [False, "file:0", 2, 1, 1, 1]),
        (".", "viewer.layoutKey", "one:1"),
        (".", "viewer.layoutKey", "one:2"),
        (",", "viewer.layoutKey", "one:1"),
        (",", "viewer.layoutKey", "one:0"),
        (",", "viewer.layoutKey", "three"),
        ("ArrowRight", "viewer.active", 1),
        ("ArrowRight", "viewer.active", 2),
        ("ArrowLeft", "viewer.active", 1),
        ("ArrowDown", "picture.index[1]", 49),
    ],
    "cine": [
        ("Shift+ArrowRight", "picture.frame", 1),
        ("Shift+ArrowLeft", "picture.frame", 0),
        ("Shift+ArrowLeft", "picture.frame", 19),
        ("c", "viewer.cine.playing", True),
        ("c", "viewer.cine.playing", False),
    ],
    "overlaid": [
        ("m", "viewer.hidden", True),
        ("m", "viewer.hidden", False),
        ("n", "viewer.overlays[1].setting.native", True),
        ("n", "viewer.overlays[1].setting.native", False),
        ("p", "picture.index", [5, 6, 1]),
    ],
    "correctable": [
        ("Shift+b", TOOL, "brush"),
        ("]", "viewer.correcting.diameter", 1.5),
        ("]", "viewer.correcting.diameter", 2),
        ("[", "viewer.correcting.diameter", 1.5),
        ("Shift+e", TOOL, "eraser"),
        ("Shift+p", TOOL, "part"),
    ],
    "two": [  # which series comes next, only Python knows
        ("PageDown", "viewer.wish?.step", 1),
        ("PageUp", "viewer.wish?.step", -1),
    ],
}
ELSEWHERE = {"s", "?", "Backspace", "Delete", "Ctrl+z", "Ctrl+y", "Ctrl+Shift+z"}
"""In tests of their own, here and with the measurements."""


def pressed(key: str) -> str:
    """A key of the table as the browser's driver calls it."""
    return {" ": "Space"}.get(key, key)


@pytest.mark.parametrize("name", list(STEPS))
def test_every_key_does_what_it_says(open_case: Opener, name: str) -> None:
    viewer = open_case(name)
    viewer.page.evaluate("() => { viewer.wish = null; viewer.setTrigger = (_, wish) => { viewer.wish = wish; }; }")
    viewer.page.mouse.click(*viewer.middle())  # the reader has just touched the picture
    for key, what, expected in STEPS[name]:
        if key == "=":
            viewer.js(AWAY)
        before = viewer.js(what)
        assert before != expected, f"{key} would have nothing to do"
        viewer.page.keyboard.press(pressed(key))
        viewer.becomes(what, expected, f"after {key!r}")


def test_the_window_of_one_image(open_case: Opener) -> None:
    viewer, volume = open_case("solid"), volume_of("solid")
    viewer.press("0")
    window = viewer.js("picture.window")
    low, high = np.percentile(volume.array[6], [1, 99])
    assert (window["centre"], window["width"]) == pytest.approx(((low + high) / 2, high - low))
    viewer.press("2")
    preset = viewer.js("picture.window")
    assert (preset["centre"], preset["width"], preset["function"]) == (-600, 1500, "LINEAR")
    from medimg_core.voi import Window

    expected = expected_grey(volume, volume.array[6], Window(-600, 1500, "LINEAR"))
    np.testing.assert_array_equal(viewer.planes(0)[0, ..., 0], expected)


def test_the_help_sheet_lists_every_key(open_case: Opener) -> None:
    viewer = open_case("solid")
    sheet = viewer.page.locator(".mv-sheet")
    assert not sheet.is_visible()
    viewer.press("?")
    assert sheet.is_visible()
    table = viewer.page.evaluate(
        "async () => { const keys = await import(viewer.data.modules + 'keys.js');"
        " const shown = (names) => names.map(keys.keyName).join(', ');"
        " return keys.KEYS.map(([, names, , word]) => [names, shown(names), viewer.words[word]]); }"
    )
    rows = sheet.locator("dl > div")
    listed = {(each.split("\n")[0], each.split("\n")[-1]) for each in rows.all_inner_texts()}
    for _, shown, words in table:
        assert (shown, words) in listed
        assert words
    tried = {key for steps in STEPS.values() for key, _, _ in steps} | ELSEWHERE
    assert {name for names, _, _ in table for name in names} == tried
    viewer.press("ArrowDown")  # while the sheet is open, keys move nothing
    assert viewer.js("picture.index[0]") == 6
    viewer.press("Escape")
    assert not sheet.is_visible()
    viewer.press("?")
    sheet.get_by_role("button", name="Close").click()
    assert not sheet.is_visible()
    viewer.press("ArrowDown")
    assert viewer.js("picture.index[0]") == 7


def test_a_snapshot_is_what_is_on_the_screen(open_case: Opener) -> None:
    viewer = open_case("solid")
    viewer.layout("three")
    with viewer.page.expect_download() as caught:
        viewer.page.keyboard.press("s")
    assert caught.value.suggested_filename == "medimg-snapshot.png"
    picture = np.asarray(Image.open(io.BytesIO(caught.value.path().read_bytes())).convert("RGB"))
    assert list(picture.shape[:2]) == viewer.js("(([c]) => [c.height, c.width])([viewer.composed()])")
    left = viewer.screen(0)
    np.testing.assert_array_equal(picture[1 : 1 + left.shape[0], 1 : 1 + left.shape[1]], left)


TYPED = """() => {
  for (const tag of ['input', 'textarea', 'select']) {
    const element = document.createElement(tag);
    element.id = `outside-${tag}`;
    if (tag === 'select') element.append(new Option('one'), new Option('two'), new Option('inverse'));
    document.body.append(element);
  }
}"""


def test_typing_elsewhere_is_not_for_the_viewer(open_case: Opener) -> None:
    viewer = open_case("solid")
    viewer.page.evaluate(TYPED)
    state = "[picture.inverted, picture.index[0], picture.window.key, viewer.tool, pane.zoom]"
    before = viewer.js(state)
    for tag in ("input", "textarea", "select"):
        viewer.page.evaluate("(tag) => document.getElementById(`outside-${tag}`).focus()", tag)
        viewer.press("i", "2", "d", "ArrowDown", "End", "+", "Space")
        assert viewer.js(state) == before, tag
    assert viewer.page.evaluate("document.getElementById('outside-input').value") == "i2d+ "
    viewer.button("invert").focus()
    viewer.press("Space")  # a button in focus is pressed, nothing is reset
    assert viewer.js("[picture.inverted, picture.index[0]]") == [True, 6]
    viewer.page.locator("input[data-slices=slices]").focus()
    viewer.press("ArrowDown")  # the viewer's own slider goes the way of the slices
    assert viewer.js("picture.index[0]") == 7


def test_the_bar_is_one_stop_of_the_tab_key(open_case: Opener) -> None:
    viewer = open_case("solid")
    focused = "(document.activeElement.shadowRoot ?? document).activeElement.dataset.command"
    stops = ".filter((each) => each.tabIndex === 0).map((each) => each.dataset.command)"
    bar = "[...viewer.bar.element.querySelectorAll('button, select, input')]"
    assert viewer.js(bar + stops) == ["tool:window"]
    viewer.button("tool:window").focus()
    viewer.press("ArrowRight", "ArrowRight")
    assert viewer.js(focused) == "tool:zoom"
    assert viewer.js(bar + stops) == ["tool:zoom"]
    viewer.press("Enter", "End")
    assert viewer.js("[viewer.tool, viewer.active, picture.index[0]]") == ["zoom", 0, 6]  # nothing else has moved
    assert viewer.js(focused) == "help"
    viewer.press("ArrowRight", "ArrowLeft")
    assert viewer.js(focused) == "panel"
    viewer.press("ArrowDown")  # along the slices, as everywhere
    assert viewer.js("picture.index[0]") == 7
    viewer.press("Tab", "Shift+Tab")
    assert viewer.js(focused) == "panel"
    viewer.press("Home", "ArrowLeft")
    assert viewer.js(focused) == "tool:window"
    viewer.button("tool:pan").click()  # by mouse: the keys go on to the picture
    viewer.press("End")
    assert viewer.js("[viewer.tool, picture.index[0]]") == ["pan", 12]


def test_keys_work_before_anything_is_touched_and_each_series_keeps_its_view(open_case: Opener) -> None:
    viewer = open_case("two")
    viewer.press("ArrowDown", "i")
    state = "[picture.shape[0], picture.index[0], picture.inverted]"
    assert viewer.js(state) == [24, 13, True]
    strip = viewer.page.locator(".mv-strip .mv-item > button:first-child")
    strip.nth(1).click()
    viewer.becomes(state, [16, 8, False])
    strip.nth(0).click()
    viewer.becomes(state, [24, 13, True])
    viewer.page.locator(".mv-strip .mv-beside").first.click()
    viewer.becomes("viewer.panes.length", 2)
    viewer.press("i")
    assert viewer.js("[viewer.main.inverted, viewer.other.inverted]") == [False, False]
