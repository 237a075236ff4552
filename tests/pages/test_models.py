"""The models page: a table, and a datasheet for each."""

from tests.pages.conftest import case_of, settled, words


def test_a_row_and_a_datasheet(open_app):
    app = open_app(page="models")
    assert list(app.dataframe[0].value["Model"]) == ["Tiny test network"]
    assert list(app.dataframe[0].value["Licence of the weights"]) == ["Apache-2.0"]
    text = words(app)
    assert "Tests only; its weights are random." in text
    assert "the score means nothing" in text
    assert "uses information outside" in text or "Nothing recorded on the card." in text
    assert app.code[0].value == "ab" * 32


def test_no_model_is_no_error(open_app, tmp_path, monkeypatch):
    monkeypatch.setenv("MEDIMG_MODELS", str(tmp_path / "none"))
    assert "No model is installed" in words(open_app(page="models"))


def test_a_broken_card_is_told_calmly(open_app, card):
    (card.folder / "card.toml").write_text("schema = 1\n", encoding="utf-8")
    app = open_app(page="models")
    assert "The model folder `tiny_model` cannot be used." in app.error[0].value
    assert r"must have \`title\`" in app.error[0].value
    assert "No model is installed" not in words(app)


def test_a_broken_card_takes_no_other_model_down(open_app, card):
    other = card.folder.parent / "other"
    other.mkdir()
    (other / "card.toml").write_text("= nothing", encoding="utf-8")
    app = open_app(page="models")
    assert "The model folder `other` cannot be used." in app.error[0].value
    assert "must be valid TOML" in app.error[0].value
    assert list(app.dataframe[0].value["Model"]) == ["Tiny test network"]


def test_demo_cases_are_of_the_body_part(open_app):
    offered = open_app(page="models").menu_button(key="try-tiny_model").options
    assert "Chest, child, clear" in offered
    assert not [title for title in offered if "Orientation" in title]


def test_a_demo_case_opens_on_analyse(open_app):
    app = open_app(page="models")
    app = settled(app.menu_button(key="try-tiny_model").click("chest_child_clear").run())
    assert case_of(app).study.synthetic
    app.switch_page("../analyse.py").run()
    assert app.button(key="run-tiny_model")


def test_a_source_without_counts_leaves_no_gap(open_app, card):
    path = card.folder / "card.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("n = { train = 0 }", "n = {}"), encoding="utf-8")
    assert "none: none; none" in words(open_app(page="models"))
