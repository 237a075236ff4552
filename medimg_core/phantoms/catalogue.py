"""The list of phantoms, and how one of them is made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from medimg_core.errors import IncompatibleInputError

__all__ = ["Phantom", "PhantomInfo", "catalogue", "make_phantom", "write_phantom"]


@dataclass(frozen=True)
class PhantomInfo:
    """One line of the catalogue.

    Attributes:
        id: Name to ask for.
        title: A few words for a list.
        modality: DICOM Modality.
        description: One line.
        seed: The seed that is used when none is given.
    """

    id: str
    title: str
    modality: str
    description: str
    seed: int


@dataclass(frozen=True, eq=False)
class Phantom:
    """A made study.

    Attributes:
        id: From the catalogue.
        title: A few words for a list.
        description: One line.
        truth: What is where; JSON-ready, pixels are (row, column) from 0, places LPS mm.
        files: Neutral names and DICOM files.
        seed: It was made from.
    """

    id: str
    title: str
    description: str
    truth: Mapping[str, object] = field(repr=False)
    files: tuple[tuple[str, bytes], ...] = field(repr=False)
    seed: int = 0


_CATALOGUE = (
    PhantomInfo(
        "chest_child_clear", "Chest, child, clear", "DX", "Frontal radiograph (AP) of a small child; no finding.", 3
    ),
    PhantomInfo(
        "chest_child_consolidation",
        "Chest, child, consolidation right",
        "DX",
        "Frontal radiograph (AP) of a small child; round consolidation in the right lung.",
        10,
    ),
    PhantomInfo(
        "chest_child_consolidation_left",
        "Chest, child, consolidation left",
        "DX",
        "Frontal radiograph (AP) of a small child; round consolidation in the left lung.",
        13,
    ),
    PhantomInfo(
        "chest_child_monochrome1",
        "Chest, child, stored inverted",
        "DX",
        "The clear chest of another child stored as MONOCHROME1: it must look the same.",
        11,
    ),
    PhantomInfo(
        "chest_adult_gate",
        "Chest, adult",
        "DX",
        "Frontal radiograph (PA) of an adult: outside a child model's range.",
        2,
    ),
    PhantomInfo(
        "ct_thorax",
        "CT of the thorax with nodule",
        "CT",
        "Axial CT of an adult thorax; 10 mm nodule in the right lung.",
        1,
    ),
    PhantomInfo(
        "orientation_axial", "Orientation, axial", "MR", "Box with marked sides and landmarks, axial slices.", 0
    ),
    PhantomInfo(
        "orientation_sagittal", "Orientation, sagittal", "MR", "The same box and landmarks, sagittal slices.", 0
    ),
    PhantomInfo("orientation_coronal", "Orientation, coronal", "MR", "The same box and landmarks, coronal slices.", 0),
    PhantomInfo("orientation_oblique", "Orientation, oblique", "MR", "The same box and landmarks, oblique slices.", 0),
    PhantomInfo(
        "orientation_radiograph", "Orientation, radiograph", "DX", "Planar image with a letter at each edge.", 0
    ),
    PhantomInfo(
        "orientation_radiograph_mirrored",
        "Orientation, radiograph stored mirrored",
        "DX",
        "The same planar image stored with the patient's right at the right edge, and tagged so.",
        0,
    ),
)


def catalogue() -> tuple[PhantomInfo, ...]:
    """List the phantoms; makes none.

    Examples:
        >>> [info.id for info in catalogue()][:2]
        ['chest_child_clear', 'chest_child_consolidation']
    """
    return _CATALOGUE


def make_phantom(id: str, *, seed: int | None = None) -> Phantom:  # noqa: A002 - the catalogue's noun
    """Make a phantom, or return the one made before.

    Args:
        id: From :func:`catalogue`.
        seed: 0 or above; draws another person. The catalogue's own where None. The box of the
            orientation phantoms does not vary.

    Returns:
        The study's files and its truth.

    Raises:
        IncompatibleInputError: No such phantom, or a seed below zero.

    Examples:
        >>> make_phantom("orientation_axial").truth["landmarks"]["one"]
        (14.0, -17.0, 40.0)
    """
    info = next((info for info in _CATALOGUE if info.id == id), None)
    if info is None:
        raise IncompatibleInputError(f"a phantom must be one of {', '.join(i.id for i in _CATALOGUE)}, got another id")
    if seed is not None and seed < 0:
        raise IncompatibleInputError(f"a phantom's seed must be zero or above, got {seed}")
    return _make(info, info.seed if seed is None else seed)


def write_phantom(id: str, folder: Path, *, seed: int | None = None) -> tuple[Path, ...]:  # noqa: A002 - as above
    """Write a phantom's files into a folder, which is made where missing.

    Args:
        id: From :func:`catalogue`.
        folder: Where to.
        seed: As for :func:`make_phantom`.

    Returns:
        The files, in the order of ``Phantom.files``.

    Raises:
        IncompatibleInputError: No such phantom, or a seed below zero.
    """
    phantom = make_phantom(id, seed=seed)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in phantom.files:
        path = folder / name
        path.write_bytes(content)
        paths.append(path)
    return tuple(paths)


@lru_cache(maxsize=16)
def _make(info: PhantomInfo, seed: int) -> Phantom:
    from medimg_core.phantoms.dicom import names, to_bytes

    datasets, truth = next(make for start, make in _MAKERS.items() if info.id.startswith(start))(info, seed)
    shuffled = sorted(zip(names(len(datasets), [seed]), datasets, strict=True), key=lambda pair: pair[0])
    files = tuple((name, to_bytes(dataset)) for name, dataset in shuffled)
    return Phantom(info.id, info.title, info.description, MappingProxyType(truth), files, seed)


def _chest(info: PhantomInfo, seed: int) -> tuple[list[Any], dict[str, object]]:
    from medimg_core.phantoms.dicom import Identity, planar
    from medimg_core.phantoms.radiograph import chest_radiograph

    adult = info.id == "chest_adult_gate"
    lesion = {"chest_child_consolidation": "right", "chest_child_consolidation_left": "left"}.get(info.id, "")
    image = chest_radiograph(seed, adult=adult, lesion=lesion)
    identity = Identity(
        key=f"{info.id} {seed}",
        name="ADULT^CHEST" if adult else "CHILD^CHEST",
        age="045Y" if adult else "003Y",
        sex="F" if seed % 2 else "M",
        description=info.title,
    )
    dataset = planar(
        identity,
        image.pixels,
        detector_spacing=(image.pixel, image.pixel),
        view="PA" if adult else "AP",
        inverted=info.id == "chest_child_monochrome1",
    )
    return [dataset], dict(image.truth)


def _ct(info: PhantomInfo, seed: int) -> tuple[list[Any], dict[str, object]]:
    from medimg_core.phantoms.ct import ct_thorax
    from medimg_core.phantoms.dicom import Identity, cross_sectional

    volume, plane, truth = ct_thorax(seed)
    identity = Identity(f"{info.id} {seed}", "ADULT^CT", "045Y", info.title, sex="M")
    tags = {
        "KVP": "120",
        "ConvolutionKernel": "ANALYTIC",
        "WindowCenter": ["40", "-600"],
        "WindowWidth": ["400", "1500"],
    }
    return cross_sectional(identity, volume, plane, modality="CT", tags=tags), dict(truth)


def _box(info: PhantomInfo, seed: int) -> tuple[list[Any], dict[str, object]]:
    from medimg_core.phantoms.dicom import Identity, cross_sectional
    from medimg_core.phantoms.orientation import BALL_RADIUS, LANDMARKS, SIDES, STACKS, sample

    stack = STACKS[info.id.removeprefix("orientation_")]
    identity = Identity(
        f"{info.id} {seed}", "ORIENTATION^BOX", "", info.title, body_part="PHANTOM", region=("706342009", "Phantom")
    )
    tags = {
        "ScanningSequence": "RM",
        "SequenceVariant": "NONE",
        "ScanOptions": "",
        "MRAcquisitionType": "2D",
        "EchoTime": "10",
        "RepetitionTime": "500",
        "EchoTrainLength": "1",
        "WindowCenter": "1500",
        "WindowWidth": "3200",
    }
    truth: dict[str, object] = {
        "landmarks": dict(LANDMARKS),
        "landmark_values": {name: 3000 + 200 * number for number, name in enumerate(LANDMARKS)},
        "landmark_radius_mm": BALL_RADIUS,
        "sides": dict(SIDES),
        "spacing_mm": stack.spacing,
        "row_and_column_go_to": stack.geometry().orientation[1:],
        "shape": stack.shape,
    }
    return cross_sectional(identity, sample(stack), stack.plane(), modality="MR", tags=tags), truth


def _planar_box(info: PhantomInfo, seed: int) -> tuple[list[Any], dict[str, object]]:
    from medimg_core.phantoms.dicom import Identity, planar
    from medimg_core.phantoms.orientation import orientation_radiograph

    mirrored = info.id.endswith("mirrored")
    pixels, truth = orientation_radiograph(mirrored=mirrored)
    identity = Identity(
        f"{info.id} {seed}", "ORIENTATION^PLANE", "", info.title, body_part="PHANTOM", region=("706342009", "Phantom")
    )
    edges = ("R", "F") if mirrored else ("L", "F")
    truth = truth | {"edges": edges}
    return [planar(identity, pixels, detector_spacing=(0.8, 0.5), edges=edges)], truth


_MAKERS: dict[str, Callable[[PhantomInfo, int], tuple[list[Any], dict[str, object]]]] = {
    "chest": _chest,
    "ct": _ct,
    "orientation_radiograph": _planar_box,
    "orientation": _box,
}
