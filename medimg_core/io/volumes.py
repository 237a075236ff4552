"""A sorted stack -> a volume, in one array that is filled as the files are decoded."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from medimg_core.errors import InputError, LimitError, UnreadableFileError
from medimg_core.io.dicom import Instance
from medimg_core.io.elements import integer, text
from medimg_core.io.grouping import Stack
from medimg_core.io.kinds import is_mosaic
from medimg_core.io.limits import Budget
from medimg_core.io.pixels import frames_of, is_colour, is_plain, stored_values
from medimg_core.io.placement import Placement, place_single, place_stack
from medimg_core.io.planes import Plane
from medimg_core.io.rescale import check_rescale, modality_lut, padding_of, rescaled
from medimg_core.io.windows import unit_of, voi_of
from medimg_core.study import AnyArray, Volume

__all__ = ["StackError", "build_volume"]


class StackError(Exception):
    """Some files of a stack cannot be decoded; the others may still make one."""

    def __init__(self, reasons: dict[Instance, InputError]) -> None:
        super().__init__(f"{len(reasons)} files cannot be decoded")
        self.reasons = reasons


def build_volume(
    stack: Stack, kind: str, budget: Budget, decoded: Callable[[Instance], None]
) -> tuple[Volume, tuple[str, ...]]:
    """Decode a stack.

    Args:
        stack: Sorted planes.
        kind: What the images are for; asked for the unit.
        budget: Memory left; counted down.
        decoded: Called with each file once its planes are in the array.

    Returns:
        The volume, and warnings about it.

    Raises:
        StackError: Files that cannot be decoded.
        LimitError: The stack does not fit into memory.
    """
    planes = stack.flat
    header = planes[0].instance.header
    colour = is_colour(header)
    stored = _fill(planes, budget, decoded, colour=colour)
    history: tuple[str, ...] = ("brought to 8-bit RGB",)
    notes: tuple[str, ...] = ()
    values, padding, unit = stored, None, "unknown"
    if not colour:
        values, history, notes = _to_modality(stored, planes)
        padding = _common_padding(planes)
        unit, unit_notes = unit_of(header, values, kind, padding)
        notes += unit_notes
    if planes[0].tiled:
        history = (f"mosaic taken apart into {len(stack.planes[0])} slices", *history)
    budget.take(values.nbytes)
    placement = _placement(stack)
    middle = planes[len(planes) // 2]
    frames, slices = len(stack.planes), len(stack.planes[0])
    shape = (frames, slices, *values.shape[1:]) if stack.frames_axis else values.shape
    photometric = text(header, "PhotometricInterpretation")
    volume = Volume(
        values.reshape(shape),
        unit=unit,
        geometry=placement.geometry,
        planar=placement.planar,
        frames_axis=stack.frames_axis,
        colour=colour,
        photometric="RGB" if colour else ("MONOCHROME1" if photometric == "MONOCHROME1" else "MONOCHROME2"),
        padding=padding,
        voi=() if colour else voi_of(middle.instance.header, middle.frame),
        history=history,
        instances=tuple((plane.instance.uid, plane.frame + 1) for plane in planes),
    )
    return volume, (*notes, *placement.warnings)


def _placement(stack: Stack) -> Placement:
    first = stack.planes[0][0]
    if not first.stackable:
        notes: tuple[str, ...] = ()
        if is_mosaic(first.instance.header):
            notes = ("a mosaic: the slices of a volume tiled in one picture, shown as stored and not as anatomy",)
        elif len(stack.flat) > 1 and text(first.instance.header, "Modality").upper() in ("CT", "MR", "PT"):
            notes = ("multi-frame image without a position for each frame: shown in file order, without geometry",)
        found = Placement() if is_mosaic(first.instance.header) else place_single(first)
        return Placement(planar=found.planar, warnings=(*notes, *found.warnings))
    return place_stack(stack.planes[0])


def _fill(planes: Sequence[Plane], budget: Budget, decoded: Callable[[Instance], None], *, colour: bool) -> AnyArray:
    files: dict[Instance, list[tuple[int, Plane]]] = defaultdict(list)
    for index, plane in enumerate(planes):
        files[plane.instance].append((index, plane))
    array: AnyArray | None = None
    reasons: dict[Instance, InputError] = {}
    # plain files in memory go last: they were checked while scanning, so what can fail fails before bytes are let go
    plain = {file for file, held in files.items() if file.in_memory and is_plain(file) and not held[0][1].tiled}
    for instance, wanted in sorted(files.items(), key=lambda entry: entry[0] in plain):
        try:
            array = _filled(array, instance, wanted, len(planes), budget, colour=colour)
        except LimitError:
            raise
        except InputError as error:
            reasons[instance] = error
            continue
        decoded(instance)
        if instance in plain and not reasons:
            instance.drop_pixels()  # it cannot fail any more; its pixels are in the array
    if reasons:
        raise StackError(reasons)
    assert array is not None
    return array


def _filled(
    array: AnyArray | None,
    instance: Instance,
    wanted: Sequence[tuple[int, Plane]],
    count: int,
    budget: Budget,
    *,
    colour: bool,
) -> AnyArray | None:
    """The array with one file's planes in their places; made where there is none yet."""
    places: dict[int, list[tuple[int, Plane]]] = defaultdict(list)
    for index, plane in wanted:
        places[plane.frame].append((index, plane))
    for number, frame in enumerate(frames_of(instance, _frame_shape(instance), _frame_count(instance))):
        if number not in places:
            continue
        values = frame if colour else stored_values(frame, instance.header)
        for index, plane in places[number]:
            part = values[_tile(plane)] if plane.tiled else values
            array = _room_for(part, array, count, budget)
            if not np.may_share_memory(array, part):
                array[index] = part
    if array is not None and array.dtype.kind == "f":
        for index, plane in wanted:
            _check_real(array[index], plane)
    return array


def _check_real(values: AnyArray, plane: Plane) -> None:
    """Check one plane of real numbers; whole ones were checked while scanning, from what their bits can hold."""
    if not np.isfinite(values).all():
        raise UnreadableFileError("voxels must be finite numbers, got NaN or infinity")
    check_rescale(float(np.abs(values).max()), *plane.rescale)


def _tile(plane: Plane) -> tuple[slice, slice]:
    (top, left), (rows, columns) = plane.corner, plane.shape
    return slice(top, top + rows), slice(left, left + columns)


def _frame_shape(instance: Instance) -> tuple[int, int]:
    """Rows and columns of the file's frames, checked while scanning; of a mosaic, those of the whole picture."""
    return integer(instance.header, "Rows") or 0, integer(instance.header, "Columns") or 0


def _frame_count(instance: Instance) -> int:
    return max(integer(instance.header, "NumberOfFrames") or 1, 1)


def _room_for(values: AnyArray, array: AnyArray | None, count: int, budget: Budget) -> AnyArray:
    native = values.dtype.newbyteorder("=")
    if array is None:
        budget.check(values.size * native.itemsize * count)
        if count == 1 and values.flags.writeable and values.dtype == native:
            return values[np.newaxis]  # decoded for this volume alone: a large radiograph need not be copied
        return np.empty((count, *values.shape), dtype=native)
    if array.dtype == native or np.result_type(array.dtype, native) == array.dtype:
        return array
    return array.astype(np.result_type(array.dtype, native))


def _to_modality(stored: AnyArray, planes: Sequence[Plane]) -> tuple[AnyArray, tuple[str, ...], tuple[str, ...]]:
    header = planes[0].instance.header
    if modality_lut(header) is not None:
        return _through_luts(stored, planes), ("modality LUT applied",), ()
    if 0x00283000 in header:  # ModalityLUTSequence that could not be read
        return stored, (), ("the modality LUT is damaged: values are shown as stored",)
    slopes = [plane.rescale[0] for plane in planes]
    intercepts = [plane.rescale[1] for plane in planes]
    values = rescaled(stored, slopes, intercepts)
    if len(set(slopes)) > 1 or len(set(intercepts)) > 1:
        return values, ("rescaled with the slope and intercept of each slice",), ()
    if (slopes[0], intercepts[0]) == (1.0, 0.0):
        return values, (), ()
    return values, (f"rescaled with slope {slopes[0]:g} and intercept {intercepts[0]:g}",), ()


def _through_luts(stored: AnyArray, planes: Sequence[Plane]) -> AnyArray:
    out = np.empty(stored.shape, dtype=np.uint16)
    for target, values, plane in zip(out, stored, planes, strict=True):
        table = modality_lut(plane.instance.header) or modality_lut(planes[0].instance.header)
        assert table is not None
        first, entries = table
        target[...] = entries[np.clip(values.astype(np.int64) - first, 0, entries.size - 1)]
    return out


def _common_padding(planes: Sequence[Plane]) -> float | None:
    first = planes[0]
    padding = padding_of(first.instance.header, *first.rescale)
    if padding is None or modality_lut(first.instance.header) is not None:
        return None
    last = planes[-1]
    same = all(plane.rescale == first.rescale for plane in planes)
    return padding if same and padding == padding_of(last.instance.header, *last.rescale) else None
