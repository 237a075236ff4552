"""What the viewer costs in a browser without a GPU, beside what a page without a component would cost.

``python -m benchmarks.viewer [--json] [--quick]``. A real server, a real headless Chromium with software
rendering, real mouse events; 512 x 512 x 200 int16 with a mask and a map over it unless said. *Drawn* is from
the moment the page gets the event until the canvas has been rasterised (forced by reading one pixel back).
Before that the browser holds a wheel event back, to align it with its frames: how long, an empty page of the
same browser says, and a claim compares both from the event's own time stamp on. Times move with the machine's
load; run it on a quiet one.
"""

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from benchmarks import reading
from tests.browser.conftest import FLAGS, chromium_path
from tests.stage.served import free_port, stage

RAW_200 = 512 * 512 * 200 * 2
MBIT, DELAY_MS = 50, 20
WATCH = """
() => {
  const shadows = [...document.querySelectorAll('*')].map((element) => element.shadowRoot?.querySelector('.mv'));
  const root = shadows.find((element) => element?.viewer);
  const { viewer } = root;
  window.viewer = viewer;
  window.drawn = [];
  let stamp = null;
  const note = (event) => { stamp ??= { got: performance.now(), made: event.timeStamp }; };
  for (const name of ['wheel', 'pointermove']) window.addEventListener(name, note, true);
  const paint = viewer.paint.bind(viewer);
  viewer.paint = () => {
    const dirty = [...viewer.dirty];
    paint();
    for (const pane of dirty) pane.ctx.getImageData(0, 0, 1, 1);
    if (stamp !== null && dirty.length) {
      const now = performance.now();
      window.drawn.push([now - stamp.got, now - stamp.made]);
      stamp = null;
    }
  };
}
"""


def claim(name: str, value: float, target: float, unit: str, *, least: bool = False) -> dict[str, Any]:
    """One line of the answer."""
    holds = value >= target if least else value <= target
    return {"name": name, "value": round(value, 3), "target": target, "unit": unit, "holds": holds}


@contextmanager
def slow_link(port: int) -> Iterator[int]:
    """A way to the server at 50 Mbit/s and 20 ms there and back; gives its port."""
    near = free_port()
    command = [sys.executable, "-m", "tests.stage.slow_link", str(port), str(near), str(MBIT), str(DELAY_MS)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield near
    finally:
        process.kill()
        process.wait()


def opened(browser: Browser, address: str, case: str) -> Page:
    """A page with the case in the viewer, its first slice drawn."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{address}/?case={case}")
    page.wait_for_function("performance.getEntriesByName('medimg-viewer-first-slice').length > 0", timeout=180_000)
    return page


def mount_seconds(page: Page) -> float:
    """From the component's first call to its first slice."""
    marks = "name => performance.getEntriesByName(name)[0].startTime"
    start, end = (page.evaluate(marks, f"medimg-viewer-{name}") for name in ("mount", "first-slice"))
    return float(end - start) / 1000


def loaded(page: Page) -> None:
    """Wait until all voxels are in the tab."""
    page.evaluate(WATCH)
    page.wait_for_function(
        "viewer.main.voxels.missing === 0 && viewer.overlays.every((over) => over.voxels.missing === 0)",
        timeout=180_000,
    )
    page.wait_for_timeout(800)


EMPTY = """
<canvas style="width:100vw;height:100vh"></canvas>
<script>
  window.drawn = [];
  const note = (event) => { event.preventDefault(); drawn.push([0, performance.now() - event.timeStamp]); };
  document.querySelector('canvas').addEventListener('wheel', note, { passive: false });
</script>
"""


@dataclass(frozen=True)
class Spread:
    """Medians and 95th percentiles in ms: from when the page got an event, and from the event's own time stamp."""

    median: float
    p95: float
    whole_median: float
    whole_p95: float


def timed(page: Page, act: Callable[[int], None], count: int) -> Spread:
    """What the page noted for some acts."""
    page.evaluate("() => { window.drawn.length = 0; }")
    rng = random.Random(1)  # noqa: S311 - pauses, no secrets
    for number in range(count):
        act(number)
        page.wait_for_timeout(40 + rng.random() * 50)
    noted = page.evaluate("window.drawn")
    if len(noted) < count * 0.6:
        raise RuntimeError(f"{count} events were sent, only {len(noted)} were drawn")
    own, whole = (sorted(times) for times in zip(*noted, strict=True))
    late = min(len(noted) - 1, int(len(noted) * 0.95))
    return Spread(statistics.median(own), own[late], statistics.median(whole), whole[late])


def empty_page(browser: Browser, count: int) -> Spread:
    """How old wheel events are when a page that does nothing gets them."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_content(EMPTY)
    page.mouse.move(700, 400)
    found = timed(page, lambda n: page.mouse.wheel(0, 100 if n % 40 < 20 else -100), count)
    page.context.close()
    return found


def middle(page: Page) -> tuple[float, float]:
    """The middle of the first pane."""
    box = page.locator(".mv canvas[role=img]").first.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def wheel(page: Page, count: int) -> Spread:
    """Wheel to drawn, one slice an event, there and back."""
    page.mouse.move(*middle(page))
    return timed(page, lambda n: page.mouse.wheel(0, 100 if n % 40 < 20 else -100), count)


def window_drag(page: Page, count: int) -> Spread:
    """A drag of the window to drawn."""
    x, y = middle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    try:
        return timed(page, lambda n: page.mouse.move(x + 10 + n % 30, y + n % 20), count)
    finally:
        page.mouse.up()


class Traffic:
    """Bytes over the websocket and requests for voxels, from now on."""

    def __init__(self, page: Page) -> None:
        self.bytes, self.voxels = 0, 0
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("Network.enable")
        self._session.on("Network.webSocketFrameReceived", self._frame)
        page.on("request", self._request)

    def _frame(self, event: dict[str, Any]) -> None:
        payload = event["response"]["payloadData"]
        binary = event["response"]["opcode"] == 2
        self.bytes += len(payload) * 3 // 4 if binary else len(payload)

    def _request(self, request: Any) -> None:
        self.voxels += "/voxels/" in request.url


def rerun(page: Page) -> tuple[int, int]:
    """Bytes sent and voxel requests made by one rerun of the whole page."""
    page.get_by_test_id("stExpandSidebarButton").click()
    page.wait_for_timeout(1500)
    traffic = Traffic(page)
    page.get_by_role("button", name="Run again").click()
    page.wait_for_timeout(2500)
    return traffic.bytes, traffic.voxels


def tab_bytes(address: str, case: str, program: str) -> int:
    """Proportional memory of a tab with a case, once it has loaded and come to rest.

    In a browser of its own that nothing is attached to: under inspection, a tab keeps the bodies of what it fetched.
    """
    with tempfile.TemporaryDirectory() as profile:
        flags = (*FLAGS, f"--user-data-dir={profile}", "--window-size=1440,900", f"{address}/?case={case}")
        process = subprocess.Popen([program, *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            time.sleep(15)
            return _renderer_bytes()
        finally:
            process.terminate()
            process.wait(timeout=30)


def _renderer_bytes() -> int:
    sizes = []
    for folder in Path("/proc").iterdir():
        try:
            if not folder.name.isdigit() or b"--type=renderer" not in (folder / "cmdline").read_bytes():
                continue
            rows = (folder / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue  # the process ended meanwhile
        sizes += [int(row.split()[1]) * 1024 for row in rows if row.startswith("Pss:")]
    return max(sizes)


def still_step(browser: Browser, address: str, count: int) -> float:
    """Median of a slice step by st.image in a fragment: key to decoded picture, ms."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{address}/?case=ct200bare&still=1")
    page.wait_for_function("document.querySelector('[data-testid=stImage] img')?.naturalWidth > 0", timeout=60_000)
    page.wait_for_timeout(1000)
    times = []
    for _ in range(count):
        times.append(
            page.evaluate(
                """async () => {
                  const image = () => document.querySelector('[data-testid=stImage] img');
                  const before = image().src;
                  const start = performance.now();
                  [...document.querySelectorAll('button')].find((b) => b.innerText.startsWith('Next')).click();
                  while (image().src === before || !image().complete || !image().naturalWidth)
                    await new Promise((done) => setTimeout(done, 1));
                  await image().decode();
                  return performance.now() - start;
                }"""
            )
        )
        page.wait_for_timeout(60)
    page.context.close()
    return float(statistics.median(times))


def both(name: str, found: Spread, median: float, p95: float) -> list[dict[str, Any]]:
    """Claims on median and 95th percentile."""
    return [claim(f"{name}, median", found.median, median, "ms"), claim(f"{name}, p95", found.p95, p95, "ms")]


def figures(browser: Browser, address: str, count: int, stamps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Everything that needs the browser; ``stamps`` takes what wheel events need from their own time stamps on."""
    claims: list[dict[str, Any]] = []
    page = opened(browser, address, "ct200")  # makes the case on the server, too
    page.context.close()
    first = []
    for _ in range(3):
        page = opened(browser, address, "ct200")
        first.append(mount_seconds(page))
        if len(first) < 3:
            page.context.close()
    claims.append(claim("mount to first slice, loopback", statistics.median(first), 0.6, "s"))
    loaded(page)
    one = wheel(page, count)
    claims += both("wheel to drawn, one plane", one, 16, 33)
    empty = empty_page(browser, count)
    ratio = one.whole_median / empty.whole_median
    claims.append(claim("wheel's time stamp to drawn / to an empty page, median", ratio, 1.5, "x"))
    claims += both("window drag to drawn", window_drag(page, count), 16, 33)
    page.get_by_label("Layout").select_option("three")
    page.wait_for_timeout(1000)
    claims += both("wheel to drawn, three planes with overlays", wheel(page, count), 25, 50)
    sent, asked = rerun(page)
    claims += [claim("a rerun sends", sent / 1024, 10, "KB"), claim("a rerun asks for voxels", asked, 0, "requests")]
    page.context.close()
    still = still_step(browser, address, max(10, count // 4))
    claims.append(claim("slice step by st.image in a fragment / ours", still / one.median, 8, "x", least=True))
    with slow_link(int(address.rsplit(":", 1)[1])) as port:
        times = []
        for _ in range(3):
            page = opened(browser, f"http://127.0.0.1:{port}", "ct200")
            times.append(mount_seconds(page))
            page.context.close()
    claims.append(claim("mount to first slice, 50 Mbit/s + 20 ms", statistics.median(times), 1.0, "s"))
    bare = mount_of(browser, address, "ct200bare")
    long = mount_of(browser, address, "ct1000")
    claims.append(claim("1,000 slices: first slice / that of 200", long / bare, 1.5, "x"))
    page = opened(browser, address, "ct1000")
    loaded(page)
    claims.append(claim("1,000 slices: wheel to drawn, p95", wheel(page, count).p95, 33, "ms"))
    page.context.close()
    for name, found in (("viewer", one), ("empty page", empty)):
        stamps.append({"page": name, "median": round(found.whole_median, 1), "p95": round(found.whole_p95, 1)})
    return claims


def mount_of(browser: Browser, address: str, case: str) -> float:
    """Median mount time of a case, after the server has made it."""
    times = []
    for number in range(4):
        page = opened(browser, address, case)
        if number:
            times.append(mount_seconds(page))
        page.context.close()
    return statistics.median(times)


def measure(count: int) -> dict[str, Any]:
    """All figures."""
    with stage(patience=120) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(playwright), args=list(FLAGS))
        stamps: list[dict[str, Any]] = []
        claims = figures(browser, address, count, stamps)
        browser.close()
        for name, case, raw in (("tab memory", "ct200", RAW_200), ("1,000 slices: tab memory", "ct1000", 5 * RAW_200)):
            used = tab_bytes(address, case, chromium_path(playwright))
            if used < raw:
                raise RuntimeError(f"the tab holds {used:,} bytes, so that it has not loaded its {raw:,}")
            claims.append(claim(f"{name} / (2.5 x raw + 150 MB)", used / (2.5 * raw + 150e6), 1, "x"))
    claims += reading.measure(3)["claims"]
    return {
        "claims": claims,
        "from_the_events_own_time_stamp_ms": stamps,
        "machine": {
            "platform": platform.platform(),
            "processors": os.cpu_count(),
            "load_average": round(os.getloadavg()[0], 2),
        },
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--quick", action="store_true", help="fewer events")
    arguments = parser.parse_args()
    answer = measure(30 if arguments.quick else 120)
    if arguments.json:
        print(json.dumps(answer))
        return
    for each in answer["claims"]:
        mark = "holds" if each["holds"] else "DOES NOT HOLD"
        print(f"{each['name']}: {each['value']} {each['unit']} (target {each['target']}) {mark}")
    for each in answer["from_the_events_own_time_stamp_ms"]:
        print(f"wheel, from the event's own time stamp, {each['page']}: {each['median']} / {each['p95']} ms")
    print(answer["machine"])


if __name__ == "__main__":
    main()
