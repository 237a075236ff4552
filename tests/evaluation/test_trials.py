"""Rows drawn and tried, with functions in place of a network."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from medimg_core.errors import NotApplicableError
from medimg_core.evaluation.folder import read_folder
from medimg_core.evaluation.judging import judge
from medimg_core.evaluation.networks import Classifier, Segmenter
from medimg_core.evaluation.robustness import CHANGES
from medimg_core.evaluation.trials import Pictures, chosen, masks_of, trials
from medimg_core.registry import InputSpec, MaskSpec, OutputSpec, Target, read_card
from tests.evaluation.small_folder import SHAPE, found, square, write_folder, write_mask
from tests.evaluation.test_judging import AFFINE, nifti
from tests.tiny_model import CARD, SIZE

ATTACKS = ["fgsm", "pgd"]
TARGETS = (Target("lesion", "mask", 0, ("lesion",)), Target("rim", "rim_mask", 0, ("rim",)))


@pytest.fixture
def card(tmp_path):
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "card.toml").write_text(CARD.format(id="tiny", sha256="0" * 64, size=SIZE))
    plain = read_card(tmp_path / "tiny")
    mask = MaskSpec(0.5, 0, sides=False, extent="image", plausible=(), agreement=0.0, targets=TARGETS)
    masks = OutputSpec("mask_logits", "segmentation", ("lesion", "rim"), None, "", mask)
    spec = InputSpec(SHAPE, 1, ("squash",), "any")
    return dataclasses.replace(plain, outputs=(*plain.outputs, masks), input=spec)


@pytest.fixture
def rows(tmp_path):
    """Twelve images; those with a square are the positive ones. The last has no mask."""
    root = tmp_path / "made"
    root.mkdir()
    table = []
    for i in range(12):
        write_mask(root / "m" / f"{i}.png", square(2 + i) if i % 3 else np.zeros(SHAPE, bool))
        table.append([f"{i}.png", f"m/{i}.png" if i < 11 else "", "pneumonia" if i % 3 else "normal", f"p{i // 2}"])
    return read_folder(write_folder(root, table, ("image", "mask", "label", "patient")))


def brightness(batch):
    return np.clip(batch.reshape(len(batch), -1).mean(axis=1), 0, 1).astype(float)


def bright(images):
    return [np.stack([i > 0.45, np.zeros(SHAPE, bool)]) for i in images]


def scores(asked):
    def slope(batch, truth):
        asked.append(len(batch))
        return np.where(truth, -1, 1)[:, None, None, None].astype(np.float32) * np.ones_like(batch)

    return Classifier(lambda images: np.array([float(i.mean()) for i in images]), brightness, lambda: slope)


def masks(*, attacked=True):
    def slope(batch, truth):
        return np.where(truth[:, 0, ..., None], -1, 1).astype(np.float32)

    def on_batch(batch, shapes):
        assert set(shapes) == {SHAPE}
        return bright(batch[..., 0])

    return Segmenter(bright, on_batch, (lambda: slope) if attacked else None)


def judged_of(rows):
    class Said:
        gate = type("Gate", (), {"status": "pass"})

    return judge(
        rows,
        predict=lambda row: Said(),
        segment=lambda row: found(square(2), np.zeros(SHAPE, bool)),
        targets=TARGETS,
    )


def test_every_change_and_attack_for_scores_and_for_masks(card, rows):
    asked, said = [], []
    answer = trials(
        card,
        judged_of(rows),
        name="made test",
        most=200,
        progress=lambda *args: said.append(args),
        of_scores=scores(asked),
        of_masks=masks(),
    )
    json.dumps(answer, allow_nan=False)
    names = [change.name for change in CHANGES] + ATTACKS
    assert [(curve["metric"], curve["change"]) for curve in answer] == [
        *(("auc", name) for name in names),
        *(("dice", name) for name in names),
    ]
    auc, dice = answer[0], answer[10]
    assert (auc["n"], auc["data"]) == (12, "made test")
    assert (dice["n"], dice["data"]) == (7, "made test, those with a target")
    assert auc["values"][0] == 1.0
    assert dice["values"][0] == 1.0  # the rim has no mask anywhere, and does not count
    assert answer[9]["values"][-1] <= 1.0
    assert answer[19]["data"] == dice["data"]
    assert answer[19]["values"][0] == 1.0
    assert set(asked) == {12}
    assert said[-1] == (8, 8, "robustness: attacks")


def test_a_part_of_the_rows_is_drawn_and_said(card, rows):
    answer = trials(
        card, judged_of(rows), name="made test", most=4, of_scores=scores([]), of_masks=masks(attacked=False)
    )
    assert answer[0]["n"] == 4
    assert answer[0]["data"] == "made test, 4 of 12 images drawn with seed 2026"
    assert answer[10]["data"] == "made test, those with a target, 4 of 7 images drawn with seed 2026"
    assert len(answer) == 18  # without attacks on the masks


def test_only_what_was_judged_is_tried(card, rows):
    masks_only = judge(rows, segment=lambda row: found(square(2), square(2)), targets=TARGETS)
    answer = trials(card, masks_only, name="", most=5, of_masks=masks())
    assert {curve["metric"] for curve in answer} == {"dice"}
    no_target = judge([rows[0]], segment=lambda row: found(square(2), square(2)), targets=TARGETS)
    assert trials(card, no_target, name="", most=5, of_masks=masks()) == []


def redness(batch):
    """Red against blue, 0 to 1; a grey image is 0.5."""
    means = np.stack([np.asarray(each).mean(axis=(0, 1)) for each in batch])
    return (1 + means[:, 0] - means[:, 2]) / 2


def red_slope(batch, truth):
    assert batch.shape[-1] == 3
    towards = np.array([1, 0, -1], np.float32)
    return np.asarray(np.where(truth, -1, 1)[:, None, None, None] * towards * np.ones_like(batch), np.float32)


def test_a_model_of_colours_is_tried_on_colour(card, tmp_path):
    """Red or blue squares of the same brightness: of grey images every curve would be 0.5 from its beginning on."""
    lines = ["image,label"]
    for i in range(6):
        picture = np.full((*SHAPE, 3), 90 + i, np.uint8)
        picture[6:14, 8:20, 0 if i % 2 else 2] = 220
        Image.fromarray(picture).save(tmp_path / f"{i}.png")
        lines.append(f"{i}.png,{'pneumonia' if i % 2 else 'normal'}")
    (tmp_path / "index.csv").write_text("\n".join(lines))
    card = dataclasses.replace(card, input=InputSpec(SHAPE, 3, ("squash",), "any"))
    judged = judge(read_folder(tmp_path), predict=lambda row: found(square(2)))
    shapes = set()

    def score(images):
        given = list(images)
        shapes.update(image.shape for image in given)
        return redness(given)

    curves = trials(card, judged, name="made", most=6, of_scores=Classifier(score, redness, lambda: red_slope))
    assert shapes == {(*SHAPE, 3)}
    firsts = {curve["change"]: curve["values"][0] for curve in curves}
    assert firsts == dict.fromkeys([*(change.name for change in CHANGES), *ATTACKS], 1.0)


@pytest.mark.parametrize(("count", "most", "expected"), [(10, 20, 10), (10, 10, 10), (1000, 200, 200)])
def test_rows_are_drawn_once_and_in_order(count, most, expected):
    index = chosen(count, most)
    assert len(index) == len(set(index.tolist())) == expected
    assert (np.diff(index) > 0).all()
    np.testing.assert_array_equal(index, chosen(count, most))


@pytest.mark.parametrize(("positives", "expected"), [(500, 50), (3, 1), (999, 99)])
def test_both_classes_are_drawn_in_their_share(positives, expected):
    truth = np.arange(1000) < positives
    index = chosen(1000, 100, truth)
    assert len(index) == 100
    assert truth[index].sum() == expected


def test_no_rows_are_asked_for():
    with pytest.raises(NotApplicableError, match="1 or more, got 0"):
        chosen(10, 0)


def test_pictures_are_kept_as_far_as_memory_goes():
    asked = []

    def read(place):
        asked.append(place)
        return np.full((10, 10), place, np.float32)

    pictures = Pictures(3, read, limit=800)
    for _ in range(2):
        assert [float(p[0, 0]) for p in pictures] == [0, 1, 2]
    assert asked == [0, 1, 2, 2]  # two of 400 bytes are kept
    assert len(pictures[1:]) == 2
    assert float(pictures[-1][0, 0]) == 2
    with pytest.raises(ValueError, match="read-only"):
        pictures[0][0, 0] = 1


def test_the_slice_with_the_largest_target(tmp_path):
    mask = np.zeros((5, 7, 9), np.uint8)
    mask[1, 2:4, 2:4] = 1
    mask[3, 1:6, 1:8] = 1
    nifti(tmp_path / "i.nii.gz", mask.astype(np.int16), AFFINE)
    nifti(tmp_path / "m.nii.gz", mask, AFFINE)
    (tmp_path / "index.csv").write_text("image,mask\ni.nii.gz,m.nii.gz\n")
    (row,) = read_folder(tmp_path)
    found_masks, index = masks_of(row, TARGETS)
    assert index == 3
    assert found_masks.shape == (2, 7, 9)
    assert (found_masks[0].sum(), found_masks[1].sum()) == (35, 0)
