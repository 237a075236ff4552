"""Words can be read: quiet ones, too, reach the contrast of WCAG AA on every page without an image."""

import pytest
from playwright.sync_api import Page

from tests.browser.test_first_light import settle

pytestmark = pytest.mark.browser

AA = 4.5

FAINT = """(least) => {
  const numbers = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const colour = (text) => { const [r, g, b, a = 1] = numbers(text); return [r, g, b, a]; };
  const over = ([r, g, b, a], below) => [r, g, b].map((value, i) => value * a + below[i] * (1 - a));
  const ground = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement)
      layers.unshift(colour(getComputedStyle(each).backgroundColor));
    return layers.reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint = [];
  for (const element of document.querySelectorAll("p, h2, h3, li, label, kbd")) {
    if (!element.innerText?.trim() || !element.checkVisibility() || element.closest("button:disabled")) continue;
    let opacity = 1;
    for (let each = element; each; each = each.parentElement) opacity *= Number(getComputedStyle(each).opacity);
    const [r, g, b, a] = colour(getComputedStyle(element).color);
    const below = ground(element);
    const [one, two] = [light(over([r, g, b, a * opacity], below)), light(below)];
    if ((Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05) < least) faint.push(element.innerText.trim());
  }
  return faint;
}"""


@pytest.mark.parametrize("place", ["", "models", "evaluate"])
def test_quiet_words_can_be_read(page: Page, server: str, place: str) -> None:
    page.goto(f"{server}/{place}")
    settle(page)
    assert page.evaluate("document.querySelectorAll('[data-testid=stCaptionContainer] p').length") > 0
    assert page.evaluate(FAINT, AA) == []
