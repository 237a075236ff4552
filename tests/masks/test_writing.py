"""Masks as files."""

import csv
import dataclasses
import gzip
import io
import json

import numpy as np
import pytest
from PIL import Image

from medimg_core.correcting import Drop, apply
from medimg_core.errors import IncompatibleInputError, InputError, NotApplicableError
from medimg_core.geometry import Geometry
from medimg_core.inference import segment
from medimg_core.io import open_study
from medimg_core.masks import (
    COLOURS,
    masks_json,
    masks_nifti,
    masks_png,
    regions_csv,
    remeasured,
    write_masks,
)
from medimg_core.results import GateOutcome, GateReason
from medimg_core.study import Series, Volume

GEOMETRY = Geometry(np.array([[0.1, 0.2, 0.8, -9], [0.3, 0.7, -0.1, 4], [3.0, -0.1, 0.0, 50], [0, 0, 0, 1.0]]))


def stack():
    array = np.full((4, 40, 56), -80, np.int16)
    array[:, :2] = -60
    array[1:3, 8:20, 10:40] = 250
    return Volume(array, unit="HU", geometry=GEOMETRY)


@pytest.fixture(scope="module")
def made(tiny_masks):
    volume = stack()
    return volume, segment(volume, tiny_masks, series=Series("1.2", "CT", volume, body_part="CHEST"))


def test_a_nifti_lies_where_its_volume_does(made, tmp_path):
    volume, found = made
    out, about = write_masks(found, volume, tmp_path / "liver.nii.gz")
    assert (out.name, about.name) == ("liver.nii.gz", "liver.json")
    (read,) = open_study([out]).studies[0].series
    np.testing.assert_array_equal(read.volume.array, found.mask)
    np.testing.assert_allclose(read.volume.geometry.affine, GEOMETRY.affine, atol=1e-4)


def test_a_folder_holds_a_picture_of_each_slice_read(tiny_masks, tmp_path):
    volume = stack()
    found = segment(volume, tiny_masks, slices=(1, 3), series=Series("1.2", "CT", volume, body_part="CHEST"))
    written = write_masks(found, volume, tmp_path / "new" / "masks")
    assert [path.name for path in written] == ["slice_0001.png", "slice_0002.png", "slice_0003.png", "masks.json"]
    for index, path in zip((1, 2, 3), written, strict=False):
        with Image.open(path) as picture:
            assert picture.mode == "P"
            np.testing.assert_array_equal(np.asarray(picture), found.mask[index])  # values are labels
            assert picture.getpalette()[:6] == [0, 0, 0, 230, 159, 0]


def test_a_picture_holds_one_slice(made, tiny_masks, tmp_path):
    volume, found = made
    with pytest.raises(IncompatibleInputError, match=r"a \.png must hold one slice, got 4"):
        write_masks(found, volume, tmp_path / "liver.png")
    one = segment(volume, tiny_masks, slices=(2, 2), series=Series("1.2", "CT", volume, body_part="CHEST"))
    assert [path.name for path in write_masks(one, volume, tmp_path / "liver.png")] == ["liver.png", "liver.json"]
    with Image.open(tmp_path / "liver.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), one.mask[2])


def test_what_is_said_lies_beside_it(made, tmp_path):
    volume, found = made
    about = json.loads(write_masks(found, volume, tmp_path / "liver.nii")[-1].read_text())
    assert (about["model"], about["weights_sha256"]) == (found.model_id, found.weights_sha256)
    assert about["volumes_ml"]["bright"] == pytest.approx(found.volumes_ml["bright"])
    assert len(about["regions"]) == len(found.regions)


@pytest.mark.parametrize("name", ["mask.jpg", "mask.dcm", "mask.npz"])
def test_other_suffixes_are_refused(made, tmp_path, name):
    with pytest.raises(IncompatibleInputError, match="masks are written as"):
        write_masks(made[1], made[0], tmp_path / name)


def test_what_has_no_mask_or_another_volume_is_refused(made, tmp_path):
    volume, found = made
    other = Volume(volume.array + np.int16(1), unit="HU", geometry=GEOMETRY)
    with pytest.raises(IncompatibleInputError, match="this is another one"):
        write_masks(found, other, tmp_path / "liver.nii")
    refused = dataclasses.replace(found, gate=GateOutcome((GateReason("unit", "", refuses=True),)))
    with pytest.raises(NotApplicableError, match="has no mask to write"):
        write_masks(refused, volume, tmp_path / "liver.nii")
    plain = Volume(volume.array, unit="HU")
    with pytest.raises(IncompatibleInputError, match="needs the geometry of its volume"):
        write_masks(dataclasses.replace(found, fingerprint=plain.fingerprint), plain, tmp_path / "liver.nii")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_a_clear_error(made, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="must be one that can be written"):
        write_masks(made[1], made[0], tmp_path / "file" / "liver")


def edited(found):
    return apply(found, [Drop((1, 10, 20))])


def test_a_file_in_memory_is_the_file_on_disk(made, tmp_path):
    volume, found = made
    out, about = write_masks(found, volume, tmp_path / "liver.nii.gz")
    assert masks_nifti(found, volume) == out.read_bytes()
    assert masks_json(found) == about.read_bytes()


def test_a_corrected_mask_says_that_it_is_one(made, tmp_path):
    volume, found = made
    corrected = edited(found)
    out = tmp_path / "corrected.nii.gz"
    out.write_bytes(masks_nifti(corrected, volume))
    assert b"corrected" in gzip.decompress(out.read_bytes())[:352]
    assert b"corrected" not in gzip.decompress(masks_nifti(found, volume))[:352]
    (read,) = open_study([out]).studies[0].series
    np.testing.assert_array_equal(read.volume.array, corrected.mask)
    measured = remeasured(corrected, volume, sides=False)
    said = json.loads(masks_json(found, corrected, measured))["corrected"]
    assert (said["edits"], said["differences"][0]["removed"]) == (1, int((found.mask > 0).sum()))


def test_a_slice_as_a_picture_keeps_the_labels():
    plane = np.arange(12, dtype=np.uint8).reshape(3, 4)
    with Image.open(io.BytesIO(masks_png(plane))) as picture:
        np.testing.assert_array_equal(np.asarray(picture), plane)
        assert tuple(picture.getpalette()[3:6]) == COLOURS[1]


def test_a_table_says_in_every_row_where_it_comes_from(made):
    _, found = made
    (row,) = csv.DictReader(regions_csv(found, found.regions, mask="corrected").decode().splitlines())
    (region,) = found.regions
    assert (row["number"], row["name"], row["mask"], row["gate"]) == ("1", "bright", "corrected", found.gate.status)
    assert (row["model"], row["weights_sha256"]) == (found.model_id, found.weights_sha256)
    assert int(row["image"]) == region.slice_index + 1
    assert float(row["volume_ml"]) == pytest.approx(region.volume_ml, rel=1e-5)
    assert row["note"] == "Research use only, not for diagnosis."


@pytest.mark.parametrize("geometry", [None, GEOMETRY])
def test_contents_are_of_their_own_volume(made, geometry):
    _, found = made
    other = Volume(np.zeros(found.mask.shape, np.int16), unit="HU", geometry=geometry)
    with pytest.raises(IncompatibleInputError, match="this is another one"):
        masks_nifti(found, other)
