"""Colours of labels."""

from streamlit.testing.v1 import AppTest

from pages._ui.label_colours import CANDIDATES, label_colours
from tests.pages.conftest import put_card
from tests.tiny_model import CARD, MASKS, MULTI


def test_labels_of_all_models_differ(tmp_path):
    cards = [
        put_card(tmp_path, text, name)
        for text, name in ((MASKS, "a_masks"), (CARD, "b_scores"), (MULTI, "c_multi"), (MULTI, "d_multi"))
    ]
    found = label_colours(cards)
    assert list(found) == [("a_masks", 1), ("c_multi", 1), ("c_multi", 2), ("d_multi", 1), ("d_multi", 2)]
    assert len({*found.values(), CANDIDATES}) == 6


def test_more_labels_than_colours_begin_anew(tmp_path):
    many = ", ".join(f'"part {n}"' for n in range(8))
    card = put_card(tmp_path, MASKS.replace('classes = ["bright"]', f"classes = [{many}]"), "tiny_masks")
    found = label_colours([card])
    assert found["tiny_masks", 7] == found["tiny_masks", 1]
    assert len(set(found.values())) == 6


def test_a_folder_name_cannot_leave_the_rules():
    def page():
        from pages._ui.label_colours import label_style

        label_style({("a}</style><img src=x>", 1): (1, 2, 3)})

    rules = AppTest.from_function(page, default_timeout=60).run().get("html")[0].proto.body
    assert ".st-key-label-a---style--img-src-x--1 { border-left: 3px solid rgb(1, 2, 3)" in rules
    assert "<img" not in rules
