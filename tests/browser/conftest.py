"""A real server and a real browser."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.browser.screen import Screen
from tests.browser.viewer_stage import open_case, stage_address  # noqa: F401 - fixtures for every test here

ROOT = Path(__file__).resolve().parents[2]
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

PATIENCE = 120_000
"""Milliseconds: a cold cache exports the model first, beside whatever else the machine does."""

FAILED = pytest.StashKey[bool]()

expect.set_options(timeout=PATIENCE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(
    *options: str, cache: Path, output: int | IO[bytes] = subprocess.PIPE, **variables: str
) -> subprocess.Popen[bytes]:
    """Start the dashboard as `make run` does; ``variables`` on top of this process's own."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py", *options]
    environment = {**os.environ, "MEDIMG_CACHE": str(cache), **variables}
    environment.pop("PYTHONPATH", None)  # what app.py imports must be found without it
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)


@contextmanager
def served(cache: Path, **variables: str) -> Iterator[str]:
    """Run the dashboard; gives its address."""
    port = free_port()
    with TemporaryFile() as output:  # a pipe that nobody reads stops whoever has filled it
        process = serve("--server.port", str(port), cache=cache, output=output, **variables)
        address = f"http://127.0.0.1:{port}"
        try:
            while not _answers(address):
                if process.poll() is not None:
                    output.seek(0)
                    pytest.fail(f"the server did not start: {output.read().decode()[-2000:]}")
                time.sleep(0.2)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=30)


@pytest.fixture(scope="session")
def server(medimg_cache: Path) -> Iterator[str]:
    """Address of a running dashboard."""
    with served(medimg_cache) as address:
        yield address


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:  # noqa: S310 - our own server
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError):
        return False


def chromium_path(playwright: Playwright) -> str:
    """The system's Chromium, else Playwright's own; there is no test without one."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    if Path(playwright.chromium.executable_path).is_file():
        return playwright.chromium.executable_path
    pytest.fail("the browser tests need Chromium; install it with: apt-get install chromium")


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(driver: Playwright) -> Iterator[Browser]:
    browser = driver.chromium.launch(executable_path=chromium_path(driver), args=list(FLAGS))
    yield browser
    browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(scope="session")
def screen(chromium: Browser) -> Iterator[Screen]:
    screen = Screen(chromium, PATIENCE)
    yield screen
    screen.close()


@pytest.fixture
def context(screen: Screen, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A reading room's window; the test fails when anything is asked of another machine."""
    yield screen.enter()
    try:
        if request.node.stash.get(FAILED, False):
            screen.close()
        else:
            screen.leave()
    except BaseException:
        screen.close()
        raise
    assert screen.strangers == []


@pytest.fixture
def page(context: BrowserContext, screen: Screen) -> Page:
    return screen.page()
