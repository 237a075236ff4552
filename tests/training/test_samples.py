"""Training images with classes and masks, from three layouts."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from medimg_core.errors import InputError, UnreadableFileError
from medimg_core.training.plan import UNKNOWN, MaskTarget
from medimg_core.training.samples import decode, decode_mask, joined, load
from tests.training.lesions import SIDE, only_masks, plan, samples, write_index, write_lesions


def image_of(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)
    return path


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
    image_of(tmp_path / "a.png", grey)
    image_of(tmp_path / "labels.png", labels)
    image_of(tmp_path / "over.png", over)
    write_index(tmp_path, [["a.png", "labels.png", "over.png"]], ("image", "mask", "over_mask"))
    masks = (MaskTarget("first", "mask", 1), MaskTarget("second", "mask", 2), MaskTarget("third", "over_mask"))
    found = load(tmp_path, "train", only_masks(masks=masks)).masks[0]
    expected = labels.copy()
    expected[8:16, 3:6] = 3
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("step", ["squash", "letterbox"])
@pytest.mark.parametrize("shape", [(20, 60), (60, 20), (50, 50)])
def test_image_and_mask_are_placed_alike(tmp_path, step, shape):
    """An asymmetric phantom: what the mask marks is what is bright, whatever the steps do with the shape."""
    values = np.full(shape, 40, np.uint8)
    mask = np.zeros(shape, bool)
    mask[shape[0] // 8 : shape[0] // 2, shape[1] // 2 : shape[1] - shape[1] // 8] = True
    values[mask] = 200
    chosen = plan(steps=("to_grey01", step, "standardise"))
    image = decode(image_of(tmp_path / "a.png", values), chosen)
    found = decode_mask(image_of(tmp_path / "m.png", mask), 0, chosen)
    assert np.array_equal(image >= 120, found)
    rows, columns = np.flatnonzero(found.any(1)), np.flatnonzero(found.any(0))
    ratio = (len(columns) / len(rows)) / ((shape[1] * 3 / 8) / (shape[0] * 3 / 8))
    assert ratio == pytest.approx(1 if step == "letterbox" else shape[0] / shape[1], rel=0.3)
    margin = image[0] if shape[0] < shape[1] else image[:, 0]
    assert (margin == 40).all()


def test_colours_are_kept_where_the_plan_has_three(tmp_path):
    values = np.zeros((SIDE, SIDE, 3), np.uint8)
    values[:16, :, 0], values[16:, :, 2] = 200, 100
    path = image_of(tmp_path / "a.png", values)
    colour = decode(path, plan(channels=3))
    assert np.array_equal(colour, values)
    assert decode(path, plan()).shape == (SIDE, SIDE)


def test_rows_without_classes_have_none(tmp_path):
    found = load(write_lesions(tmp_path), "train", only_masks())
    assert set(found.classes.tolist()) == {-1}


# --- folders of classes and MedMNIST ------------------------------------------------------------


def test_three_layouts_give_the_same_images(tmp_path):
    chosen = plan(masks=())
    index = load(write_lesions(tmp_path / "index"), "train", chosen)
    for number, label in enumerate(chosen.labels):
        for i in np.flatnonzero(index.classes == number):
            image_of(tmp_path / "folders" / "train" / label / f"{i}.png", index.images[i])
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


# --- sets of samples ----------------------------------------------------------------------------


def test_take_and_joined_keep_what_belongs_together():
    whole = samples()
    part = whole.take(np.array([5, 0]))
    assert part.cases == ("c5", "c0")
    assert part.classes.tolist() == [2, 0]
    assert np.array_equal(part.masks[0], whole.masks[5])
    both = joined([part, samples(drawn=False)])
    assert len(both) == 11
    assert both.drawn().tolist() == [True] * 2 + [False] * 9
    assert both.groups[:3] == ("c5", "c0", "c0")


# --- what is wrong ------------------------------------------------------------------------------


def test_an_unknown_label_is_said(tmp_path):
    folder = write_lesions(tmp_path)
    with pytest.raises(UnreadableFileError, match=r"must be one of none, small, got 'large' in index.csv"):
        load(folder, "train", plan(classes=("none", "small"), labels=("none", "small"), positive=("small",)))


@pytest.mark.parametrize(
    ("values", "message"),
    [(np.zeros((8, 8), np.uint16), "8 bits a channel, got mode I;16"), (b"no picture", "readable JPEG or PNG")],
)
def test_what_is_no_8_bit_picture_is_said(tmp_path, values, message):
    path = tmp_path / "a.png"
    path.write_bytes(values) if isinstance(values, bytes) else Image.fromarray(values).save(path)
    with pytest.raises(UnreadableFileError, match=message):
        decode(path, plan())


def test_a_mask_that_is_no_picture_is_said(tmp_path):
    (tmp_path / "m.png").write_bytes(b"no picture")
    with pytest.raises(UnreadableFileError, match="mask must be a readable PNG"):
        decode_mask(tmp_path / "m.png", 0, plan())


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
    image_of(tmp_path / "train" / "none" / "a.png", np.zeros((8, 8), np.uint8))
    with pytest.raises(InputError, match="there are none of 'small'"):
        load(tmp_path, "train", plan())
    with pytest.raises(InputError, match="holds no masks"):
        load(tmp_path, "train", only_masks())
    with pytest.raises(InputError, match=r"must hold index\.csv, or a folder 'val'"):
        load(tmp_path, "val", plan())


def test_samples_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        samples().groups = ()
