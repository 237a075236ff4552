"""A real server and a real browser."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

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

expect.set_options(timeout=PATIENCE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(*options: str, cache: Path) -> subprocess.Popen[bytes]:
    """Start the dashboard as `make run` does."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py", *options]
    environment = {**os.environ, "MEDIMG_CACHE": str(cache)}
    environment.pop("PYTHONPATH", None)  # what app.py imports must be found without it
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.fixture(scope="session")
def server(medimg_cache: Path) -> Iterator[str]:
    """Address of a running dashboard."""
    port = free_port()
    process = serve("--server.port", str(port), cache=medimg_cache)
    address = f"http://127.0.0.1:{port}"
    try:
        while not _answers(address):
            if process.poll() is not None:
                assert process.stdout is not None
                pytest.fail(f"the server did not start: {process.stdout.read().decode()[-2000:]}")
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


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


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A reading room's window; the test fails when anything is asked of another machine."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    strangers: list[str] = []

    def note(address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            strangers.append(address)

    context.on("request", lambda request: note(request.url))
    context.on("page", lambda page: page.on("websocket", lambda socket: note(socket.url)))
    yield context
    context.close()
    assert strangers == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()
