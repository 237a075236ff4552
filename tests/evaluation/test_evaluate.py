"""Evaluation of a model on a folder, with predictions that are known."""

import csv
import json
from types import SimpleNamespace

import numpy as np
import pytest

from medimg_core.errors import Cancelled, NotApplicableError, UnknownModelError, UnreadableFileError
from medimg_core.evaluation import evaluate, record
from medimg_core.evaluation.folder import read_folder
from medimg_core.evaluation.metrics import WEIGHTED, Decision, metric
from medimg_core.registry import load_card
from tests.evaluation.small_folder import SHAPE, found, square, write_folder, write_mask
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
    assert (answer["n"], answer["unreadable"]) == (12, [])
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


def test_images_that_cannot_be_read_are_counted_apart(models, tmp_path):
    labelled = [[f"{i}.png", "pneumonia" if i < 2 else "other", "", f"p{i}", "test"] for i in range(5)]

    def some(row):
        if row.case in ("0", "1"):
            raise UnreadableFileError("an image must be readable; this one is not: a PNG must be whole")
        return predict(row)

    answer = evaluate("tiny", write(tmp_path, labelled), predict=some, curves=True)
    reason = "an image must be readable; this one is not: a PNG must be whole"
    assert answer["unreadable"] == [{"file": "0.png", "reason": reason}, {"file": "1.png", "reason": reason}]
    assert answer["n"] == 3
    assert answer["gate"] == {"pass": 2, "mark": 1, "refuse": 2}
    assert (answer["accuracy"], answer["auc"]) == (1.0, None)
    assert "curves" not in answer  # of both classes one is left
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
    assert (answer["n"], answer["split"]) == (8, "all")
    assert answer["classes"] == {}
    assert answer["auc"] == 0.5


def test_one_class_only_leaves_null(models, tmp_path):
    folder = write(tmp_path, [[f"{i}.png", "pneumonia", "virus", f"p{i}", "test"] for i in range(5)])
    answer = evaluate("tiny", folder, predict=predict)
    assert answer["auc"] is None
    assert answer["sensitivity"] == 1.0
    json.dumps(answer, allow_nan=False)


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (("benign", "malignant"), "'benign', 'malignant'"),
        (("banana",), "'banana'"),
        (("normal", "pneumonia", "Pneumonia "), "'Pneumonia '"),  # a slip, no third answer
        (("normal", "pneumonia", "banana"), "'banana'"),
        (("no", "pneumonia", "maybe"), "'maybe', 'no'"),
        (("normal", "banana"), "'banana'"),
    ],
)
def test_labels_of_another_question_are_refused(models, tmp_path, labels, told):
    folder = write(tmp_path, [[f"{i}.png", label, "", "p", "test"] for i, label in enumerate(labels)])
    with pytest.raises(NotApplicableError, match=f"must hold 'pneumonia' or .*, got {told}$"):
        evaluate("tiny", folder, predict=predict)


@pytest.mark.parametrize(
    "labels",
    [("pneumonia", "other"), ("pneumonia", "no_pneumonia"), ("bacterial", "pneumonia", "other"), ("viral", "normal")],
)
def test_one_other_value_may_stand_for_no(models, tmp_path, labels):
    folder = write(tmp_path, [[f"{i}.png", label, "", "p", "test"] for i, label in enumerate(labels)])
    judged = record("tiny", folder, predict=predict)
    assert [row.truth for row in judged.rows] == [True] * (len(labels) - 1) + [False]


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


MASKS = """
[[outputs]]
name = "mask_logits"
kind = "segmentation"
classes = ["lesion", "rim"]

[outputs.mask]
extent = "image"

[[outputs.mask.targets]]
name = "lesion"
classes = ["lesion"]

[[outputs.mask.targets]]
name = "whole"
column = "whole_mask"
classes = ["lesion", "rim"]
"""


@pytest.fixture
def mask_models(models):
    """``both`` classifies and segments, ``masks`` only segments."""
    plain = CARD.format(id="both", sha256="0" * 64, size=SIZE)
    both = plain.replace('task = "classification"', 'task = "multi_task"').replace("[cam]", MASKS + "\n[cam]")
    start, end = both.index("[[outputs]]"), both.index(MASKS)
    masks = both[:start] + both[end : both.index("[cam]")] + "[gate]\n" + both[both.index("\n[[data]]") :]
    masks = masks.replace('"multi_task"', '"segmentation"').replace('id = "both"', 'id = "masks"')
    for name, text in (("both", both), ("masks", masks)):
        (models / name).mkdir()
        (models / name / "card.toml").write_text(text)
    return models


def mask_folder(tmp_path, labels=("pneumonia", "normal", "pneumonia", "normal")):
    """Drawn in the first three images, empty in one of them; the fourth has no mask."""
    root = tmp_path / "drawn"
    root.mkdir()
    write_mask(root / "m" / "0.png", square(4))
    write_mask(root / "m" / "1.png", np.zeros(SHAPE, bool))
    write_mask(root / "m" / "2.png", square(12))
    write_mask(root / "m" / "w.png", square(4, 12, 4))
    rows = [[f"{i}.png", f"m/{i}.png" if i < 3 else "", "", label, f"p{i}"] for i, label in enumerate(labels)]
    rows[0][2] = "m/w.png"
    return write_folder(root, rows, ("image", "mask", "whole_mask", "label", "patient"))


def finds(row):
    """The first lesion rightly, with half of its surroundings; the third a quarter too far right."""
    said = predict_by_label(row)
    if row.case == "0":
        return found(square(4), square(4, 12, 4) & ~square(4), prediction=said)
    return found(square(14) if row.case == "2" else np.zeros(SHAPE, bool), prediction=said)


def predict_by_label(row):
    score = 0.9 if row.label == "pneumonia" else 0.1
    finer = {"normal": 1 - score, "bacterial": score * 0.8, "viral": score * 0.2}
    return SimpleNamespace(score=score, class_scores=finer, gate=SimpleNamespace(status="pass"))


def test_the_contract_of_masks(mask_models, tmp_path):
    answer = evaluate("masks", mask_folder(tmp_path), segment=finds)
    json.dumps(answer, allow_nan=False)
    assert answer["n"] == 3  # those with a drawn mask
    assert answer["gate"] == {"pass": 3, "mark": 0, "refuse": 0}
    assert set(answer["targets"]) == {"lesion", "whole"}
    lesion, whole = answer["targets"]["lesion"], answer["targets"]["whole"]
    assert (lesion["n"], lesion["empty_n"], lesion["false_positive"]) == (3, 1, 0.0)
    assert lesion["dice"] == pytest.approx((1 + 0.75) / 2)
    assert lesion["iou"] == pytest.approx((1 + 0.6) / 2)
    assert lesion["hd95"] == pytest.approx((0 + 2) / 2)
    assert (whole["n"], whole["dice"], whole["empty_n"]) == (1, 1.0, 0)
    for name in ("dice", "iou", "hd95"):
        assert answer[name] == pytest.approx((lesion[name] + whole[name]) / 2)
        low, high = answer[f"{name}_ci"]
        assert low <= answer[name] <= high
    assert (answer["hd95_unit"], answer["empty_n"]) == ("px", 0.5)
    assert answer["dice_by_patient"] == pytest.approx(answer["dice"])  # one image a patient
    assert "auc" not in answer


def test_a_model_for_both_gives_both(mask_models, tmp_path):
    asked = []

    def predict(row):
        asked.append(row.case)
        return predict_by_label(row)

    answer = evaluate("both", mask_folder(tmp_path), segment=finds, predict=predict, curves=True)
    json.dumps(answer, allow_nan=False)
    assert asked == ["3"]  # the others' predictions came with their masks
    assert answer["n"] == 4
    assert (answer["auc"], answer["accuracy"], answer["reading"]) == (1.0, 1.0, "pneumonia")
    assert answer["targets"]["lesion"]["n"] == 3
    assert answer["curves"]["ap"] == 1.0
    sick = answer["subgroups"]["label"]["pneumonia"]
    assert (sick["n"], sick["sensitivity"], sick["auc"], sick["dice_n"]) == (2, 1.0, None, 2)


def test_a_model_for_both_gives_what_the_folder_has(mask_models, tmp_path):
    labels = evaluate("both", write(tmp_path, rows()), predict=predict)
    assert labels["auc"] == 1.0
    assert "dice" not in labels
    masks = evaluate("both", mask_folder(tmp_path, labels=("", "", "", "")), segment=finds)
    assert masks["n"] == 3
    assert "auc" not in masks
    assert masks["dice"] > 0.8


def test_curves_only_when_asked(models, tmp_path):
    folder = write(tmp_path, rows())
    assert "curves" not in evaluate("tiny", folder, predict=predict)
    answer = evaluate("tiny", folder, predict=predict, curves=True)
    assert answer["curves"]["confusion"] == {"tp": 8, "fp": 0, "fn": 0, "tn": 4}
    assert [row["n"] for row in answer["curves"]["reliability"]] == [0, 4, 0, 0, 0, 0, 0, 4, 0, 4]


def test_subgroups_of_the_index(models, tmp_path):
    answer = evaluate("tiny", write(tmp_path, rows()), predict=predict)
    assert set(answer["subgroups"]) == {"label", "subtype"}
    virus = answer["subgroups"]["subtype"]["virus"]
    assert (virus["n"], virus["sensitivity"], virus["auc"]) == (4, 1.0, None)


def test_a_folder_that_asks_nothing(mask_models, tmp_path):
    folder = write(tmp_path, [["a.png", "p"]], ("image", "patient"))
    with pytest.raises(NotApplicableError, match="needs drawn masks in the index"):
        evaluate("masks", folder)
    with pytest.raises(NotApplicableError, match="needs labels or drawn masks"):
        evaluate("both", folder)


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
