"""Slices of volumes as training images."""

from types import SimpleNamespace

import numpy as np
import pytest

from medimg_core.errors import UnreadableFileError
from medimg_core.evaluation.files import image_of
from medimg_core.evaluation.folder import read_folder
from medimg_core.inference.model_input import model_input, volume_values
from medimg_core.inference.passes import canvas
from medimg_core.preprocess import prepare_block
from medimg_core.training.plan import UNKNOWN
from medimg_core.training.samples import prepared
from medimg_core.training.slices import is_volume, kept, read_slices, read_whole
from tests.training.lesions import plan as with_classes
from tests.training.lesions import write_index, write_lesions
from tests.training.volumes import AFFINE, FULL, SHAPE, image, labels, plan, whole, write_volume, write_volumes


def first(folder, split="train"):
    return read_folder(folder, split)[0]


def as_stored(found, index):
    """One cached image as floats."""
    values = np.asarray(found.images[index], np.float32)
    return values / 255 if found.images.dtype == np.uint8 else values


CT = {"unit": "HU", "window": (-50.0, 150.0), "steps": ("window", "letterbox")}
PET = {"unit": "SUVbw", "window": (0.0, 20.0), "steps": ("window", "squash")}


@pytest.mark.parametrize("settings", [{}, CT, PET, {"channels": 3}], ids=["grey", "HU", "SUV", "three channels"])
@pytest.mark.parametrize("bits", [8, 16, 32])
def test_the_network_is_given_in_training_what_inference_gives_it(tmp_path, settings, bits):
    """One way in: where the cache has the network's size, both inputs are the same but for the cache's bits."""
    chosen = plan(bits=bits, **settings)
    row = first(write_volumes(tmp_path, low=-100.0 if "window" in settings else 0.0, high=300.0))
    found = read_slices(row, chosen, thin=False)
    volume, card = image_of(row.image).volume, SimpleNamespace(input=chosen.input)
    step = {8: 1 / 255, 16: 1 / 1024, 32: 1e-5}[bits] * (8 if "standardise" in chosen.steps else 1)
    for place, number in enumerate(found.numbers):
        expected = canvas(model_input(volume, card, number), card)
        given = prepared(as_stored(found, place), chosen.input)[0]
        assert given.shape[:2] == expected.shape[:2]
        assert np.abs(given - (expected if expected.ndim == 3 else expected[..., None])).max() < step


@pytest.mark.parametrize("settings", [{}, CT, PET], ids=["grey", "HU", "SUV"])
@pytest.mark.parametrize("bits", [8, 32])
def test_a_network_of_volumes_is_given_in_training_what_inference_gives_it(tmp_path, settings, bits):
    chosen = whole(bits=bits, **settings)
    row = first(write_volumes(tmp_path, low=-100.0 if "window" in settings else 0.0, high=300.0))
    found = read_whole(row, chosen)
    assert found.images.shape == found.masks.shape == (1, 32, 32, 8)
    expected = prepare_block(volume_values(image_of(row.image).volume, chosen.input), chosen.input)
    given = prepared(as_stored(found, 0), chosen.input)
    step = {8: 1 / 255, 32: 1e-5}[bits] * (8 if "standardise" in chosen.steps else 1)
    assert given.shape == expected.shape == (1, 8, 32, 32, 1)
    assert np.abs(given - expected).max() < step


@pytest.mark.parametrize("depth", [4, 8, 14])
def test_the_mask_of_a_whole_volume_lies_on_it(tmp_path, depth):
    found = read_whole(first(write_volumes(tmp_path)), whole(depth=depth, cache_side=48))
    grey, mask = as_stored(found, 0), found.masks[0]
    assert mask.shape == (48, 48, depth)
    assert grey[mask == 2].mean() > grey[mask == 1].mean() + 0.15 > grey[mask == 0].mean() + 0.3
    held = np.flatnonzero(mask.any(axis=(0, 1)))
    first_, last = (FULL[0] * depth / SHAPE[0], (FULL[-1] + 1) * depth / SHAPE[0])
    assert abs(held[0] - first_) <= 1
    assert abs(held[-1] + 1 - last) <= 1


@pytest.mark.parametrize("step", ["letterbox", "squash"])
@pytest.mark.parametrize("flip", [(1, 1, 1), (-1, 1, 1), (1, -1, -1)])
def test_a_mask_lies_on_its_image_whatever_the_files_orientation(tmp_path, step, flip):
    chosen = plan(steps=("to_grey01", step), cache_side=64)
    affine = AFFINE @ np.diag([*flip, 1])
    values = image(np.random.default_rng(0))
    write_volume(tmp_path / "i.nii.gz", values, affine)
    write_volume(tmp_path / "m.nii.gz", labels(), affine)
    write_index(tmp_path, [["i.nii.gz", "m.nii.gz"]], ("image", "mask"))
    found = read_slices(first(tmp_path), chosen, thin=False)
    assert found.numbers == (1, 2, 3, 4, 5, 6)  # slice 0 is blank
    for place, number in enumerate(found.numbers):
        grey, mask = as_stored(found, place), found.masks[place]
        assert mask.any() == (number in FULL)
        if number in FULL:
            inside = grey[mask == 2].mean(), grey[mask == 1].mean(), grey[mask == 0].mean()
            assert inside[0] > inside[1] + 0.15
            assert inside[1] > inside[2] + 0.2
            # rows and columns as stored: part 1 lies above and to the left of part 2
            one, two = np.argwhere(mask == 1).mean(0), np.argwhere(mask == 2).mean(0)
            assert (one < two - 3).all()
    share = {"letterbox": SHAPE[2] / SHAPE[1], "squash": 1.0}[step]
    assert found.inside == pytest.approx(share, abs=0.02)


def test_values_are_cut_to_the_window_and_kept_in_its_unit(tmp_path):
    values = np.full(SHAPE, -1000.0, np.float32)
    values[:, 2:10, 3:9], values[:, 12:18, 3:9] = 60.0, 3000.0
    write_volume(tmp_path / "i.nii.gz", values)
    write_volume(tmp_path / "m.nii.gz", labels())
    write_index(tmp_path, [["i.nii.gz", "m.nii.gz"]], ("image", "mask"))
    chosen = plan(**{**CT, "steps": ("window", "squash")}, bits=32, size=16, cache_side=16)
    found = read_slices(first(tmp_path), chosen, thin=False)
    assert float(found.images.min()) == 0
    assert float(found.images.max()) == 1
    assert found.images[0, 4, 6] == pytest.approx((60 + 50) / 200, abs=1e-5)


@pytest.mark.parametrize(("share", "empty"), [(1.0, 3), (0.5, 2), (0.0, 0)])
def test_a_share_of_the_empty_slices_is_taken_in_training_only(tmp_path, share, empty):
    row, chosen = first(write_volumes(tmp_path)), plan(empty_share=share)
    thinned = read_slices(row, chosen, thin=True)
    assert len(thinned.numbers) == len(FULL) + empty
    assert set(FULL) <= set(thinned.numbers)
    assert read_slices(row, chosen, thin=False).numbers == (1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize("count", [1, 2, 7, 40])
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_what_is_kept_is_spread_and_never_twice(count, share):
    places = list(range(100, 100 + count))
    found = kept(places, share)
    assert len(found) == len(set(found)) == int(np.ceil(share * count))
    assert set(found) <= set(places)
    if len(found) > 1:
        assert max(np.diff(found)) <= np.ceil(count / len(found)) + 1


def test_a_volume_that_nobody_drew_on_gives_nothing(tmp_path):
    write_volume(tmp_path / "i.nii.gz", image(np.random.default_rng(0)))
    write_index(tmp_path, [["i.nii.gz"]], ("image",))
    found = read_slices(first(tmp_path), plan(), thin=False)
    assert found.numbers == ()
    assert found.images.shape == found.masks.shape == (0, 32, 32)
    assert len(read_whole(first(tmp_path), whole()).images) == 0


def test_a_single_image_is_no_volume(tmp_path):
    write_volume(tmp_path / "i.nii.gz", labels()[2:3])
    write_index(tmp_path, [["i.nii.gz"]], ("image",))
    with pytest.raises(UnreadableFileError, match="trained on volumes, got a single image"):
        read_whole(first(tmp_path), whole())


def test_a_volume_of_one_slice_may_have_a_class(tmp_path):
    write_volume(tmp_path / "i.nii.gz", image(np.random.default_rng(0))[2:3])
    write_index(tmp_path, [["i.nii.gz", "small"]], ("image", "label"))
    found = read_slices(first(tmp_path), with_classes(masks=()), thin=True)
    assert found.numbers == (0,)
    assert (found.masks == UNKNOWN).all()


def test_files_are_told_by_their_content(tmp_path):
    write_volume(tmp_path / "i.nii.gz", labels())
    (tmp_path / "named.png").write_bytes((tmp_path / "i.nii.gz").read_bytes())
    picture = first(write_lesions(tmp_path / "pictures")).image
    assert [is_volume(path) for path in (tmp_path / "i.nii.gz", tmp_path / "named.png", picture)] == [True, True, False]


@pytest.mark.parametrize(
    ("values", "mask", "chosen", "message"),
    [
        (np.ones((3, *SHAPE), np.float32), None, plan(), "one frame, got 3"),
        (image(np.random.default_rng(0)), None, with_classes(), r"single images, got a volume of 7 slices"),
        (image(np.random.default_rng(0)), labels()[:, :, :9], plan(), "slices, rows and columns"),
    ],
)
def test_what_cannot_be_learned_from_is_said(tmp_path, values, mask, chosen, message):
    import nibabel

    nibabel.save(nibabel.Nifti1Image(values.T, AFFINE), tmp_path / "i.nii.gz")
    write_volume(tmp_path / "m.nii.gz", labels() if mask is None else mask)
    write_index(tmp_path, [["i.nii.gz", "m.nii.gz", "small"]], ("image", "mask", "label"))
    with pytest.raises(UnreadableFileError, match=message):
        read_slices(first(tmp_path), chosen, thin=False)
