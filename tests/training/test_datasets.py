"""Training images and lung masks."""

import shutil

import numpy as np
import pytest
from PIL import Image

from medimg_core.errors import InputError, UnreadableFileError
from medimg_core.evaluation.folder import read_folder
from medimg_core.training.datasets import decode, find_regions_folder, load_images, load_regions
from tests.training.small import SIDE, recipe, write_folders


def test_images_classes_and_masks_belong_together(tmp_path):
    folder = write_folders(tmp_path, (2, 1))
    images = load_images(read_folder(folder, "train"), recipe())
    assert images.images.shape == (6, SIDE, SIDE)
    assert images.classes.tolist() == [0, 0, 1, 1, 2, 2]
    assert images.grey(0).dtype == np.float32
    assert float(images.grey(0).max()) <= 1
    regions = load_regions(find_regions_folder([folder]), SIDE)
    assert set(regions.cases) < {*images.cases, "IM-val-0-0", "person-val-1-0", "person-val-2-0"}
    where = images.cases.index(regions.cases[0])
    assert images.grey(where)[regions.masks[0]].mean() < images.grey(where)[~regions.masks[0]].mean()


def test_take(tmp_path):
    images = load_images(read_folder(write_folders(tmp_path, (2, 1)), "train"), recipe())
    chosen = images.take(np.array([4, 0]))
    assert chosen.classes.tolist() == [2, 0]
    assert chosen.cases == (images.cases[4], images.cases[0])


def test_lung_masks_must_be_somewhere(tmp_path):
    folder = write_folders(tmp_path, (2, 1))
    moved = tmp_path / "elsewhere"
    shutil.move(tmp_path / "chest_lungs", moved)
    with pytest.raises(InputError, match="second folder"):
        find_regions_folder([folder])
    assert find_regions_folder([folder, moved]) == moved


def test_other_sizes_are_squashed(tmp_path):
    wide = np.zeros((30, 90), np.uint8)
    wide[:, :45] = 200
    Image.fromarray(wide).save(tmp_path / "wide.png")
    square = decode(tmp_path / "wide.png", 30)
    assert square.shape == (30, 30)
    assert square[:, :14].min() == 200
    assert square[:, 16:].max() == 0


def test_what_is_wrong_is_said(tmp_path):
    folder = write_folders(tmp_path, (2, 1))
    with pytest.raises(UnreadableFileError, match="label must be one of a, b, got 'normal'"):
        load_images(
            read_folder(folder, "train"),
            recipe(classes=("x", "y"), labels=("a", "b"), positive=("y",)),
        )
    (tmp_path / "bad.png").write_bytes(b"no picture")
    with pytest.raises(UnreadableFileError, match="readable JPEG or PNG"):
        decode(tmp_path / "bad.png", 30)
