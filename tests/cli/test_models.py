"""``medimg models``: what is wrong with each folder, and a folder for a network of one's own."""

import json
from pathlib import Path

import pytest

from medimg_core.cli import main
from tests.engine.keras_files import dense, layer, network, write
from tests.engine.test_inspection import folder_of
from tests.engine.test_skeleton import pooled


@pytest.fixture
def models(tmp_path, monkeypatch):
    """The folder of models."""
    monkeypatch.setenv("MEDIMG_MODELS", str(tmp_path / "models"))
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def answer(capfd, *arguments):
    """Exit code and the answer."""
    code = main(["models", *arguments, "--json"])
    return code, json.loads(capfd.readouterr().out)


def test_every_folder_has_its_entry_with_what_is_wrong(models, capfd):
    (models / "letters").mkdir()
    (models / "letters" / "card.toml").write_bytes(b"\xff\xfe")
    write_unsafe(models)
    (models / "bare").mkdir()
    write(models / "bare" / "weights.keras")
    code, found = answer(capfd, "--check")
    assert code == 1
    assert found["holds"] is False
    rows = {row["id"]: row for row in found["models"]}
    assert list(rows) == ["bare", "letters", "own"]
    assert not any(row["ok"] for row in rows.values())
    assert rows["bare"]["problems"] == ["model folder bare must hold card.toml; there is none"]
    assert rows["letters"]["problems"][0].startswith("card letters must be valid TOML")
    assert rows["own"]["title"] == "Tiny test network"
    assert any("layer 'evil' is a Lambda, which runs code" in problem for problem in rows["own"]["problems"])


def write_unsafe(models: Path) -> None:
    folder_of(models, config=network(layer("Lambda", "evil"), dense("logits")))


def test_one_folder_can_be_asked_for(models, capfd):
    write_unsafe(models)
    (models / "other").mkdir()
    (models / "other" / "card.toml").write_text("")
    code, found = answer(capfd, "other", "--check")
    assert code == 1
    assert [row["id"] for row in found["models"]] == ["other"]
    assert main(["models", "none", "--check"]) == 1
    assert "model id must be one of other, own, got 'none'" in capfd.readouterr().err


def test_the_list_names_what_is_broken_and_shows_the_rest(models, capfd):
    folder_of(models)
    (models / "other").mkdir()
    (models / "other" / "card.toml").write_text("")
    code, found = answer(capfd)
    assert code == 0
    assert [row["id"] for row in found["models"]] == ["own"]
    assert [row["id"] for row in found["broken"]] == ["other"]
    assert found["broken"][0]["problems"][0] == "card other must have `schema`; it is missing"


def test_a_gate_that_cannot_work_is_a_problem(models, capfd):
    folder = folder_of(models)
    text = (folder / "card.toml").read_text()
    (folder / "card.toml").write_text(text.replace("[gate]", '[gate]\nmethod = "guess"'))
    _, found = answer(capfd, "--check")
    assert any("[gate] must have method" in problem for problem in found["models"][0]["problems"])


def test_warming_passes_over_what_cannot_be_used(models, capfd, medimg_cache):
    write_unsafe(models)
    assert main(["warm", "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert found["ready"] == []
    assert [row["id"] for row in found["failed"]] == ["own"]
    assert "layer 'evil' is a Lambda" in found["failed"][0]["reason"]


def test_a_new_model_begins_with_its_network(models, capfd, tmp_path):
    weights = write(tmp_path / "network.keras", pooled(dense(units=2, activation="softmax")))
    code, found = answer(capfd, "--new", "mine", "--weights", str(weights))
    assert code == 0
    assert found["model"] == "mine"
    assert any("still says TODO in title" in left for left in found["left"])
    assert (models / "mine" / "weights.keras").read_bytes() == weights.read_bytes()
    assert 'layer = "features"' in (models / "mine" / "card.toml").read_text()
    code, found = answer(capfd, "mine", "--check")
    assert code == 1
    assert found["models"][0]["ok"] is False


@pytest.mark.parametrize(
    ("name", "config", "message"),
    [
        ("Mine!", None, "must be small letters, digits and _"),
        ("../mine", None, "must be small letters, digits and _"),
        ("taken", None, "there is a folder taken"),
        ("mine", network(layer("Lambda", "evil")), "is a Lambda"),
        ("mine", "", "needs --weights FILE"),
    ],
)
def test_what_cannot_begin_leaves_nothing_behind(models, capfd, tmp_path, name, config, message):
    (models / "taken").mkdir()
    weights = tmp_path / "network.keras"
    if config != "":
        write(weights, config)
    assert main(["models", "--new", name, "--weights", str(weights)]) == 1
    assert message in capfd.readouterr().err
    assert [path.name for path in models.iterdir()] == ["taken"]
