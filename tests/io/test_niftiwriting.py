"""A mask as NIfTI: where it lies is where its volume lies, read back by our reader and by nibabel's rules."""

import gzip

import nibabel
import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError, InputError
from medimg_core.geometry import Geometry
from medimg_core.io import write_nifti
from medimg_core.io.limits import Limits
from medimg_core.io.nifti import read_nifti


def turned(angle: float) -> np.ndarray:
    """Rotation about an axis that is none of the patient's."""
    axis = np.array([1.0, 2.0, -1.0]) / np.sqrt(6)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def stack(angle=0.0, tilt=0.0, flip=1.0) -> Geometry:
    """Slices 3 mm, rows 0.5 mm, columns 0.8 mm apart; oblique, tilted or left-handed on demand."""
    affine = np.eye(4)
    steps = turned(angle) @ np.array([[0, 0, 0.8], [0, 0.5, 0], [3.0 * flip, 0, 0]])
    steps[:, 0] += tilt * steps[:, 1]
    affine[:3, :3] = steps
    affine[:3, 3] = (-31.5, 12.25, 104.0)
    return Geometry(affine)


def mask() -> np.ndarray:
    """No axis and no direction looks like another."""
    drawn = np.zeros((3, 5, 7), np.uint8)
    drawn[0, 1, 2:6] = 1
    drawn[0:2, 4, 0] = 2
    drawn[2, 0, 6] = 255
    return drawn


@pytest.mark.parametrize("name", ["mask.nii", "mask.nii.gz"])
@pytest.mark.parametrize("geometry", [stack(), stack(0.6), stack(-1.1, flip=-1.0), stack(0.3, tilt=0.8)])
def test_it_comes_back_where_it_was(tmp_path, name, geometry):
    write_nifti(mask(), geometry, tmp_path / name)
    content = (tmp_path / name).read_bytes()
    volume, warnings, header = read_nifti(gzip.decompress(content) if name.endswith("gz") else content, Limits())
    np.testing.assert_array_equal(volume.array, mask())
    np.testing.assert_allclose(volume.geometry.affine, geometry.affine, atol=1e-4)
    assert warnings == ()
    assert header.get_data_dtype() == np.uint8


def test_each_voxel_lies_at_its_place_in_ras(tmp_path):
    geometry = stack(0.6)
    write_nifti(mask(), geometry, tmp_path / "mask.nii.gz")
    image = nibabel.load(tmp_path / "mask.nii.gz")
    values = np.asarray(image.dataobj)
    (i, j, k), *_ = np.argwhere(values == 255)
    left, posterior, superior = geometry.to_world([2, 0, 6])
    np.testing.assert_allclose(image.affine @ [i, j, k, 1], [-left, -posterior, superior, 1], atol=1e-3)
    assert int(image.header["sform_code"]) == 1
    assert image.header.get_xyzt_units()[0] == "mm"


@pytest.mark.parametrize(("geometry", "code"), [(stack(0.6), 1), (stack(0.3, tilt=0.8), 0)])
def test_a_quaternion_is_written_where_it_can_say_the_place(tmp_path, geometry, code):
    write_nifti(mask(), geometry, tmp_path / "mask.nii")
    image = nibabel.load(tmp_path / "mask.nii")
    assert int(image.header["qform_code"]) == code
    if code:
        np.testing.assert_allclose(image.header.get_qform(), image.header.get_sform(), atol=1e-3)


def test_the_same_mask_is_the_same_file_and_names_nobody(tmp_path):
    write_nifti(mask(), stack(), tmp_path / "one.nii.gz", description="mask by tiny")
    write_nifti(mask(), stack(), tmp_path / "two.nii.gz", description="mask by tiny")
    one = (tmp_path / "one.nii.gz").read_bytes()
    assert one == (tmp_path / "two.nii.gz").read_bytes()
    header = nibabel.load(tmp_path / "one.nii.gz").header
    assert header["descrip"].item() == b"mask by tiny"
    assert {header[name].item() for name in ("db_name", "aux_file", "intent_name")} == {b""}


@pytest.mark.parametrize("broken", [mask()[0], mask().astype(np.int16), np.zeros((1, 1, 40_000), np.uint8)])
def test_what_is_no_mask_is_refused(tmp_path, broken):
    with pytest.raises(IncompatibleInputError, match="a NIfTI mask must be uint8"):
        write_nifti(broken, stack(), tmp_path / "mask.nii")


def test_a_place_that_cannot_be_written_is_a_clear_error(tmp_path):
    with pytest.raises(InputError, match="the output file must be one that can be written"):
        write_nifti(mask(), stack(), tmp_path / "none" / "mask.nii")
