"""From folders to a model folder that the registry reads and the engine's graph can run."""

import json

import numpy as np
import pytest

from medimg_core.errors import UnknownModelError
from medimg_core.preprocess import prepare
from medimg_core.registry import read_card
from medimg_core.training import train
from medimg_core.training.datasets import decode
from medimg_core.training.finish import remeasure_shortcuts
from medimg_core.training.heads import log_odds, sigmoid
from medimg_core.training.recipe import read_recipe
from medimg_core.training.stages import read_data, stage_fit
from tests.training.small import SIDE, recipe, write_folders

RECIPE = """
[training]
size = 32
cache_side = 48
stem = 4
widths = [8, 12]
blocks = [1, 1]
epochs = 10
batch = 8
warm_up = 0.5
learning_rate = 1e-2
null_share = 0.05
exterior_share = 0.1
ema = 0.5
members = 2
members_passes = 1
calibration_passes = 2
mixed = false
region_epochs = 1
region_size = 32
baseline_size = 40
baseline_epochs = 1

[card]
title = "Tiny"
task = "classification"
intended_use = "Tests only."
modality = ["CR"]
body_part = ["CHEST"]
weights_licence = "Apache-2.0"
limits = ["Says nothing."]

[card.population]
age_years = [1, 5]
sites = "drawn"
never_measured = ["everything"]

[card.reading]
positive_text = "pneumonia label"
negative_text = "no pneumonia label"

[[card.data]]
name = "chest"
licence = "none"
n = { train = 30 }
split = "none"
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    root = tmp_path_factory.mktemp("training")
    folder = write_folders(root)
    (root / "models" / "tiny").mkdir(parents=True)
    (root / "models" / "tiny" / "recipe.toml").write_text(RECIPE)
    return root, folder


@pytest.fixture(scope="module")
def trained(place):
    root, folder = place
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDIMG_MODELS", str(root / "models"))
        said = []
        baseline = train("tiny", [folder], baseline=True, out=None)
        answer = train("tiny", [folder], progress=lambda done, total, text: said.append((done, total, text)))
    return root / "models" / "tiny", answer, baseline, said


def test_the_model_folder_is_complete(trained):
    folder, answer, _, said = trained
    card = read_card(folder)
    card.check_weights()
    assert [(source.name, dict(source.n)) for source in card.data] == [("chest", {"train": 30})]
    assert answer["weights_sha256"] == card.sha256
    assert {path.name for path in folder.iterdir()} == {
        "card.toml", "weights.keras", "reference.npz", "README.md", "recipe.toml", "learning_curve.csv", "LICENSE",
    }  # fmt: skip
    assert [t.name for t in card.thresholds] == ["balanced", "sensitivity_first"]
    assert card.prevalence == pytest.approx(2 / 3, abs=1e-5)
    names = {figure.name for figure in card.shortcuts}
    assert {"frame_only_auc", "lungs_filled_mean_auc", "exterior_opposite_auc"} <= names
    assert any("two convolutions" in figure.note for figure in card.metrics)
    assert all(figure.ci[0] <= figure.ci[1] for figure in card.metrics if figure.ci)
    assert all(0 <= done <= total for done, total, _ in said)
    json.dumps(dict(answer))


def test_reference_and_weights_agree(trained, place):
    import keras

    folder, _, _, _ = trained
    card = read_card(folder)
    with np.load(folder / "reference.npz") as reference:
        arrays = {name: reference[name] for name in reference.files}
    assert str(arrays["sha256"]) == card.sha256
    count, width = arrays["embedding"].shape
    assert (count, width) == (15, 12)
    assert arrays["train_mean"].shape == (3, width)
    assert arrays["train_precision"].shape == arrays["background_precision"].shape == (width, width)
    assert arrays["background_mean"].shape == (width,)
    assert arrays["outcome"].sum() == 10
    assert (arrays["cam_max"] >= 0).all()
    network = keras.models.load_model(card.weights)
    case = str(arrays["case"][7])
    image = decode(place[1] / "images" / f"{case}.png", SIDE)
    logits, ensemble = (np.asarray(part) for part in network(prepare(image, card.input)))
    assert logits.shape == (1, 3)
    assert ensemble.shape == (1, 6)
    score = sigmoid(log_odds(logits, recipe()) / card.temperature)
    assert float(score[0]) == pytest.approx(float(arrays["score"][7]), abs=1e-4)
    features = keras.Model(network.inputs, network.get_layer(card.cam.layer).output)(prepare(image, card.input))
    kernel = network.get_layer("logits").get_weights()[0]
    inside = np.exp(logits[0, 1:]) / np.exp(logits[0, 1:]).sum()
    weights = (kernel[:, 1:] @ inside - kernel[:, 0]) / (features.shape[1] * features.shape[2])
    assert max(0.0, float((np.asarray(features[0]) @ weights).max())) == pytest.approx(
        float(arrays["cam_max"][7]), abs=1e-4
    )


def test_the_baseline_ships_nothing(trained):
    folder, _, baseline, _ = trained
    assert set(baseline["metrics"]) >= {"auc", "accuracy", "frame_only_auc"}
    run = folder.parent.parent / "runs" / "tiny"
    assert (run / "baseline" / "figures.json").is_file()
    assert (run / "regions.npz").is_file()


def test_training_again_goes_on_from_the_last_epoch(trained, place):
    root, folder = place
    said = []
    chosen = read_recipe(root / "models" / "tiny" / "recipe.toml")
    fitted, _ = stage_fit(
        read_data([folder], chosen),
        chosen,
        root / "runs" / "tiny",
        lambda done, total, text: said.append(text),
        resume=True,
        time_limit=None,
    )
    assert fitted.epochs == 10
    assert len(fitted.history) == 10
    assert said == []  # neither lung masks nor an epoch


def test_unknown_models_are_named():
    with pytest.raises(UnknownModelError, match="got 'nonesuch'"):
        train("nonesuch", [])


def test_measuring_again_gives_the_same_figures_and_leaves_the_weights(trained, place):
    folder, answer, _, _ = trained
    before = read_card(folder)
    remeasure_shortcuts(folder, read_data([place[1]], read_recipe(folder / "recipe.toml")))
    after = read_card(folder)
    after.check_weights()
    assert after.sha256 == answer["weights_sha256"]
    assert after.uses_outside == before.uses_outside
    assert [f.name for f in after.shortcuts] == [f.name for f in before.shortcuts]
    assert [f.value for f in after.shortcuts] == pytest.approx([f.value for f in before.shortcuts], abs=1e-4)
    assert after.metrics == before.metrics
    assert after.gate == before.gate
