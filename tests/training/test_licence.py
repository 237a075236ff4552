"""The LICENSE of a model's weights."""

import dataclasses

import pytest

from medimg_core.registry import load_card
from medimg_core.training.licence import licence_text, write_licence

OWN = "chosen for the data that it was written for"


def test_a_licence_says_what_the_card_says():
    card = load_card("chest_xray_pneumonia")
    text = licence_text(card)
    assert max(map(len, text.splitlines())) <= 116
    flat = " ".join(text.split())
    assert f"licence: {card.weights_licence}" in flat
    for source in card.data:
        assert f"- {source.name}: {source.licence}" in flat
    assert text.splitlines()[-1] == "The code of this project is under the Apache License 2.0 (LICENSE at the root)."


@pytest.mark.parametrize(("licence", "said"), [("CC0", False), ("not known to this recipe; a: CC0", True)])
def test_the_recipes_licence_is_not_promised_for_other_data(licence, said):
    card = load_card("liver_ct")
    changed = dataclasses.replace(card, data=(dataclasses.replace(card.data[0], licence=licence),))
    assert (OWN in " ".join(licence_text(changed).split())) == said


def test_a_licence_that_is_there_stays(tmp_path):
    card = dataclasses.replace(load_card("liver_ct"), folder=tmp_path)
    write_licence(card)
    assert (tmp_path / "LICENSE").read_text() == licence_text(card)
    (tmp_path / "LICENSE").write_text("by hand")
    write_licence(card)
    assert (tmp_path / "LICENSE").read_text() == "by hand"
