"""Which slices a model that segments reads."""

import pytest

from pages._ui import slice_range
from tests.pages.conftest import make_case, make_ct, make_series, make_study, put_card
from tests.tiny_model import CARD, MASKS


@pytest.mark.parametrize(
    ("extent", "span", "told", "wanted"),
    [
        ("volume", (None, None), None, None),
        ("volume", (1, 3), (1, 3), (1, 3)),
        ("reader", (None, None), None, None),
        ("reader", (1, None), None, None),
        ("reader", (None, 3), None, None),
        ("reader", (3, 1), None, None),
        ("reader", (0, 4), (0, 4), (0, 4)),
        ("reader", (2, 2), (2, 2), (2, 2)),
        ("image", (1, 3), (1, 3), (4, 4)),
    ],
)
def test_what_is_read(tmp_path, extent, span, told, wanted):
    card = put_card(tmp_path, MASKS.replace('extent = "volume"', f'extent = "{extent}"'), "tiny_masks")
    case = make_case(make_study(1, make_ct(6))).with_view(slice_index=4, spans={"tiny_masks": span, "other": (0, 1)})
    assert slice_range.extent(card) == extent
    assert slice_range.told(case, card) == told
    assert slice_range.wanted(case, card) == wanted


@pytest.mark.parametrize("extent", ["image", "volume", "reader"])
def test_a_single_image_needs_no_word(tmp_path, extent):
    card = put_card(tmp_path, MASKS.replace('extent = "volume"', f'extent = "{extent}"'), "tiny_masks")
    assert slice_range.wanted(make_case(make_study(1, make_series(1))), card) is None


def test_a_model_without_masks_has_no_extent(tmp_path):
    assert slice_range.extent(put_card(tmp_path, CARD, "tiny_model")) == ""


def test_the_word_is_of_one_series():
    case = make_case(make_study(1, make_ct(6)), make_study(2, make_ct(6)))
    case = case.with_view(spans={"tiny_masks": (1, 3)})
    assert case.with_study("1.9.2").view.spans == {}
    assert case.with_study("1.9.2").with_study("1.9.1").view.spans == {"tiny_masks": (1, 3)}
