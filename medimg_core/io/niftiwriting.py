"""A label mask as a NIfTI-1 file, in the place of the volume it was made from."""

import gzip
from pathlib import Path

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError, InputError
from medimg_core.geometry import Geometry

__all__ = ["nifti_bytes", "write_nifti"]

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_MOST = 32767  # an axis length is a signed 16-bit number (nifti1.h)


def write_nifti(mask: npt.NDArray[np.uint8], geometry: Geometry, out: Path, *, description: str = "") -> None:
    """Write a mask as NIfTI-1; :func:`medimg_core.io.nifti.read_nifti` gives it back as it is.

    Axes are turned to NIfTI's ``(i, j, k)`` = ``(column, row, slice)`` and LPS to RAS; no voxel is moved. The place
    is written as sform, and as qform too where it has no shear. The header holds nothing of the patient.

    Args:
        mask: Labels, shape ``(slices, rows, columns)``.
        geometry: Of its grid.
        out: File, ``.nii`` or ``.nii.gz``; replaced where there is one.
        description: At most 79 ASCII characters.

    Raises:
        IncompatibleInputError: The mask is not of three axes, or one is too long for the format.
        InputError: The file cannot be written.
    """
    content = nifti_bytes(mask, geometry, description=description, packed=out.name.lower().endswith(".gz"))
    try:
        out.write_bytes(content)
    except OSError as error:
        raise InputError(f"the output file must be one that can be written: {error.strerror}") from error


def nifti_bytes(
    mask: npt.NDArray[np.uint8], geometry: Geometry, *, description: str = "", packed: bool = True
) -> bytes:
    """The file that :func:`write_nifti` writes.

    Args:
        mask: Labels, shape ``(slices, rows, columns)``.
        geometry: Of its grid.
        description: At most 79 ASCII characters.
        packed: True for ``.nii.gz``, False for ``.nii``.

    Raises:
        IncompatibleInputError: The mask is not of three axes, or one is too long for the format.
    """
    import nibabel
    from nibabel.spatialimages import HeaderDataError

    if mask.ndim != 3 or mask.dtype != np.uint8 or max(mask.shape) > _MOST:
        raise IncompatibleInputError(
            f"a NIfTI mask must be uint8 of shape (slices, rows, columns) up to {_MOST} each, "
            f"got {mask.dtype} {mask.shape}"
        )
    affine = _LPS_TO_RAS @ geometry.affine[:, [2, 1, 0, 3]]
    image = nibabel.Nifti1Image(mask.transpose(2, 1, 0), affine, dtype=np.uint8)
    image.set_sform(affine, code=1)
    try:
        image.set_qform(affine, code=1, strip_shears=False)
    except HeaderDataError:  # sheared: a quaternion cannot say it, and a wrong one would
        image.set_qform(None, code=0)
    image.header.set_xyzt_units("mm")
    image.header["descrip"] = description.encode("ascii", "replace")[:79]
    content: bytes = image.to_bytes()
    # no time stamp and no name inside: the same mask is the same file
    return gzip.compress(content, 6, mtime=0) if packed else content
