"""Large images: a radiograph of 3000 x 3000, and a volume above what a tab gets."""

import base64
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Page

from medimg_core.voi import Window
from tests.browser.viewer_stage import Opener, Viewer, expected_grey, volume_of
from tests.stage.served import stage

pytestmark = pytest.mark.browser

EVERY = 11  # pixel is compared: no divisor of 3000, so that all rows and columns take part
GREYS = f"""(() => {{
  pane.render(true);
  const {{ image }} = pane;
  const some = new Uint8Array(Math.ceil(image.length / {EVERY}));
  let same = true;
  for (let at = 0; at < image.length; at += 1) same &&= (image[at] & 0xffffff) === (image[at] & 255) * 0x10101;
  for (let at = 0; at < some.length; at += 1) some[at] = image[at * {EVERY}] & 255;
  return same && packed(some);
}})()"""  # of millions of pixels: loops, which are faster than a function for each


def greys(viewer: Viewer) -> np.ndarray:
    text = viewer.js(GREYS)
    assert text, "red, green and blue must be the same in every pixel"
    return np.frombuffer(base64.b64decode(text), np.uint8)


@pytest.mark.parametrize("name", ["radiograph", "radiograph1"])
def test_a_radiograph_of_nine_million_pixels(open_case: Opener, name: str) -> None:
    viewer, volume = open_case(name), volume_of(name)
    assert viewer.js("picture.shape") == [1, 3000, 3000]
    plane = volume.array[0]
    compared = plane.ravel()[::EVERY]

    def expected(window: Window, *, invert: bool = False) -> np.ndarray:
        return expected_grey(volume, compared, window, invert=invert)

    first = expected(Window(30_000, 50_000, "LINEAR"))
    np.testing.assert_array_equal(greys(viewer), first)
    if volume.padding is not None:
        assert (expected_grey(volume, plane[:, :150], volume.voi[0]) == 0).all()  # padding stays black
        assert first[int(np.argmin(compared))] > 200  # and low values are white
    x, y = viewer.middle()
    for row, column in ((100, 2000), (1502, 77), (2700, 1300)):
        viewer.page.mouse.move(*viewer.point((0, row, column)))
        at = [round(each) for each in viewer.js(
            "pane.indexAt({ clientX: given[0], clientY: given[1] })", list(viewer.point((0, row, column)))
        )]  # fmt: skip
        assert abs(at[1] - row) <= 3
        assert abs(at[2] - column) <= 3
        value = (viewer.page.locator(".mv-value").text_content() or "").split("\n")[-1]
        assert float(value) == float(plane[at[1], at[2]])
    viewer.drag((x, y), (x - 60, y + 30))
    window = viewer.js("picture.window")
    gain = 50_000 / 300
    assert (window["width"], window["centre"]) == pytest.approx((50_000 - 60 * gain, 30_000 + 30 * gain))
    np.testing.assert_array_equal(greys(viewer), expected(Window(window["centre"], window["width"])))
    viewer.press("i")
    np.testing.assert_array_equal(greys(viewer), expected(Window(window["centre"], window["width"]), invert=True))
    viewer.press("i")
    viewer.page.mouse.move(x, y)
    viewer.page.keyboard.down("Control")
    for _ in range(5):
        viewer.page.mouse.wheel(0, -240)
    viewer.page.keyboard.up("Control")
    viewer.page.wait_for_function("viewer.pane.zoom === 40")
    viewer.page.evaluate("() => new Promise((go) => setTimeout(go, 400))")  # the whole picture follows the hurried one
    viewer.frame()
    scale = viewer.js("pane.scale()[0]")
    assert scale > 5
    where = [round(each) for each in viewer.js("pane.indexAt({ clientX: given[0], clientY: given[1] })", [x, y])]
    column, row = viewer.js("pane.canvasOf(given)", where)
    shown = viewer.screen()[int(row), int(column)]
    full = expected_grey(volume, plane[where[1] : where[1] + 1], Window(window["centre"], window["width"]))
    assert abs(int(shown[0]) - int(full[0, where[2]])) <= 16  # smoothed by the browser in sixteenths


@pytest.fixture(scope="module")
def small_stage() -> Iterator[str]:
    with stage(MEDIMG_VIEWER_VOXELS="20000") as address:
        yield address


def test_above_the_limit_it_is_reduced_and_says_so(page: Page, small_stage: str) -> None:
    page.goto(f"{small_stage}/?case=solid")
    viewer, volume = Viewer(page).find(), volume_of("solid")
    shape = viewer.js("picture.shape")
    assert np.prod(shape) <= 20_000
    factors = [round(whole / part) for whole, part in zip(volume.shape, shape, strict=True)]
    assert np.prod(factors) >= np.prod(volume.shape) / 20_000
    banner = viewer.js("pane.lines({ hidden: false }).topCentre.join()")
    assert "Reduced for display: each value is the mean of {} x {} x {} voxels".format(*factors) in banner
    means = volume.array.astype(np.float64)
    for axis, factor in enumerate(factors):
        starts = np.arange(0, volume.shape[axis], factor)
        sizes = np.diff([*starts, volume.shape[axis]]).reshape([-1 if each == axis else 1 for each in range(3)])
        means = np.add.reduceat(means, starts, axis=axis) / sizes
    shown = np.array(page.evaluate("Array.from(viewer.main.voxels.data)")).reshape(shape)
    assert np.abs(shown - means).max() <= 0.51  # rounded to whole numbers where the file's are
    viewer.press("End")
    assert viewer.told()["slice"] == volume.shape[0] - 1
    # lengths are those of the patient, not of the picture
    viewer.press("Home", "d")
    last = [0, shape[1] - 1, 0]
    viewer.draw((0, 0, 0), (last[0], last[1], last[2]))
    (length,) = viewer.told()["measurements"]
    high = (shape[1] - 1) * factors[1] * 0.75
    assert length["values"]["length"] == pytest.approx(high, abs=0.75 * factors[1])
