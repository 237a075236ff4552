"""Evaluations whose figures are known, and folders small enough to be written in the test."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image

from medimg_core.evaluation import Evaluation, Verdict
from medimg_core.evaluation.overlap import Overlap

COLUMNS = ("image", "mask", "label", "patient", "split")
SHAPE = (24, 32)


def verdict(case, truth, score, *, cut=0.5, gate="pass", **more):
    return Verdict(
        case, Path("/folder") / f"{case}.png", "p" if truth else "n", gate, truth, score, score >= cut, **more
    )


def overlap(dice, *, true=100):
    """A mask as large as the drawn one; 20 voxels where nothing was drawn."""
    return Overlap(round(dice * true), true, true, 2.0, "px") if true else Overlap(0, 20, 0, float("nan"), "px")


def metrics(*names, value=0.75):
    return dict.fromkeys(names, value) | {f"{name}_ci": [0.6, 0.9] for name in names}


def reading_evaluation(**facts):
    """Two of each class decided, one of each wrongly."""
    rows = (verdict("right", True, 0.9), verdict("low", True, 0.1, gate="mark"), verdict("high", False, 0.8),
            verdict("quiet", False, 0.2))  # fmt: skip
    answer = {
        "model": "tiny_model",
        "weights_sha256": "ab" * 32,
        "split": "val",
        "seen": None,
        "n": 4,
        "gate": {"pass": 3, "mark": 1, "refuse": 0},
        "unreadable": [],
        "reading": "pneumonia",
        "threshold": 0.5,
        **metrics("auc", "accuracy", "sensitivity", "specificity", "f1", "ece", "brier"),
        "classes": {"viral": {"n": 2, **metrics("auc", "sensitivity", "specificity", "f1")}},
        "subgroups": {"age": {"0-17": {"n": 3, "auc": None, **metrics("accuracy")},
                              "unknown": {"n": 1, "auc": None, **metrics("accuracy")}}},
        **facts,
    }  # fmt: skip
    return Evaluation(answer, rows)


def curves():
    return {
        **metrics("ap"),
        "roc": {"fpr": [0, 0.5, 1], "tpr": [0, 0.5, 1], "thresholds": [None, 0.8, 0.1]},
        "pr": {"precision": [0.5, 1, 1], "recall": [1, 0.5, 0], "thresholds": [0.1, 0.9, None]},
        "confusion": {"tp": 1, "fp": 1, "fn": 1, "tn": 1},
        "reliability": [
            {"low": 0.0, "high": 0.1, "n": 0, "score": None, "observed": None},
            {"low": 0.1, "high": 0.2, "n": 4, "score": 0.15, "observed": 0.5},
        ],
    }


def curve(metric="auc"):
    return {
        "change": "noise",
        "unit": "%",
        "metric": metric,
        "strengths": [0.0, 5.0],
        "values": [0.9, 0.8],
        "low": [0.8, 0.7],
        "high": [0.95, 0.9],
        "n": 4,
        "data": "images val",
    }


def mask_evaluation():
    """Three images with a lesion, one without in which something was found."""
    both = [("fair", 0.6, 0.8), ("good", 0.9, 0.9), ("poor", 0.2, 0.4)]
    rows = [
        Verdict(
            name, Path("/folder") / f"{name}.png", "", "pass", overlaps={"lesion": overlap(one), "rim": overlap(two)}
        )
        for name, one, two in both
    ]
    rows.append(
        Verdict("none", Path("/folder/none.png"), "", "pass", overlaps={"lesion": overlap(0, true=0), "rim": None})
    )
    names = ("dice", "iou", "hd95", "volume_error", "volume_bias")
    lesion = {"n": 4, "empty_n": 1, "missed_n": 0, "hd95_unit": "px", **metrics(*names), **metrics("false_positive")}
    rim = {"n": 3, "empty_n": 0, "missed_n": 0, "hd95_unit": "px", **metrics(*names, value=0.5), "false_positive": None}
    answer = {
        "model": "tiny_model",
        "weights_sha256": "ab" * 32,
        "split": "",
        "seen": None,
        "n": 4,
        "gate": {"pass": 4, "mark": 0, "refuse": 0},
        "unreadable": [],
        **metrics(*names, value=0.625),
        **metrics("false_positive"),
        "hd95_unit": "px",
        "empty_n": 0.5,
        "missed_n": 0,
        "targets": {"lesion": lesion, "rim": rim},
        "subgroups": {},
    }
    return Evaluation(answer, tuple(rows))


def write_folder(root, count=6, *, labels=("benign", "malignant"), split="val", masks=True):
    """Grey pictures with a bright square, which is drawn; every second of the first label."""
    root.mkdir(parents=True, exist_ok=True)
    lines = []
    for number in range(count):
        grey = np.random.default_rng(number).integers(60, 120, SHAPE).astype(np.uint8)
        square = np.zeros(SHAPE, bool)
        square[6:16, 4 + number : 16 + number] = True
        grey[square] = 250
        grey[0, :8] = 0
        Image.fromarray(grey).save(root / f"image{number}.png")
        Image.fromarray(square).save(root / f"mask{number}.png")
        label = labels[number % 2]
        lines.append([f"image{number}.png", f"mask{number}.png" if masks else "", label, f"p{number}", split])
    with (root / "index.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *lines])
    return root
