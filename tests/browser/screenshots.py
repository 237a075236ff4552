"""The pictures of the README, taken of the running dashboard: ``make screenshots``.

It starts the dashboard, drives it as a visitor does, on phantoms alone, and writes PNG files of 1440 x 900 pixels.
"""

import io
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import FLAGS, PATIENCE, ROOT, _answers, chromium_path, free_port, serve
from tests.browser.screen import SIZE
from tests.browser.test_first_light import settle
from tests.browser.viewer_stage import FIND, READY

FOLDER = ROOT / ".github"
LARGEST = 400_000
"""Bytes of a picture; colours are given up one by one until it is no larger."""
VIVID = 40
"""Difference between the channels of a pixel, 0 to 255, above which it is no grey."""
COLOURS = (256, 192, 128, 96, 64, 48, 32)


def palette(shot: Image.Image, colours: int) -> Image.Image:
    """So many colours of a picture; what is no grey counts more, as there is little of it and each means something."""
    pixels = np.asarray(shot).reshape(-1, 3)
    vivid = pixels[np.ptp(pixels.astype(int), axis=1) > VIVID]
    rows = np.concatenate([pixels, np.resize(vivid, (len(pixels) // 2, 3))]) if len(vivid) else pixels
    return Image.fromarray(rows.reshape(-1, SIZE["width"], 3)).quantize(colours, method=Image.Quantize.MEDIANCUT)


def write(page: Page, folder: Path, name: str) -> Path:
    """Take the page as it is, and write it with as many colours as fit."""
    page.mouse.move(0, 0)
    settle(page)
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for colours in COLOURS:
        packed = io.BytesIO()
        shot.quantize(palette=palette(shot, colours), dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
        if packed.tell() <= LARGEST:
            break
    path = folder / name
    path.write_bytes(packed.getvalue())
    return path


def drawn(page: Page) -> None:
    """Wait until all of the image is there."""
    page.wait_for_function(f"() => ({FIND})() && viewer.panes.every((pane) => pane.ready) && ({READY})")
    settle(page)


def begin(page: Page, address: str, kind: str) -> None:
    """Open a guided case from the Worklist."""
    page.goto(address)
    settle(page)
    page.get_by_role("tab", name="Demo studies").click()
    page.locator(f".st-key-guided-phantom-{kind} button").click()
    ready(page)


def step(page: Page, place: int) -> None:
    """Go on to a step, and wait until all of it is there."""
    page.locator(".st-key-guide-next button").click()
    expect(page.locator(".st-key-guide").get_by_text(f"{place} of ")).to_be_visible()
    settle(page)  # until then its buttons may be those of the step before
    ready(page)


def ready(page: Page) -> None:
    """Wait until the step on show is done."""
    page.locator(":is(.st-key-guide-next, .st-key-guide-end) button[kind=primary]").wait_for()
    drawn(page)


def read(page: Page, address: str) -> None:
    """A volume in three planes on Read."""
    page.goto(address)
    settle(page)
    page.get_by_role("tab", name="Demo studies").click()
    page.locator(".st-key-demo-brain_flair button").click()
    page.get_by_text("SYNTHETIC phantom").wait_for()  # in the sidebar: the study is open
    settle(page)
    page.get_by_role("tab", name="My studies").click()
    page.locator(".st-key-worklist-read button").click()
    drawn(page)
    page.get_by_label("Layout").select_option("three")
    drawn(page)


def take(page: Page, address: str, folder: Path) -> Iterator[Path]:
    """All pictures, one after the other."""
    read(page, address)
    yield write(page, folder, "read.png")
    begin(page, address, "hit")
    step(page, 2)
    yield write(page, folder, "analyse.png")
    step(page, 3)
    step(page, 4)
    yield write(page, folder, "hide.png")
    step(page, 5)
    yield write(page, folder, "screenshot.png")
    page.locator(".st-key-guide-end button").click()
    page.locator(".st-key-guided-phantom-hit button").wait_for()
    yield write(page, folder, "guided.png")


@contextmanager
def dashboard() -> Iterator[str]:
    """Address of a dashboard of its own, with the cache of the environment or one that goes with it."""
    with tempfile.TemporaryDirectory(prefix="medimg-") as own:
        port = free_port()
        process = serve("--server.port", str(port), cache=Path(os.environ.get("MEDIMG_CACHE", own)))
        address = f"http://127.0.0.1:{port}"
        try:
            while not _answers(address):
                if process.poll() is not None:
                    raise RuntimeError("the dashboard did not start")
                time.sleep(0.2)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=30)


def main(folder: Path = FOLDER) -> None:
    """Write all pictures."""
    with dashboard() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(playwright), args=list(FLAGS))
        page = browser.new_context(viewport=SIZE).new_page()
        page.set_default_timeout(PATIENCE)
        for path in take(page, address, folder):
            sys.stdout.write(f"{path.relative_to(ROOT)} {path.stat().st_size / 1000:.0f} kB\n")
        browser.close()


if __name__ == "__main__":
    main()
