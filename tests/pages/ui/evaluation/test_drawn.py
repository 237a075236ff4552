"""Drawn masks beside the model's."""

import gc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medimg_core.errors import UnreadableFileError
from medimg_core.evaluation import Verdict
from medimg_core.evaluation.files import image_of
from medimg_core.registry import OutputSpec, load_card
from medimg_core.registry.network import MaskSpec, Target
from pages._ui.evaluation import drawn
from tests.pages.ui.evaluation.made import write_folder


def row_of(folder: Path, **masks: str) -> Verdict:
    image = folder / "image0.png"
    return Verdict("image0", image, "", "pass", masks={name: folder / file for name, file in masks.items()})


def with_targets(*targets):
    output = OutputSpec(
        "mask_logits", "segmentation", ("lesion",), None, "", MaskSpec(0.5, 0, False, "image", (), 0.0, targets)
    )
    return replace(load_card("chest_xray_pneumonia"), outputs=(output,))


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "some")


def test_the_targets_of_a_model_that_segments(folder):
    row = row_of(folder, mask="mask0.png", other_mask="mask1.png")
    volume = image_of(row.image).volume
    (one,) = drawn.read(with_targets(Target("lesion", "mask", 0, ("lesion",))), row, volume)
    assert (one.name, one.mask.shape, one.mask.dtype) == ("lesion", (1, 24, 32), np.uint8)
    assert one.mask[0, 6:16, 4:16].all()
    assert one.mask.sum() == 120
    assert not one.mask.flags.writeable


def test_every_mask_for_a_model_that_does_not(folder):
    row = row_of(folder, mask="mask0.png", other_mask="mask1.png")
    card = load_card("chest_xray_pneumonia")
    masks = drawn.read(card, row, image_of(row.image).volume)
    assert [one.name for one in masks] == ["mask", "other_mask"]
    assert drawn.read(card, row_of(folder), image_of(row.image).volume) == ()


def test_a_mask_of_another_size_is_told(folder):
    Image.fromarray(np.ones((5, 5), bool)).save(folder / "small.png")
    row = row_of(folder, mask="small.png")
    with pytest.raises(UnreadableFileError, match="slices, rows and columns"):
        drawn.read(load_card("chest_xray_pneumonia"), row, image_of(row.image).volume)


def test_they_lie_over_their_volume_alone_and_go_with_it(folder):
    row = row_of(folder, mask="mask0.png", other_mask="mask1.png")
    volume, other = image_of(row.image).volume, image_of(row.image).volume
    drawn.keep(volume, drawn.read(load_card("chest_xray_pneumonia"), row, volume))
    first, second = drawn.overlays(volume)
    assert (first.title, first.model, first.editable) == ("Drawn mask: mask", False, False)
    assert first.key != second.key
    assert first.labels[0].colour != second.labels[0].colour
    assert drawn.overlays(other) == drawn.overlays(None) == []
    gc.collect()  # volumes of tests before
    held = len(drawn._kept)
    del volume
    gc.collect()
    assert len(drawn._kept) == held - 1
