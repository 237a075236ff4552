"""From a dropped zip to a map, in a real browser against a real server."""

import io
import subprocess
import zipfile

import pytest
from playwright.sync_api import Page, expect

from medimg_core.phantoms import make_phantom
from tests.browser.conftest import free_port, serve
from tests.browser.viewer_stage import FIND, READY

pytestmark = pytest.mark.browser

PICTURE = ".mv-view > canvas"


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
    """What is seen of the image, once all of it is there."""
    page.wait_for_function(f"() => ({FIND})() && viewer.pane?.ready && ({READY})")
    settle(page)
    return page.locator(PICTURE).screenshot()


def described(page: Page) -> str:
    """The picture in words."""
    return page.locator(PICTURE).get_attribute("aria-label") or ""


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
    assert "right edge L" in described(page)
    upright = picture(page)
    page.keyboard.press("i")
    settle(page)
    assert picture(page) != upright

    map_over(page)

    page.go_back()
    settle(page)
    assert page.url.endswith("/read")
    picture(page)
    page.go_back()
    settle(page)
    expect(page.get_by_role("button", name="Close study")).to_be_visible()


def map_over(page: Page) -> None:
    """Run the model on Analyse, and lay its map over the picture and away again."""
    open_page(page, "Analyse")
    page.locator(".st-key-run-chest_xray_pneumonia button").click()
    expect(page.get_by_text("Range under small changes")).to_be_visible()
    expect(page.get_by_text("This is a synthetic image")).to_be_visible()
    plain = picture(page)
    box = page.locator(PICTURE).bounding_box()
    assert box is not None
    assert box["width"] >= 0.7 * 1440

    page.get_by_role("button", name="Show map").click()
    expect(page.get_by_role("button", name="Remove map")).to_be_visible()
    page.wait_for_function("viewer.overlays.length === 1")
    mapped = picture(page)
    assert mapped != plain
    page.keyboard.press("m")
    settle(page)
    assert picture(page) == plain
    page.keyboard.press("m")
    settle(page)
    assert picture(page) == mapped
    page.get_by_role("button", name="Remove map").click()
    expect(page.get_by_role("button", name="Show map")).to_be_visible()
    page.wait_for_function("viewer.overlays.length === 0")
    assert picture(page) == plain
    page.keyboard.press("m")  # with no map there, it is asked for
    expect(page.get_by_role("button", name="Remove map")).to_be_visible()
    page.wait_for_function("viewer.overlays.length === 1")


def test_a_cold_deep_link_runs_the_frame(page: Page, server: str) -> None:
    page.goto(f"{server}/analyse")
    settle(page)
    expect(page.get_by_text("Research use only. Not for diagnosis.")).to_be_visible()
    expect(page.get_by_text("No study is open.")).to_be_visible()
    page.get_by_role("button", name="Go to the Worklist").click()
    settle(page)
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    links = page.get_by_test_id("stSidebarNav").get_by_role("link")
    assert links.all_inner_texts() == ["Worklist", "Read", "Analyse", "Explain", "Models", "Evaluate"]


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
    words = described(page)
    page.keyboard.press("ArrowDown")
    settle(page)
    assert picture(page) != first
    page.wait_for_function("viewer.pane.canvas.getAttribute('aria-label').includes('Image 14/24')")
    assert words != described(page)
    page.keyboard.press("ArrowUp")
    settle(page)
    page.wait_for_function("(words) => viewer.pane.canvas.getAttribute('aria-label') === words", arg=words)


def test_where_the_viewer_cannot_run_a_still_picture_takes_its_place(page: Page, server: str) -> None:
    page.route("**/viewer.js", lambda route: route.abort())
    page.goto(server)
    upload(page, "orientation_axial")
    page.get_by_role("button", name="Read", exact=True).click()
    expect(page.get_by_text("The viewer does not run in this browser")).to_be_visible()
    still = page.locator(".st-key-viewport img")
    page.wait_for_function("document.querySelector('.st-key-viewport img')?.naturalWidth > 400")
    assert "right edge L" in (still.get_attribute("alt") or "")
    page.unroute("**/viewer.js")
    page.get_by_role("button", name="Try the viewer again").click()
    picture(page)
    expect(page.get_by_text("The viewer does not run in this browser")).to_have_count(0)


def test_a_closed_study_gives_out_nothing(page: Page, server: str) -> None:
    page.goto(server)
    upload(page, "orientation_axial")
    page.get_by_role("button", name="Read", exact=True).click()
    picture(page)
    known = page.evaluate("[viewer.holdings.link.address, viewer.main.description.id, viewer.holdings.link.session]")
    asked = """async ([address, item, session]) => {
      const wish = { headers: { 'X-MedImg-Session': session }, cache: 'no-store' };
      return (await fetch(`${address}/${item}/0-0?as=raw`, wish)).status;
    }"""
    assert page.evaluate(asked, known) == 200
    open_page(page, "Worklist")
    page.get_by_role("button", name="Close study").click()
    expect(page.get_by_text("No study is open yet")).to_be_visible()
    settle(page)
    assert page.evaluate(asked, known) == 404


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
