"""Evaluation of a model on a folder, with predictions that are known."""

import csv
import json
from types import SimpleNamespace

import numpy as np
import pytest

from medimg_core.errors import Cancelled, NotApplicableError, UnknownModelError
from medimg_core.evaluation import evaluate
from medimg_core.evaluation.folder import read_folder
from medimg_core.evaluation.metrics import WEIGHTED, Decision, metric
from medimg_core.registry import load_card
from tests.tiny_model import CARD, SIZE

SCORES = {"normal": 0.1, "bacteria": 0.9, "virus": 0.7}


@pytest.fixture
def models(tmp_path, monkeypatch):
    folder = tmp_path / "models" / "tiny"
    folder.mkdir(parents=True)
    (folder / "card.toml").write_text(CARD.format(id="tiny", sha256="0" * 64, size=SIZE))
    monkeypatch.setenv("MEDIMG_MODELS", str(tmp_path / "models"))
    return folder.parent


def write(root, rows, columns=("image", "label", "subtype", "patient", "split")):
    folder = root / "images"
    folder.mkdir(exist_ok=True)
    for row in rows:
        (folder / row[0]).write_bytes(b"x")
    with (folder / "index.csv").open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return folder


def rows(n=12, split="test"):
    kinds = [("normal", "normal"), ("pneumonia", "bacteria"), ("pneumonia", "virus")]
    return [[f"{i}.png", *kinds[i % 3], f"p{i // 2}", split] for i in range(n)]


def predict(row):
    score = SCORES[row.subtype or "normal"]
    status = "refuse" if row.case == "0" else "mark" if row.case in ("1", "2") else "pass"
    finer = {"normal": 1 - score, "bacterial": score * 0.8, "viral": score * 0.2}
    if row.subtype == "virus":
        finer = {"normal": 1 - score, "bacterial": score * 0.2, "viral": score * 0.8}
    return SimpleNamespace(score=score, class_scores=finer, gate=SimpleNamespace(status=status))


def test_the_contract_of_the_command_line(models, tmp_path):
    answer = evaluate("tiny", write(tmp_path, rows()), predict=predict)
    assert (answer["model"], answer["weights_sha256"], answer["split"]) == ("tiny", "0" * 64, "test")
    assert answer["n"] == 12
    assert answer["gate"] == {"pass": 9, "mark": 2, "refuse": 1}  # refused rows are counted, and measured
    assert answer["threshold"] == 0.5
    assert answer["auc"] == answer["accuracy"] == answer["sensitivity"] == answer["specificity"] == 1.0
    assert answer["brier"] == pytest.approx((4 * 0.01 + 4 * 0.01 + 4 * 0.09) / 12)
    for name in WEIGHTED:
        low, high = answer[f"{name}_ci"]
        assert low <= high
    assert set(answer["classes"]) == {"normal", "bacterial", "viral"}
    assert answer["classes"]["viral"]["accuracy"] == 1.0
    assert set(WEIGHTED) < set(answer["classes"]["normal"])
    json.dumps(answer, allow_nan=False)


def test_wrong_answers_are_counted(models, tmp_path):
    def always_yes(row):
        finer = {"normal": 0.2, "bacterial": 0.5, "viral": 0.3}
        return SimpleNamespace(score=0.8, class_scores=finer, gate=SimpleNamespace(status="pass"))

    answer = evaluate("tiny", write(tmp_path, rows()), predict=always_yes)
    assert (answer["auc"], answer["sensitivity"], answer["specificity"]) == (0.5, 1.0, 0.0)
    assert answer["accuracy"] == pytest.approx(8 / 12)
    assert answer["classes"]["bacterial"]["sensitivity"] == 1.0
    assert answer["classes"]["viral"]["sensitivity"] == 0.0


def test_only_the_split_asked_for(models, tmp_path):
    folder = write(tmp_path, rows(6, "val") + [[f"t{i}.png", *r[1:4], "test"] for i, r in enumerate(rows(9))])
    assert evaluate("tiny", folder, split="val", predict=predict)["n"] == 6
    assert evaluate("tiny", folder, predict=predict)["n"] == 9


def test_without_split_and_subtype_all_rows_and_no_classes(models, tmp_path):
    folder = write(tmp_path, [[f"{i}.png", "pneumonia" if i % 2 else "other"] for i in range(8)], ("image", "label"))
    answer = evaluate("tiny", folder, predict=predict)
    assert answer["n"] == 8
    assert answer["classes"] == {}
    assert answer["auc"] == 0.5


def test_one_class_only_leaves_null(models, tmp_path):
    folder = write(tmp_path, [[f"{i}.png", "pneumonia", "virus", f"p{i}", "test"] for i in range(5)])
    answer = evaluate("tiny", folder, predict=predict)
    assert answer["auc"] is None
    assert answer["sensitivity"] == 1.0
    json.dumps(answer, allow_nan=False)


def test_labels_of_another_question_are_refused(models, tmp_path):
    folder = write(tmp_path, [["a.png", "benign", "", "p", "test"], ["b.png", "malignant", "", "q", "test"]])
    with pytest.raises(NotApplicableError, match=r"must hold 'pneumonia'.*got benign, malignant"):
        evaluate("tiny", folder, predict=predict)


def test_progress_may_cancel(models, tmp_path):
    said = []

    def stop(done, total, text):
        said.append((done, total))
        if done == 3:
            raise Cancelled("stopped by the user")

    with pytest.raises(Cancelled):
        evaluate("tiny", write(tmp_path, rows()), predict=predict, progress=stop)
    assert said == [(0, 12), (1, 12), (2, 12), (3, 12)]


def test_unknown_models(models, tmp_path):
    with pytest.raises(UnknownModelError):
        evaluate("other", tmp_path)


@pytest.mark.real_data
def test_the_shipped_model_on_validation_images(data_dir, tmp_path):
    """The card's figure again, through the dashboard's own door, on a part of the split."""
    chosen = read_folder(data_dir / "chest_xray", "val")[::12]
    folder = tmp_path / "some"
    folder.mkdir()
    lines = []
    for row in chosen:
        (folder / row.image.name).write_bytes(row.image.read_bytes())
        lines.append([row.image.name, row.label, row.subtype, row.group])
    with (folder / "index.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("image", "label", "subtype", "patient"), *lines])
    answer = evaluate("chest_xray_pneumonia", folder)
    assert answer["n"] == len(chosen) == 60
    assert sum(answer["gate"].values()) == 60
    with np.load(load_card("chest_xray_pneumonia").reference) as reference:
        known = dict(zip(reference["case"].tolist(), reference["score"].tolist(), strict=True))
    score = np.array([known[row.case] for row in chosen])
    truth = np.array([row.label == "pneumonia" for row in chosen])
    expected = Decision(truth, score, score >= answer["threshold"])
    for name in ("auc", "accuracy", "brier"):
        assert answer[name] == pytest.approx(metric(name, expected), abs=2e-3)
