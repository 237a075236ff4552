"""Which model is explained: the list says what tells the models apart."""

import pytest

from tests.pages.conftest import make_case, make_study


@pytest.mark.parametrize(
    ("titles", "offered"),
    [
        (("Chest radiograph of a small child: pneumonia label", "Chest: lungs"), {"Pneumonia label", "Lungs"}),
        (("Chest: lungs", "Another chest: lungs"), {"Chest: lungs", "Another chest: lungs"}),
        (("Chest: lungs", "Plain"), {"Chest: lungs", "Plain"}),
    ],
)
def test_the_list_of_models_is_short_enough_to_be_read(open_app, card, titles, offered):
    text = (card.folder / "card.toml").read_text(encoding="utf-8")
    for name, title in zip(("tiny_model", "other_model"), titles, strict=True):
        folder = card.folder.parent / name
        folder.mkdir(exist_ok=True)
        made = text.replace('id = "tiny_model"', f'id = "{name}"').replace(card.title, title, 1)
        (folder / "card.toml").write_text(made, encoding="utf-8")
    app = open_app(make_case(make_study(1)), "explain")
    (box,) = [box for box in app.selectbox if box.label == "Model"]
    assert set(box.options) == offered
