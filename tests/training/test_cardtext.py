"""Cards of every task, written and read back."""

import pytest

from medimg_core.registry import Curve, InputSpec, read_card
from medimg_core.training.cardtext import Measured, card_text, toml
from medimg_core.training.heads import OperatingPoint
from tests.training.lesions import plan
from tests.training.test_package import ABOUT, figure

MASK = {
    "threshold": 0.4,
    "components": 1,
    "sides": True,
    "extent": "reader",
    "agreement": 0.85,
    "plausible": [[0.01, 0.2], [0.001, 0.05]],
    "targets": [
        {"name": "a", "column": "mask", "value": 1, "classes": ["a"]},
        {"name": "both", "column": "other_mask", "value": 0, "classes": ["a", "b"]},
    ],
}
SEGMENTATION = {"name": "mask_logits", "kind": "segmentation", "classes": ["a", "b"], "mask": MASK}
READING = {"name": "large", "positive": ["large"], "positive_text": "yes", "negative_text": "no"}
CLASSIFICATION = {
    "name": "logits",
    "kind": "classification",
    "classes": plan().classes,
    "ensemble": "ensemble",
    "reading": READING,
}
CURVES = (
    Curve("noise", "standard deviation", "auc", (0.0, 0.02), (0.9, 0.8), (0.85, 0.7), (0.95, 0.9), 40, "set val"),
    Curve("gradient", "1/255", "dice", (0.0, 1.0, 8.0), (0.9, 0.5, 0.1), (0.8, 0.4, 0.0), (1.0, 0.6, 0.2), 9, "set"),
)


def card(tmp_path, task, outputs, **measured):
    folder = tmp_path / "tiny"
    folder.mkdir(exist_ok=True)
    given = Measured(**{"input": plan().input, "outputs": outputs, **measured})
    text = card_text("tiny", "ab" * 32, {**ABOUT, "task": task, "region": "lesion"}, given)
    (folder / "card.toml").write_text(text, encoding="utf-8")
    return read_card(folder)


def test_a_card_that_segments_reads_back(tmp_path):
    spec = InputSpec((192, 192), 1, ("window", "letterbox"), "HU", (-100.0, 300.0))
    found = card(tmp_path, "segmentation", [SEGMENTATION], input=spec, robustness=CURVES)
    assert found.input == spec
    assert found.classification is None
    assert found.cam is None
    assert found.thresholds == ()
    mask = found.segmentation.mask
    assert (mask.threshold, mask.components, mask.sides, mask.extent) == (0.4, 1, True, "reader")
    assert mask.plausible == ((0.01, 0.2), (0.001, 0.05))
    assert mask.agreement == 0.85
    assert [(t.name, t.column, t.value, t.classes) for t in mask.targets] == [
        ("a", "mask", 1, ("a",)),
        ("both", "other_mask", 0, ("a", "b")),
    ]
    assert found.robustness == CURVES
    assert found.region == "lesion"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_card_of_both_tasks_reads_back_whatever_comes_first(tmp_path, order):
    outputs = [(CLASSIFICATION, SEGMENTATION)[i] for i in order]
    found = card(
        tmp_path,
        "multi_task",
        outputs,
        cam=True,
        calibration={"temperature": 1.25, "prevalence": 0.3},
        thresholds={
            "balanced": (OperatingPoint(0.31, 0.9, 0.8), "set val"),
            "sensitivity_first": (OperatingPoint(0.11, 0.97, 0.5), "set val"),
        },
        figures={"metrics": [figure("auc", 0.9), figure("dice", 0.8)], "shortcuts": [figure("frame_only_auc", 0.6)]},
        robustness=CURVES,
    )
    assert [output.name for output in found.outputs] == [output["name"] for output in outputs]
    assert found.classification.reading.positive == ("large",)
    assert found.classification.ensemble == "ensemble"
    assert found.segmentation.mask.targets[1].classes == ("a", "b")
    assert (found.cam.layer, found.cam.head) == ("features", "pooling_dense")
    assert [t.name for t in found.thresholds] == ["balanced", "sensitivity_first"]
    assert [f.name for f in found.metrics] == ["auc", "dice"]
    assert found.shortcuts[0].ci == (0.55, 0.65)
    assert len(found.robustness) == 2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "true"),
        (3, "3"),
        (3.0, "3.0"),
        (8 / 255, "0.0313725"),
        (1e-9, "1e-09"),
        ((1, 0.5), "[1, 0.5]"),
        ([[0.1, 1.0]], "[[0.1, 1.0]]"),
        ('a "quoted" – word\n', r'"a \"quoted\" – word\n"'),
        ({"train": 3}, "{ train = 3 }"),
        ((), "[]"),
    ],
)
def test_values_are_written_as_toml(value, expected):
    import tomllib

    assert toml(value) == expected
    read = tomllib.loads(f"value = {toml(value)}")["value"]
    plain = list(value) if isinstance(value, tuple) else value
    assert read == (pytest.approx(plain, rel=1e-5) if isinstance(plain, float) else plain)
