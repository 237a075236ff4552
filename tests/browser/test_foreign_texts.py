"""Foreign texts in a real browser: shown letter by letter, and nothing is fetched for them."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, _answers, free_port
from tests.browser.plain_page import IMAGE, SINKS, TEXTS

pytestmark = pytest.mark.browser


@pytest.fixture
def address() -> Iterator[str]:
    """Of a server with the page of foreign texts alone."""
    port = free_port()
    script = str(ROOT / "tests" / "browser" / "plain_page.py")
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    found = f"http://127.0.0.1:{port}"
    try:
        while not _answers(found):
            assert process.poll() is None
            time.sleep(0.2)
        yield found
    finally:
        process.terminate()
        process.wait(timeout=120)


def test_they_are_shown_letter_by_letter(page: Page, address: str) -> None:
    """That nothing was asked of another machine is seen by the page's own fixture."""
    page.goto(address)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    expect(page.locator("[data-testid=stDataFrame] canvas").first).to_be_visible()

    def shown(key: str) -> str:
        return page.locator(f".st-key-{key}").inner_text().replace("\u2060", "")

    for number, text in enumerate(TEXTS):
        assert shown(f"text-{number}").strip() == text
    for name in (*SINKS, "code"):
        if name != "menu":
            assert IMAGE in shown(f"sink-{name}"), name
    page.locator(".st-key-sink-menu button").click()
    expect(page.get_by_text("outside.example/a.png)").last).to_be_visible()
    page.keyboard.press("Escape")
    box = page.locator(".st-key-sink-selectbox input")
    assert box.input_value() == IMAGE
    box.click()
    expect(page.get_by_role("option", name=IMAGE)).to_be_visible()
    main = page.locator("body")
    assert main.locator("img[src*=outside]").count() == main.locator("a[href*=outside]").count() == 0
