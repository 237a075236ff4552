"""The score's bar."""

import re
from xml.etree import ElementTree

import pytest

from pages._ui.score_bar import as_score, bar_alt, percent, score_bar
from pages._ui.theme import DARK, LIGHT


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, "0.50"), (0.994, "0.99"), (0.9951, "> 0.99"), (0.004, "< 0.01"), (1.0, "> 0.99")]
)
def test_scores_never_claim_certainty(value, text):
    assert as_score(value) == text


@pytest.mark.parametrize(("share", "text"), [(0.901, "90 %"), (0.004, "0.4 %"), (0.0, "0 %"), (1.0, "100 %")])
def test_percent(share, text):
    assert percent(share) == text


@pytest.mark.parametrize("colours", [DARK, LIGHT])
def test_threshold_and_range_lie_where_they_should(colours):
    svg = score_bar(0.5, (0.25, 0.75), 0.9, colours)
    ElementTree.fromstring(svg)  # noqa: S314 - our own drawing, made on the line above
    assert "threshold 0.90" in svg
    cut = float(re.search(r'd="M([\d.]+) 16 V42"', svg)[1])
    low, high = (float(x) for x in re.search(r'd="M([\d.]+) 44 V50 M[\d.]+ 47 H([\d.]+)', svg).groups())
    left, right = 8, 312
    assert cut == pytest.approx(left + 0.9 * (right - left), abs=0.1)
    assert (low, high) == pytest.approx((left + 0.25 * 304, left + 0.75 * 304), abs=0.1)
    filled = re.findall(r'width="([\d.]+)" height="14"', svg)[1]
    assert float(filled) == pytest.approx(152, abs=0.1)


def test_the_bar_in_words():
    text = bar_alt(0.9, (0.8, 0.95), 0.5)
    assert all(part in text for part in ("Score 0.90", "0.80 to 0.95", "threshold 0.50"))


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("front", "back"),
    [
        (DARK.text, "#101417"), (DARK.quiet, "#101417"), (DARK.caution, "#101417"), (DARK.accent, "#101417"),
        (LIGHT.text, "#ffffff"), (LIGHT.quiet, "#ffffff"), (LIGHT.caution, "#ffffff"), (LIGHT.accent, "#ffffff"),
        (DARK.on_accent, DARK.accent), (LIGHT.on_accent, LIGHT.accent),
    ],
)  # fmt: skip
def test_contrast_reaches_wcag_aa(front, back):
    light, dark = sorted((_luminance(front), _luminance(back)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
