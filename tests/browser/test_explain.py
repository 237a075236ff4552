"""The Explain page in a real browser: a map by one key, its audit, a region hidden, maps compared, all exported."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from medimg_core.registry import ModelCard
from tests.browser.conftest import served
from tests.browser.test_first_light import open_page, picture, settle, upload
from tests.browser.viewer_stage import FIND, READY

pytestmark = pytest.mark.browser

BESIDE = "viewer.other && viewer.layoutKey === 'beside' && viewer.panes[1].ready"


def task(page: Page, name: str) -> None:
    page.locator(".st-key-explain-task").get_by_text(name, exact=True).click()
    settle(page)


def is_beside(page: Page, title: str) -> None:
    """Wait until a picture of this title is there, beside the image."""
    page.wait_for_function(f"() => ({FIND})() && {BESIDE} && ({READY})")
    page.wait_for_function("(title) => viewer.other.description.marks.banner.includes(title)", arg=title)
    assert page.evaluate("viewer.linked")


def draw_ellipse(page: Page) -> None:
    """Over a part of the right lung, which is on the left of the picture."""
    canvas = page.locator(".mv-view > canvas").first
    canvas.focus()
    page.keyboard.press("e")
    box = canvas.bounding_box()
    assert box is not None
    x, y = box["x"] + 0.3 * box["width"], box["y"] + 0.45 * box["height"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 80, steps=4)
    page.mouse.up()
    page.wait_for_function("viewer.measuring.list.length === 1")
    settle(page)


def keep_a_box(page: Page) -> None:
    """Give a region by numbers and keep it alone, by the keyboard."""
    page.locator(".st-key-explain-region input").focus()
    page.keyboard.type("box")
    page.keyboard.press("Enter")
    is_beside(page, "THE BOX, NOTHING IS HIDDEN YET")
    beside = page.locator(".mv-view > canvas").last
    before = beside.screenshot()
    page.get_by_label("First row", exact=True).focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("20")
    page.keyboard.press("Tab")
    settle(page)
    is_beside(page, "THE BOX, NOTHING IS HIDDEN YET")
    assert beside.screenshot() != before
    button = page.get_by_role("button", name="Keep only this")
    button.focus()
    page.keyboard.press("Enter")
    is_beside(page, "CHANGED IMAGE: REGION ALONE")
    expect(page.get_by_role("cell", name="Region alone")).to_be_visible()


def exported(page: Page, path: Path) -> tuple[set[str], dict[str, Any]]:
    """Names of the files in the export, and its figures."""
    with page.expect_download() as wanted:
        page.get_by_role("button", name="Export pictures and numbers").click()
    wanted.value.save_as(path)
    assert wanted.value.suggested_filename == "explanation-tiny_model-grad_cam.zip"
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist()), json.loads(archive.read("explanation.json"))


@pytest.fixture
def small_server(tiny_model: ModelCard, medimg_cache: Path) -> Iterator[str]:
    """Address of a dashboard whose one model is small: its audit asks it hundreds of times."""
    with served(medimg_cache, MEDIMG_MODELS=str(tiny_model.folder.parent)) as address:
        yield address


def test_from_a_map_to_a_file_without_leaving_the_page(page: Page, small_server: str, tmp_path: Path) -> None:
    page.goto(small_server)
    upload(page, "chest_child_consolidation")
    page.get_by_role("button", name="Explain", exact=True).click()
    bare = picture(page)
    box = page.locator(".mv").bounding_box()
    assert box is not None
    assert box["width"] >= 0.7 * 1440
    page.locator(".st-key-run-tiny_model button").click()
    expect(page.get_by_role("button", name="Show map")).to_be_visible()
    assert page.evaluate("viewer.overlays.length") == 0

    draw_ellipse(page)  # before any map is shown: the place may be asked of it
    page.locator(".mv-view > canvas").first.focus()
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Remove map")).to_be_visible()
    page.wait_for_function("viewer.overlays.length === 1")
    page.get_by_role("button", name="Audit this map").click()
    expect(page.get_by_text("It does not say that the model is right").first).to_be_visible()
    page.get_by_text("Audit, item by item").click()
    expect(page.get_by_text("Faithfulness", exact=False).first).to_be_visible()
    assert bare != picture(page)

    task(page, "Hide")
    page.get_by_role("button", name="Hide this").click()
    is_beside(page, "CHANGED IMAGE: REGION FILLED")
    expect(page.get_by_role("cell", name="Region hidden")).to_be_visible()
    assert page.evaluate("viewer.other.overlays.length") == 1  # the outlines of the region and of its control

    keep_a_box(page)

    task(page, "Compare")
    is_beside(page, "Grad-CAM++ - MAP NOT AUDITED")
    before = page.evaluate("viewer.panes.map((pane) => pane.zoom)")
    page.locator(".mv-view > canvas").first.focus()
    page.keyboard.press("+")
    after = page.evaluate("viewer.panes.map((pane) => pane.zoom)")
    assert after[0] == after[1] > before[0]
    page.locator(".st-key-explain-beside").get_by_text("Difference", exact=True).click()
    page.wait_for_function("viewer.other.overlays[0]?.signed")

    names, said = exported(page, tmp_path / "explanation.zip")
    assert {"image.png", "map.png", "region.png", "second_map.png", "explanation.json"} <= names
    assert said["synthetic"]
    assert said["audit"]["items"]
    assert said["region"]["pixels"] > 100
    assert (said["region"]["taken_from"], said["region"]["mark"]) == ("box by numbers", None)
    assert said["comparison"]["with"]["audit"] is None
    assert "place" in {item["name"] for item in said["audit"]["items"]}

    open_page(page, "Analyse")
    expect(page.get_by_role("button", name="Remove map")).to_be_visible()
