"""Everything that is wrong with a model's folder, in one list."""

import pytest

from medimg_core.engine import model_problems
from medimg_core.registry import sha256_of
from tests.engine.broken_exports import BROKEN, PARTS, write_broken
from tests.engine.keras_files import layer, network, write
from tests.tiny_model import CARD


def folder_of(tmp_path, text=CARD, config=None, size=32):
    folder = tmp_path / "own"
    folder.mkdir()
    write(folder / "weights.keras", config or network(*PARTS))
    text = text.format(id="own", sha256=sha256_of(folder / "weights.keras"), size=size)
    (folder / "card.toml").write_text(text, encoding="utf-8")
    return folder


def problems_of(folder):
    return model_problems(folder, run=False)


def test_a_good_folder_has_none(tmp_path):
    assert problems_of(folder_of(tmp_path)) == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "Tiny test network"', 'title = " "', "`title` must not be empty"),
        ('weights_licence = "Apache-2.0"', 'weights_licence = ""', "`weights_licence` must not be empty"),
        ('licence = "none"', 'licence = ""', "`data[0].licence` must not be empty"),
        ('sites = "none: random weights"', 'sites = "TODO"', "the card still says TODO in population.sites"),
        ('limits = ["Its', 'limits = ["TODO: Its', "the card still says TODO in limits"),
        ('"no pneumonia label"', '"normal"', "must not call anybody normal or healthy"),
        ('layer = "features"', 'layer = "feature"', "`cam.layer` = 'feature' must be a layer of the network; near:"),
        ('name = "logits"', 'name = "logit"', "`outputs[0].name` = 'logit' must be a layer of the network; near:"),
        ('ensemble = "ensemble"', 'ensemble = "assembly"', "`outputs[0].ensemble` = 'assembly' must be a layer"),
        ("channels = 1", "channels = 3", "`input` says (32, 32, 3) (rows, columns, channels); the network takes"),
        ('name = "logits"', 'name = "ensemble"', "layer 'ensemble' gives 12 values; the 3 classes of the card need 3"),
        ('sha256 = "', 'sha256 = "0', "if these are the weights you mean, write sha256 = "),
        ("uses_outside = true", "", "card own must have `uses_outside`; it is missing"),
    ],
)
def test_one_mistake_gives_one_sentence(tmp_path, old, new, message):
    assert old in CARD
    (problem,) = problems_of(folder_of(tmp_path, CARD.replace(old, new, 1)))
    assert message in problem


def test_all_mistakes_are_told_at_once(tmp_path):
    text = CARD.replace("channels = 1", "channels = 2").replace('title = "Tiny test network"', 'title = "TODO"')
    text = text.replace('sha256 = "{sha256}"\n', "")
    folder = folder_of(tmp_path, text, network(layer("Lambda", "evil"), *PARTS))
    found = problems_of(folder)
    assert [text.split(";")[0][:60] for text in found] == [
        "card own must have `sha256`",
        "card own [input] `channels` must be 1 or 3, got 2",
        "the card still says TODO in title",
        f"weights.keras has SHA-256 {sha256_of(folder / 'weights.keras')}"[:60],
        "weights must be made of built-in Keras layers only",
    ]
    assert "layer 'evil' is a Lambda" in found[-1]


def test_no_weights_and_no_card(tmp_path):
    folder = folder_of(tmp_path)
    (folder / "weights.keras").unlink()
    assert problems_of(folder) == ("model own needs weights.keras in its folder; there is none",)
    (folder / "card.toml").unlink()
    assert problems_of(folder)[0] == "model folder own must hold card.toml; there is none"


def test_an_abnormality_is_not_called_normal(tmp_path):
    assert problems_of(folder_of(tmp_path, CARD.replace('"no pneumonia label"', '"no abnormality label"'))) == ()


@pytest.mark.parametrize("content", [b"\xff", b"= =", b"a = " + b"[" * 3000])
def test_a_card_that_is_no_toml_is_one_problem(tmp_path, content):
    folder = folder_of(tmp_path)
    (folder / "card.toml").write_bytes(content)
    (problem,) = problems_of(folder)
    assert "must be valid TOML" in problem


def test_what_keras_cannot_build_is_told_without_a_traceback(tmp_path, medimg_cache):
    (problem,) = model_problems(folder_of(tmp_path))
    assert "could not be exported to ONNX: weights must be a network that Keras" in problem
    assert "Traceback" not in problem


@pytest.mark.parametrize("kind", BROKEN)
def test_what_cannot_be_run_is_told_without_a_traceback(tmp_path, monkeypatch, kind):
    monkeypatch.setenv("MEDIMG_CACHE", str(tmp_path / "cache"))
    (problem,) = model_problems(write_broken(tmp_path / "own", kind).folder)
    assert problem.startswith("ONNX Runtime must run the network of own; ")


def test_the_shipped_model_has_none(shipped_model):
    assert problems_of(shipped_model.folder) == ()
