"""From a fitted plan to a model folder, and from a folder of volumes to one whose masks lie on its volumes."""

import dataclasses

import numpy as np
import pytest

from medimg_core.evaluation import evaluate
from medimg_core.evaluation.files import image_of
from medimg_core.evaluation.folder import read_folder
from medimg_core.evaluation.judging import word_of
from medimg_core.gate import gate_settings
from medimg_core.inference import segment
from medimg_core.registry import read_card
from medimg_core.training import train
from medimg_core.training.course import PlanData
from medimg_core.training.plan import UNKNOWN, MaskTarget
from medimg_core.training.samples import Origin
from medimg_core.training.shipping import outputs_of, plausible
from tests.training import volumes
from tests.training.lesions import only_masks, samples

RECIPE = """
[plan]
modality = "mr"
size = 32
cache_side = 32
bits = 16
steps = ["window", "letterbox"]
unit = "SUVbw"
window = [0.0, 20.0]
encoder = "residual"
widths = [8, 16]
head = 16
decoder = [16, 12]
dropout = 0.0
epochs = 10
repeats = 2
batch = 8
learning_rate = 1e-2
strength = 0.4
ema = 0.8

[[plan.masks]]
name = "head"
value = 1

[[plan.masks]]
name = "tail"
value = 2

[card]
title = "Parts"
task = "segmentation"
intended_use = "Tests only."
modality = ["PT"]
body_part = ["HEAD"]
weights_licence = "Apache-2.0"
limits = ["Says nothing."]

[card.mask]
extent = "volume"

[card.population]
sites = "drawn"
never_measured = ["everything"]

[[card.data]]
name = "parts"
licence = "none"
n = { train = 7, val = 2 }
split = "none"
"""


def data_of(found):
    return PlanData(found, found, ())


# --- what a card says of masks ------------------------------------------------------------------


def test_a_target_is_a_class_and_those_inside_it():
    masks = (MaskTarget("wall", "epi_mask", 0, "epicardium", ("cavity",)), MaskTarget("cavity", value=7))
    found = samples(6, classes=False)
    found.masks[:, :4] = 2
    (output,) = outputs_of(only_masks(masks=masks), {"mask": {"extent": "image"}}, data_of(found), None)
    assert output["classes"] == ["wall", "cavity"]
    assert output["mask"]["targets"] == [
        {"name": "epicardium", "column": "epi_mask", "value": 0, "classes": ["wall", "cavity"]},
        {"name": "cavity", "column": "mask", "value": 7, "classes": ["cavity"]},
    ]
    assert output["mask"]["extent"] == "image"


def test_plausible_sizes_are_shares_of_the_image_and_not_of_its_margin():
    found = samples(9, classes=False)
    found.masks[0] = UNKNOWN
    whole, half = (
        plausible(dataclasses.replace(found, origins=(Origin(inside=inside),) * 9), only_masks())
        for inside in (1.0, 0.5)
    )
    shares = [float(mask.mean()) for mask in found.masks == 1 if mask.any()]
    assert whole[0] == pytest.approx([0.5 * min(shares), 1.5 * max(shares)], rel=0.02)
    assert half[0] == pytest.approx([2 * end for end in whole[0]], rel=1e-3)


# --- volumes, from the folder to the mask ---------------------------------------------------------

WHOLE = RECIPE.replace("size = 32", "size = 32\ndepth = 8").replace('encoder = "residual"', 'encoder = "unet"')
WHOLE = (
    WHOLE.replace("widths = [8, 16]", "widths = [6, 12]")
    .replace("batch = 8", "batch = 2")
    .replace("epochs = 10", "epochs = 16")
)


@pytest.fixture(scope="module", params=[RECIPE, WHOLE], ids=["slices", "whole"])
def trained(tmp_path_factory, request):
    """The answer of a training on a folder of volumes, its model folder and the data."""
    root = tmp_path_factory.mktemp("volumes")
    data = volumes.write_volumes(root / "parts", counts=(7, 2), high=20.0)
    (root / "models" / "tiny_parts").mkdir(parents=True)
    (root / "models" / "tiny_parts" / "recipe.toml").write_text(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDIMG_MODELS", str(root / "models"))
        answer = train("tiny_parts", [data])
    return answer, root / "models" / "tiny_parts", data


def test_a_folder_of_volumes_becomes_a_model(trained):
    answer, folder, _ = trained
    card = read_card(folder)
    assert card.task == "segmentation"
    assert (card.input.unit, card.input.window) == ("SUVbw", (0.0, 20.0))
    assert {figure.data for figure in card.metrics} == {"parts val"}
    assert answer["metrics"]["dice"] > 0.8
    with np.load(card.reference) as arrays:
        cases = arrays["case"].tolist()
        assert len(arrays["embedding"]) == len(cases)
    if card.input.depth:
        assert card.input.sides == (8, 32, 32)
        assert cases == ["val0/image", "val1/image"]
        assert not gate_settings(card).fitted  # of seven volumes
        assert any("too few training images to fit a gate" in text for text in card.limits)
    else:
        assert cases[:2] == ["val0/image-001", "val0/image-002"]
        assert {curve.metric for curve in card.robustness} == {"dice"}
        assert {figure.data.split(",")[0] for figure in card.gate_figures} == {"parts val"}
        assert next(iter(card.gate_figures)).n == 2 * 6  # slices that are not blank


def test_masks_lie_on_the_volumes_that_they_are_of(trained):
    """Volumes of 7 x 20 x 14 voxels through a network of other sides: they come back as they were."""
    _, folder, data = trained
    card = read_card(folder)
    for row in read_folder(data, "val"):
        series = image_of(row.image)
        found = segment(series.volume, card, series=series, declared=word_of(card), enforce_gate=False)
        assert found.mask.shape == volumes.SHAPE
        true = volumes.labels()
        for value in (1, 2):
            ours, theirs = found.mask == value, true == value
            dice = 2 * (ours & theirs).sum() / (ours.sum() + theirs.sum())
            flipped = 2 * (ours[:, ::-1] & theirs).sum() / (ours.sum() + theirs.sum())
            assert dice > 0.75 > flipped
        assert not found.mask[0].any()


def test_it_is_evaluated_as_any_model(trained):
    answer, folder, data = trained
    found = evaluate(read_card(folder), data, split="val")
    assert found["n"] == 2
    assert set(found["targets"]) == {"head", "tail"}
    assert found["dice"] == pytest.approx(answer["metrics"]["dice"])
    assert found["seen"] == "tuned"
