"""The stage's page in a real browser: what a test does to the viewer, and what it reads back."""

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import BrowserContext, Locator, Page

from medimg_core.geometry import Geometry
from medimg_core.study import AnyArray, Volume
from medimg_core.voi import Lut, Window, grey8
from tests.browser.screen import Screen
from tests.stage.cases import made
from tests.stage.served import stage

Rgb = npt.NDArray[np.uint8]
Opener = Callable[..., "Viewer"]

PATIENCE = 60.0
"""Seconds that a value may take to become what it must: a busy machine draws late."""

FIND = """() => {
  const roots = [...document.querySelectorAll('*')].map((each) => each.shadowRoot?.querySelector('.mv'));
  window.viewer = roots.find((each) => each?.viewer)?.viewer;
  return Boolean(window.viewer?.main);
}"""
CURRENT = f"""
  const held = window.viewer;  // where the page put another in its place, that one is meant
  if (held?.closed && !({FIND})()) window.viewer = held;
"""
READY = """viewer.main.voxels.missing === 0 && viewer.overlays.every((over) => over.voxels.missing === 0)"""
PACKED = """() => {
  window.packed = (bytes) => {
    let text = '';
    for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return btoa(text);
  };
}"""


class Viewer:
    """The viewer on a page of its own, all of its voxels loaded."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def find(self, *, loaded: bool = True) -> "Viewer":
        """Take hold of the viewer that is on the page now."""
        self.page.wait_for_function(FIND)
        if loaded:
            self.page.wait_for_function(READY)
        self.page.evaluate(PACKED)
        return self

    def js(self, expression: str, argument: object = None) -> Any:
        """Value of an expression of ``viewer``, ``pane``, ``picture`` and ``given``."""
        body = f"{{ const {{ pane }} = viewer; const picture = pane.picture; return ({expression}); }}"
        return self.page.evaluate(f"(given) => {{ {CURRENT} {body} }}", argument)

    def becomes(self, expression: str, expected: object, said: str = "") -> None:
        """Wait until an expression has a value."""
        end = time.monotonic() + PATIENCE
        while (found := self.js(expression)) != expected and time.monotonic() < end:
            self.frame()
        assert found == expected, f"{said} {found!r}"

    def frame(self) -> None:
        """Wait until what was asked for is drawn."""
        self.page.evaluate("() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
        self.frame()

    def layout(self, key: str) -> None:
        """Choose a layout from the list."""
        self.select("Layout", key)

    def select(self, label: str, value: str) -> None:
        """Choose from a list of the bar."""
        self.page.locator(f".mv-bar select[aria-label='{label}']").select_option(value)
        self.frame()

    def button(self, command: str) -> Locator:
        """A button of the bar."""
        return self.page.locator(f".mv-bar [data-command='{command}']")

    def canvas(self, place: int = 0) -> Locator:
        """Canvas of a pane."""
        return self.page.locator(".mv-view > canvas").nth(place)

    def planes(self, place: int, positions: list[int] | None = None, *, hidden: bool = False) -> Rgb:
        """Pixels of a pane at the voxels' own resolution, at some positions along its normal.

        Args:
            place: Of the pane.
            positions: Along its axis; the one on show where None.
            hidden: Without overlays.

        Returns:
            Red, green, blue, shape ``(positions, rows, columns, 3)``.
        """
        found = self.page.evaluate(
            """([place, positions, hidden]) => {
              const pane = viewer.panes[place];
              const before = pane.position;
              const texts = (positions ?? [before]).map((position) => {
                pane.picture.move(pane.axis, position);
                pane.render(hidden);
                return packed(new Uint8Array(pane.image.buffer));
              });
              pane.picture.move(pane.axis, before);
              const { canvas } = pane.sheets[0];
              return { texts, size: [canvas.height, canvas.width] };
            }""",
            [place, positions, hidden],
        )
        raw = b"".join(base64.b64decode(text) for text in found["texts"])
        rgba = np.frombuffer(raw, np.uint8).reshape(-1, *found["size"], 4)
        assert (rgba[..., 3] == 255).all()
        return rgba[..., :3]

    def screen(self, place: int = 0) -> Rgb:
        """What a pane's canvas shows, shape ``(rows, columns, 3)``."""
        found = self.page.evaluate(
            """(place) => {
              const { canvas, ctx } = viewer.panes[place];
              const { data } = ctx.getImageData(0, 0, canvas.width, canvas.height);
              return { text: packed(data), size: [canvas.height, canvas.width] };
            }""",
            place,
        )
        return np.frombuffer(base64.b64decode(found["text"]), np.uint8).reshape(*found["size"], 4)[..., :3]

    def letters(self, place: int = 0) -> list[str] | None:
        """Letters at the left, right, top and bottom edge of a pane."""
        found = self.page.evaluate("(place) => viewer.panes[place].letters()", place)
        return None if found is None else list(found)

    def point(self, index: tuple[float, float, float], place: int = 0) -> tuple[float, float]:
        """Where on the page a voxel index lies, to the pixel that a mouse can be at."""
        x, y = self.page.evaluate(
            """([place, index]) => {
              const pane = viewer.panes[place];
              const box = pane.canvas.getBoundingClientRect();
              const [x, y] = pane.canvasOf(index);
              return [box.left + x / pane.ratio, box.top + y / pane.ratio];
            }""",
            [place, list(index)],
        )
        return round(x), round(y)

    def middle(self, place: int = 0) -> tuple[float, float]:
        """Middle of a pane on the page."""
        box = self.canvas(place).bounding_box()
        assert box is not None
        return round(box["x"] + box["width"] / 2), round(box["y"] + box["height"] / 2)  # a mouse has whole pixels

    def drag(
        self, start: tuple[float, float], end: tuple[float, float], *, button: Any = "left", keep: bool = False
    ) -> None:
        """Press, move and let go; ``keep`` leaves the button down."""
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down(button=button)
        mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        mouse.move(*end)
        if not keep:
            mouse.up(button=button)
        self.frame()

    def draw(self, *points: tuple[float, float, float]) -> None:
        """Place the points of a measurement, one click each."""
        for index in points:
            at = self.point(index)
            self.page.mouse.move(*at)
            self.page.mouse.down()
            self.page.mouse.up()
        self.frame()

    def told(self) -> dict[str, Any]:
        """What Python knows after it was told and the script has run again."""
        self.page.evaluate("() => viewer.telling.now()")
        self.page.wait_for_timeout(50)
        self.rerun()
        return self._told()

    def _told(self) -> dict[str, Any]:
        text = self.page.get_by_test_id("stSidebar").get_by_test_id("stText").text_content() or ""
        return dict(json.loads(text))

    def rerun(self) -> None:
        """Run the page's script again."""
        runs = self._told()["runs"]
        self.page.locator(".st-key-again button").dispatch_event("click")
        text = "document.querySelector('[data-testid=stSidebar] [data-testid=stText]').textContent"
        self.page.wait_for_function(f"(runs) => JSON.parse({text}).runs > runs", arg=runs)

    def token(self) -> str:
        """The session's token."""
        return str(self.js("viewer.holdings.link.session"))


def volume_of(name: str) -> Volume:
    """Voxels of a case, as the server holds them."""
    volume = made(name).case.volume
    assert volume is not None
    return volume


def expected_grey(volume: Volume, values: AnyArray, voi: Window | Lut, *, invert: bool = False) -> Rgb:
    """Bytes on the screen for modality values: DICOM's functions, MONOCHROME1, padding."""
    shade = grey8(values, voi, invert=invert != (volume.photometric == "MONOCHROME1"))
    return np.where(values == volume.padding, np.uint8(0), shade) if volume.padding is not None else shade


class Cut:
    """How radiologists hang the planes of a volume, worked out on the reordered array.

    The array is turned until its axes grow to Superior, Posterior and Left (nearest axes); then an axial
    plane is ``[k]``, a coronal one ``[::-1, j]``, a sagittal one ``[::-1, :, i]``. No sign or axis of the
    viewer's own arithmetic is used.
    """

    def __init__(self, geometry: Geometry) -> None:
        import nibabel

        lps_of_columns_rows_slices = geometry.affine[:3, [2, 1, 0]]
        ras = np.eye(4)
        ras[:3, :3] = np.diag([-1, -1, 1]) @ lps_of_columns_rows_slices
        self._turn = nibabel.orientations.ornt_transform(
            nibabel.io_orientation(ras), nibabel.orientations.axcodes2ornt(("L", "P", "S"))
        )
        # which world axis (0 L, 1 P, 2 S) the slice, row and column axis run along, and whether against it
        self.along = tuple(int(self._turn[2 - axis, 0]) for axis in range(3))
        self.against = tuple(self._turn[2 - axis, 1] < 0 for axis in range(3))

    def canonical(self, array: AnyArray) -> AnyArray:
        """The array with axes to Left, Posterior, Superior."""
        import nibabel

        return np.asarray(nibabel.apply_orientation(np.transpose(array, (2, 1, 0)), self._turn))

    def planes(self, array: AnyArray, axis: int) -> AnyArray:
        """All planes across an index axis as they hang, in order of that index; shape ``(n, rows, columns)``."""
        left_posterior_superior = self.canonical(array)
        world = self.along[axis]
        if world == 2:
            stack = np.transpose(left_posterior_superior, (2, 1, 0))
        elif world == 1:
            stack = np.transpose(left_posterior_superior, (1, 2, 0))[:, ::-1]
        else:
            stack = np.transpose(left_posterior_superior, (0, 2, 1))[:, ::-1]
        return stack[::-1] if self.against[axis] else stack


def digits(text: str) -> list[float]:
    """Numbers in a text."""
    return [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", text)]


@pytest.fixture(scope="session")
def stage_address() -> Iterator[str]:
    """Address of the stage's server; one for all tests."""
    with stage() as address:
        yield address


@pytest.fixture
def open_case(context: BrowserContext, screen: Screen, stage_address: str) -> Opener:
    """Opens a case on a page of its own."""

    def opened(name: str, *, loaded: bool = True) -> Viewer:
        page = screen.page()
        page.goto(f"{stage_address}/?case={name}")
        return Viewer(page).find(loaded=loaded)

    return opened
