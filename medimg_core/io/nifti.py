"""NIfTI-1 and NIfTI-2 -> a volume in LPS; voxels are reordered by view only, never resampled."""

import math
from functools import cache
from typing import Any

import numpy as np

from medimg_core.errors import GeometryError, LimitError, UnreadableFileError, UnsupportedFileError
from medimg_core.geometry import Geometry
from medimg_core.io.limits import Limits
from medimg_core.study import AnyArray, Volume

__all__ = ["read_nifti"]

_MILLIMETRES = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}  # xyzt_units: unknown, metre, mm, micrometre (nifti1.h)
_DISAGREE = 1.0  # mm at the far corner from which qform and sform count as different


def read_nifti(data: bytes, limits: Limits) -> tuple[Volume, tuple[str, ...], Any]:
    """Read a single-file NIfTI image.

    Args:
        data: The file, already expanded.
        limits: The table; the size is checked before voxels are touched.

    Returns:
        The volume with axes ``(slices, rows, columns)`` = NIfTI's ``(k, j, i)``, time first where there
        is one; warnings; and the header.

    Raises:
        UnreadableFileError: Damaged, truncated, or holding values that are no finite numbers.
        UnsupportedFileError: Complex values, or more than four dimensions.
        LimitError: Larger than allowed.
    """
    header = _header(data)
    lengths = _lengths(header)
    total = math.prod(lengths)
    if total > limits.pixels:
        raise LimitError(f"an image may have at most {limits.pixels:,} voxels, this header announces {total:,}")
    values, colour = _values(data, header, lengths)
    values, history = _scaled(values, header, colour=colour)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        bad = int(values.size - np.isfinite(values).sum())
        raise UnreadableFileError(f"voxels must be finite numbers, got {bad:,} that are NaN or infinite")
    if values.nbytes > limits.memory_bytes:
        raise LimitError(f"the voxels of one drop may take {limits.memory_bytes / 2**20:,.0f} MiB")
    geometry, warnings = _geometry(header, lengths)
    frames_axis = len(lengths) == 4
    volume = Volume(
        values,
        geometry=geometry,
        frames_axis=frames_axis,
        colour=colour,
        photometric="RGB" if colour else "MONOCHROME2",
        history=history,
    )
    return volume, warnings, header


@cache
def _header_errors() -> tuple[type[Exception], ...]:
    """What nibabel raises on headers that break the format."""
    from nibabel.spatialimages import HeaderDataError, HeaderTypeError

    return (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        OSError,
        EOFError,
        ArithmeticError,
        HeaderDataError,
        HeaderTypeError,
    )


def _header(data: bytes) -> Any:
    import io

    import nibabel

    kind = nibabel.Nifti2Header if data[4:8] == b"n+2\0" else nibabel.Nifti1Header
    try:
        return kind.from_fileobj(io.BytesIO(data), check=False)
    except _header_errors() as error:
        raise UnreadableFileError("the NIfTI header is damaged: it cannot be parsed") from error


def _lengths(header: Any) -> tuple[int, ...]:
    """Lengths of the axes, slowest last as stored: ``(i, j, k)`` or ``(i, j, k, t)``."""
    dimensions = [int(value) for value in header["dim"]]
    count = dimensions[0]
    if not 1 <= count <= 7:
        raise UnreadableFileError(f"NIfTI dim[0] must lie in 1..7, got {count}")
    lengths = dimensions[1 : count + 1]
    if min(lengths) < 1:
        raise UnreadableFileError(f"NIfTI axes must be at least 1 long, got {min(lengths)}")
    while len(lengths) > 3 and lengths[-1] == 1:
        lengths.pop()
    lengths += [1] * (3 - len(lengths))
    if len(lengths) > 4:
        raise UnsupportedFileError(f"NIfTI images of 3 or 4 dimensions are read, got {len(lengths)}")
    return tuple(lengths)


def _values(data: bytes, header: Any, lengths: tuple[int, ...]) -> tuple[AnyArray, bool]:
    try:
        dtype = header.get_data_dtype()
        offset = int(header["vox_offset"])
    except _header_errors() as error:
        raise UnsupportedFileError("the NIfTI data type is not one that MedImg reads") from error
    colour = dtype.fields is not None
    if (
        dtype.kind == "c"
        or (colour and len(dtype.fields) not in (3, 4))
        or not 1 <= dtype.itemsize <= 8  # type codes 0, 1 and 255 have no size in bytes
        or dtype.kind not in "iufV"
    ):
        raise UnsupportedFileError(f"NIfTI voxels must be whole or real numbers or RGB, got {dtype.name}")
    needed = math.prod(lengths) * dtype.itemsize
    if offset < 0 or len(data) - offset < needed:
        raise UnreadableFileError(f"voxel data must hold {needed:,} bytes, got {max(len(data) - offset, 0):,}")
    flat = np.frombuffer(data, dtype=dtype, count=math.prod(lengths), offset=offset)
    values = flat.reshape(lengths[::-1])  # the first NIfTI axis runs fastest
    if colour:
        return np.stack([values[name] for name in ("R", "G", "B")], axis=-1), True
    return values.astype(dtype.newbyteorder("=")), False


def _scaled(values: AnyArray, header: Any, *, colour: bool) -> tuple[AnyArray, tuple[str, ...]]:
    """Apply scl_slope and scl_inter (nifti1.h: a slope of 0 means none); whole numbers stay whole."""
    slope, intercept = float(header["scl_slope"]), float(header["scl_inter"])
    if not math.isfinite(slope) or slope == 0 or colour:
        slope, intercept = 1.0, 0.0
    if not math.isfinite(intercept):
        intercept = 0.0
    if (slope, intercept) == (1.0, 0.0):
        return _narrowed(values), ()
    history = (f"rescaled with slope {slope:g} and intercept {intercept:g}",)
    with np.errstate(over="ignore", invalid="ignore"):
        exact = values.astype(np.float64) * slope + intercept
        if values.dtype.kind in "iu" and slope == int(slope) and intercept == int(intercept):
            for name in ("int16", "uint16", "int32"):
                bounds = np.iinfo(name)
                if bounds.min <= exact.min() and exact.max() <= bounds.max:
                    return exact.astype(name), history
        return exact.astype(np.float32), history


def _narrowed(values: AnyArray) -> AnyArray:
    """Bring 64-bit types to 32 bits; integers stay integers where they fit."""
    if values.dtype.kind == "f" and values.dtype != np.float32:
        with np.errstate(over="ignore"):
            return values.astype(np.float32)
    if values.dtype.itemsize == 8:
        bounds = np.iinfo(np.int32)
        fits = bounds.min <= int(values.min()) and int(values.max()) <= bounds.max
        return values.astype(np.int32 if fits else np.float32)
    return values


def _geometry(header: Any, lengths: tuple[int, ...]) -> tuple[Geometry | None, tuple[str, ...]]:
    sform = header.get_sform() if int(header["sform_code"]) > 0 else None
    notes: list[str] = []
    try:
        qform = header.get_qform() if int(header["qform_code"]) > 0 else None
    except _header_errors():
        qform = None
        notes.append("the NIfTI qform is damaged and was not used")
    affine = sform if sform is not None else qform
    if affine is None:
        return None, (*notes, "neither sform nor qform is set: no orientation and no distances are shown")
    if sform is not None and qform is not None:
        far = np.asarray([*(length - 1 for length in lengths[:3]), 1.0])
        if float(np.abs((sform - qform) @ far).max()) > _DISAGREE:
            notes.append("sform and qform place the image differently: sform is used")
    scale = _MILLIMETRES.get(int(header["xyzt_units"]) & 7, 1.0)
    try:
        geometry = Geometry.from_ras(np.diag([scale, scale, scale, 1.0]) @ np.asarray(affine, dtype=np.float64))
    except GeometryError as error:
        return None, (*notes, f"no geometry: {error}")
    return geometry, tuple(notes)
