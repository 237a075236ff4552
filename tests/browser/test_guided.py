"""A guided case in a real browser, from the Worklist to its last step."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE
from tests.browser.test_first_light import picture

pytestmark = pytest.mark.browser

STEPS = (
    "It shows a dark, spiculated lesion",
    "The finding is there: a hit.",
    "covers 9",
    "It falls below the threshold: the model used what the map marks.",
    "Map follows the model: shown.",
)


def test_the_hit_is_told_to_its_end(page: Page, server: str) -> None:
    page.goto(server)
    page.get_by_role("tab", name="Demo studies").click()
    page.get_by_role("button", name="A hit (US)").click()
    guide = page.locator(".st-key-guide")
    for place, words in enumerate(STEPS):
        expect(guide.get_by_text(f"{place + 1} of {len(STEPS)}")).to_be_visible()
        expect(guide.get_by_text(words)).to_be_visible(timeout=2 * PATIENCE)  # the audit is hundreds of passes
        if place + 1 < len(STEPS):
            page.keyboard.press("Alt+n")
    picture(page)
    box = page.locator(".mv").bounding_box()
    assert box is not None
    assert box["width"] >= 0.7 * 1440
    expect(page.get_by_test_id("stException")).to_have_count(0)
    guide.get_by_role("button", name="Other cases").click()
    expect(page.get_by_role("button", name="A hit (US)")).to_be_visible()
    expect(guide).to_have_count(0)


def test_no_word_on_a_button_is_cut_on_a_small_screen(page: Page, server: str) -> None:
    """At 1280 pixels, of the way to the other cases and of the choice of a folder."""
    whole = page.viewport_size
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(server)
    expect(page.get_by_text("Whole folder")).to_be_visible()
    assert _cut(page, ".st-key-drop-folder") == []
    page.get_by_role("tab", name="Demo studies").click()
    page.get_by_role("button", name="A refusal (CT)").click()
    guide = page.locator(".st-key-guide")
    for place in (1, 2, 3):
        expect(guide.get_by_text(f"{place} of 3")).to_be_visible()
        page.locator(":is(.st-key-guide-next, .st-key-guide-end) button[kind=primary]").wait_for()
        assert _cut(page, ".st-key-guide button") == []
        if place < 3:
            page.keyboard.press("Alt+n")
    assert whole is not None
    page.set_viewport_size(whole)


def _cut(page: Page, where: str) -> list[str]:
    """Texts that are wider than their place."""
    found: list[str] = page.evaluate(
        "(where) => [...document.querySelectorAll(`${where} p, ${where} div`)]"
        ".filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.innerText)",
        where,
    )
    return found
