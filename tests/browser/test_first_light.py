"""From a dropped zip to a map, in a real browser against a real server."""

import io
import subprocess
import zipfile

import pytest
from playwright.sync_api import Page, expect

from medimg_core.phantoms import make_phantom
from tests.browser.conftest import free_port, serve

pytestmark = pytest.mark.browser

PICTURE = ".st-key-viewport img"


def settle(page: Page) -> None:
    """Wait until the script has run and the page has drawn it."""
    page.wait_for_timeout(250)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_timeout(250)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def upload(page: Page, phantom: str) -> None:
    """Drop a zip with a phantom in a folder."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in make_phantom(phantom).files:
            archive.writestr(f"study/{name}", content)
    page.locator("input[type=file]").set_input_files(
        {"name": "study.zip", "mimeType": "application/zip", "buffer": packed.getvalue()}
    )
    expect(page.get_by_role("button", name="Close study")).to_be_visible()
    settle(page)


def picture(page: Page) -> bytes:
    """What is seen of the image, once it has been decoded."""
    page.wait_for_function(f"document.querySelector('{PICTURE}')?.naturalWidth > 0")
    settle(page)
    return page.locator(PICTURE).screenshot()


def open_page(page: Page, name: str) -> None:
    page.locator(".st-key-toolbar").get_by_role("link", name=name, exact=True).click()
    settle(page)


def test_from_a_dropped_zip_to_a_map(page: Page, server: str) -> None:
    page.goto(server)
    expect(page.get_by_text("No study is open yet")).to_be_visible()
    upload(page, "chest_child_consolidation")
    assert page.locator("[data-testid=stFileUploaderFile]").count() == 0

    page.get_by_role("button", name="Read", exact=True).click()
    picture(page)
    box = page.locator(PICTURE).bounding_box()
    assert box is not None
    assert box["width"] >= 0.7 * 1440
    scrolled = "document.querySelector('[data-testid=stMain]')"
    assert page.evaluate(f"{scrolled}.scrollHeight <= {scrolled}.clientHeight")
    assert "right edge L" in (page.locator(PICTURE).get_attribute("alt") or "")
    upright = picture(page)
    page.keyboard.press("i")
    settle(page)
    assert picture(page) != upright

    open_page(page, "Analyse")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("Range under small changes")).to_be_visible()
    expect(page.get_by_text("This is a synthetic image")).to_be_visible()
    plain = picture(page)
    box = page.locator(PICTURE).bounding_box()
    assert box is not None
    assert box["width"] >= 0.7 * 1440

    page.get_by_role("button", name="Show map").click()
    expect(page.get_by_role("button", name="Plain image")).to_be_visible()
    mapped = picture(page)
    assert mapped != plain
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Show map")).to_be_visible()
    assert picture(page) == plain

    page.go_back()
    settle(page)
    assert page.url.endswith("/read")
    picture(page)
    page.go_back()
    settle(page)
    expect(page.get_by_role("button", name="Close study")).to_be_visible()


def test_a_cold_deep_link_runs_the_frame(page: Page, server: str) -> None:
    page.goto(f"{server}/analyse")
    settle(page)
    expect(page.get_by_text("Research use only. Not for diagnosis.")).to_be_visible()
    expect(page.get_by_text("No study is open.")).to_be_visible()
    page.get_by_role("button", name="Go to the Worklist").click()
    settle(page)
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    links = page.get_by_test_id("stSidebarNav").get_by_role("link")
    assert links.all_inner_texts() == ["Worklist", "Read", "Analyse", "Models"]


def test_sessions_do_not_see_each_other(page: Page, server: str) -> None:
    page.goto(server)
    upload(page, "orientation_radiograph")
    other = page.context.new_page()
    other.goto(server)
    expect(other.get_by_text("No study is open yet")).to_be_visible()


def test_the_keyboard_alone_is_enough(page: Page, server: str) -> None:
    page.goto(server)
    upload(page, "orientation_axial")
    reached(page, "Read")
    page.keyboard.press("Enter")
    first = picture(page)
    alt = page.locator(PICTURE).get_attribute("alt")
    page.keyboard.press("ArrowDown")
    settle(page)
    assert picture(page) != first
    assert page.locator(PICTURE).get_attribute("alt") != alt
    page.keyboard.press("ArrowUp")
    settle(page)
    assert page.locator(PICTURE).get_attribute("alt") == alt


def test_a_folded_sidebar_takes_no_focus_and_comes_back(page: Page, server: str) -> None:
    page.goto(f"{server}/read")
    settle(page)
    for _ in range(25):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('[data-testid=stSidebar]')") is None
    page.get_by_test_id("stExpandSidebarButton").click()
    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name="Models")
    link.click()
    expect(page.get_by_role("heading", name="Models")).to_be_visible()


def reached(page: Page, name: str) -> None:
    """Press Tab until the button has the focus, and see that the focus shows."""
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.innerText")
        if focused and focused.strip() == name and page.evaluate("document.activeElement.tagName") == "BUTTON":
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            return
    pytest.fail(f"no way by Tab to the button {name}")


def test_it_refuses_to_start_where_others_could_reach_it(tmp_path) -> None:
    everywhere = ".".join("0000")
    process = serve("--server.address", everywhere, "--server.port", str(free_port()), cache=tmp_path)
    try:
        output, _ = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail("the server started on an address that others reach")
    assert process.returncode != 0
    assert b"MedImg does not start" in output
    assert b"Traceback" not in output
