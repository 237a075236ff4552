"""Training images with classes and masks, from three layouts."""

import numpy as np
import pytest

from medimg_core.errors import InputError, LimitError, UnreadableFileError
from medimg_core.training.loading import load
from medimg_core.training.plan import UNKNOWN, MaskTarget
from tests.training import volumes
from tests.training.lesions import SIDE, only_masks, picture, plan, write_index, write_lesions

# --- an index -----------------------------------------------------------------------------------


def test_images_classes_and_masks_belong_together(tmp_path):
    found = load(write_lesions(tmp_path), "train", plan(empty_without_file=("none",)))
    assert found.images.shape == found.masks.shape == (12, SIDE, SIDE)
    assert found.classes.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert found.groups[:4] == ("p0", "p1", "p2", "p3")
    assert found.cases[8] == "train-large-0"
    assert found.drawn().all()
    for index in range(12):
        inside = found.masks[index] == 1
        assert inside.any() == (index >= 4)
        if index >= 4:
            assert found.image(index)[inside].min() > 0.5 > found.image(index)[~inside].max()
    assert found.image(0).dtype == np.float32
    assert float(found.image(0).max()) <= 1


def test_without_a_file_a_mask_is_unknown_unless_its_label_says_empty(tmp_path):
    folder = write_lesions(tmp_path)
    assert load(folder, "val", plan()).drawn().tolist() == [False] * 2 + [True] * 4
    assert (load(folder, "val", plan()).masks[0] == UNKNOWN).all()
    assert load(folder, "val", plan(empty_without_file=("none",))).masks[0].max() == 0
    assert not load(folder, "val", plan(masks=())).drawn().any()


def test_classes_of_a_mask_come_by_value_or_by_column_and_later_ones_lie_above(tmp_path):
    grey = np.full((SIDE, SIDE), 100, np.uint8)
    labels, over = np.zeros((2, SIDE, SIDE), np.uint8)
    labels[4:12, 3:9], labels[20:28, 20:30], over[8:16, 3:6] = 1, 2, 255
    picture(tmp_path / "a.png", grey)
    picture(tmp_path / "labels.png", labels)
    picture(tmp_path / "over.png", over)
    write_index(tmp_path, [["a.png", "labels.png", "over.png"]], ("image", "mask", "over_mask"))
    masks = (MaskTarget("first", "mask", 1), MaskTarget("second", "mask", 2), MaskTarget("third", "over_mask"))
    found = load(tmp_path, "train", only_masks(masks=masks)).masks[0]
    expected = labels.copy()
    expected[8:16, 3:6] = 3
    assert np.array_equal(found, expected)


def test_rows_without_classes_have_none(tmp_path):
    found = load(write_lesions(tmp_path), "train", only_masks())
    assert set(found.classes.tolist()) == {-1}


# --- folders of classes and MedMNIST ------------------------------------------------------------


def test_three_layouts_give_the_same_images(tmp_path):
    chosen = plan(masks=())
    index = load(write_lesions(tmp_path / "index"), "train", chosen)
    for number, label in enumerate(chosen.labels):
        for i in np.flatnonzero(index.classes == number):
            picture(tmp_path / "folders" / "train" / label / f"{i}.png", index.images[i])
    folders = load(tmp_path / "folders", "train", chosen)
    np.savez(tmp_path / "set.npz", train_images=index.images, train_labels=index.classes[:, None].astype(np.uint8))
    archive = load(tmp_path / "set.npz", "train", chosen)
    order = np.array([int(case) for case in folders.cases])
    assert np.array_equal(folders.images, index.images[order])
    assert np.array_equal(folders.classes, index.classes[order])
    assert np.array_equal(archive.images, index.images)
    assert np.array_equal(archive.classes, index.classes)
    assert len(set(folders.groups)) == len(set(archive.groups)) == 12
    assert not archive.drawn().any()


def test_medmnist_images_are_brought_to_the_cached_grid(tmp_path):
    images = np.zeros((2, 28, 28, 3), np.uint8)
    images[:, :14, :, 1] = 250
    np.savez(tmp_path / "set.npz", val_images=images, val_labels=np.array([0, 2]))
    found = load(tmp_path / "set.npz", "val", plan(masks=(), channels=3))
    assert found.images.shape == (2, SIDE, SIDE, 3)
    assert found.images[0, 10, 5].tolist() == [0, 250, 0]
    assert found.images[0, 22, 5].tolist() == [0, 0, 0]


# --- what is wrong ------------------------------------------------------------------------------


def test_an_unknown_label_is_said(tmp_path):
    folder = write_lesions(tmp_path)
    with pytest.raises(UnreadableFileError, match=r"must be one of none, small, got 'large' in index.csv"):
        load(folder, "train", plan(classes=("none", "small"), labels=("none", "small"), positive=("small",)))


IMAGES, LABELS = np.zeros((3, 28, 28), np.uint8), np.array([[0], [1], [2]])


@pytest.mark.parametrize(
    ("arrays", "error", "message"),
    [
        ({"val_images": IMAGES, "val_labels": LABELS}, InputError, r"train_images and train_labels, got \['val_im"),
        ({"train_images": IMAGES}, InputError, "train_images and train_labels"),
        ({"train_images": IMAGES.astype(float), "train_labels": LABELS}, InputError, "uint8 with 1 channels"),
        ({"train_images": np.zeros((3, 8, 8, 3), np.uint8), "train_labels": LABELS}, InputError, "with 1 channels"),
        ({"train_images": IMAGES, "train_labels": LABELS + 1}, InputError, r"lie in 0..2, got 1..3"),
        ({"train_images": IMAGES, "train_labels": np.zeros((3, 14))}, InputError, r"one class an image.*\(3, 14\)"),
        ({"train_images": IMAGES, "train_labels": np.array([{}] * 3)}, UnreadableFileError, "plain arrays"),
    ],
)
def test_another_archive_is_refused(tmp_path, arrays, error, message):
    np.savez(tmp_path / "set.npz", **arrays)
    with pytest.raises(error, match=message):
        load(tmp_path / "set.npz", "train", plan(masks=()))


def test_what_is_no_archive_is_said(tmp_path):
    (tmp_path / "set.npz").write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(UnreadableFileError, match="NumPy archive"):
        load(tmp_path / "set.npz", "train", plan(masks=()))


def test_class_folders_must_hold_every_class_and_a_plan_with_classes(tmp_path):
    picture(tmp_path / "train" / "none" / "a.png", np.zeros((8, 8), np.uint8))
    with pytest.raises(InputError, match="there are none of 'small'"):
        load(tmp_path, "train", plan())
    with pytest.raises(InputError, match="holds no masks"):
        load(tmp_path, "train", only_masks())
    with pytest.raises(InputError, match=r"must hold index\.csv, or a folder 'val'"):
        load(tmp_path, "val", plan())


# --- volumes ------------------------------------------------------------------------------------


def test_each_slice_of_a_volume_is_a_sample_of_its_patient(tmp_path):
    folder = volumes.write_volumes(tmp_path)
    val = load(folder, "val", volumes.plan())
    assert val.cases == tuple(f"val{p}/image-{number:03d}" for p in (0, 1) for number in range(1, 7))
    assert val.groups == ("val0",) * 6 + ("val1",) * 6
    assert val.stacks().tolist() == [0] * 6 + [1] * 6
    assert set(np.unique(val.masks).tolist()) == {0, 1, 2}
    assert val.images.shape == val.masks.shape == (12, SIDE, SIDE)
    train = load(folder, "train", volumes.plan(empty_share=0.5))
    assert len(train) == 4 * (3 + 2)
    assert {origin.inside for origin in train.origins} == {0.6875}  # 22 of 32 columns


def test_volumes_and_pictures_may_stand_in_one_index(tmp_path):
    folder = volumes.write_volumes(tmp_path)
    picture(folder / "p.png", np.full((SIDE, SIDE), 128, np.uint8))
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[4:9, 6:20] = 2
    picture(folder / "m.png", mask)
    with (folder / "index.csv").open("a") as file:
        file.write("p.png,m.png,other,val\n")
    found = load(folder, "val", volumes.plan(bits=16))
    assert found.images.dtype == np.float16
    assert found.image(12) == pytest.approx(np.full((SIDE, SIDE), 128 / 255), abs=1e-3)
    assert (found.masks[12] == 2).sum() == 5 * 14
    assert found.cases[12] == "p"
    assert found.stacks()[12] not in found.stacks()[:12]


@pytest.mark.parametrize(("bits", "bytes_a_pixel"), [(8, 2), (16, 3), (32, 5)])
def test_memory_is_counted_and_bounded(tmp_path, bits, bytes_a_pixel):
    folder = volumes.write_volumes(tmp_path)
    need = 12 * SIDE * SIDE * bytes_a_pixel / 2**30
    assert len(load(folder, "val", volumes.plan(bits=bits, memory_gb=need * 1.001))) == 12
    with pytest.raises(LimitError, match=r"those of 2 of 2 rows take .* a smaller `cache_side`, `bits` or"):
        load(folder, "val", volumes.plan(bits=bits, memory_gb=need * 0.999))


def test_volumes_without_any_drawn_mask_are_refused(tmp_path):
    folder = volumes.write_volumes(tmp_path)
    with pytest.raises(InputError, match="slices with a drawn mask"):
        load(folder, "val", volumes.plan(masks=(MaskTarget("other", "other_mask"),)))


def test_classes_that_some_rows_do_not_name_are_undrawn_there(tmp_path):
    folder = write_lesions(tmp_path)
    lines = (folder / "index.csv").read_text().splitlines()
    rows = [line.split(",") for line in lines[1:]]
    named = [[*row, row[1] if "large" in row[0] else ""] for row in rows if row[1]]
    write_index(folder, named, ("image", "mask", "label", "patient", "split", "core_mask"))
    masks = (MaskTarget("rim"), MaskTarget("core", "core_mask"))
    found = load(folder, "train", only_masks(masks=masks))
    assert [origin.undrawn for origin in found.origins] == [0b10] * 4 + [0] * 4
    assert [set(np.unique(mask).tolist()) for mask in found.masks] == [{0, 1}] * 4 + [{0, 2}] * 4
