"""The list of phantoms, and how one of them is made."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

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
        series: Number of series in the study.
        large: True where making it takes seconds and its files tens of megabytes; see ``reduced`` of
            :func:`make_phantom`.
    """

    id: str
    title: str
    modality: str
    description: str
    seed: int
    series: int = 1
    large: bool = False


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
        masks: Voxels that a model should find, by name, each ``bool`` of shape ``(slices, rows, columns)`` in the
            order of the opened volume; a picture has one slice. Empty where the truth is no region.
    """

    id: str
    title: str
    description: str
    truth: Mapping[str, object] = field(repr=False)
    files: tuple[tuple[str, bytes], ...] = field(repr=False)
    seed: int = 0
    masks: Mapping[str, npt.NDArray[np.bool_]] = field(repr=False, default_factory=dict)


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
        "ct_thorax_prior",
        "CT of the thorax, a year before",
        "CT",
        "The patient of the CT of the thorax one year earlier: the nodule measures 7 mm.",
        1,
    ),
    PhantomInfo(
        "ct_thorax_two_series",
        "CT of the thorax, thin and thick slices",
        "CT",
        "Two reconstructions of one scan, 4 and 8 mm, in one frame of reference.",
        1,
        series=2,
    ),
    PhantomInfo(
        "ct_chest_nodules",
        "CT of the chest, 1 mm, nine nodules",
        "CT",
        "200 axial slices with noise; solid nodules of 4 to 15 mm, ground glass, part-solid, calcified, juxtapleural.",
        1,
        large=True,
    ),
    PhantomInfo(
        "heart_cine",
        "Heart, cine in short axis",
        "MR",
        "Eight slice positions at 20 phases of the heart cycle; known volumes and ejection fraction.",
        1,
    ),
    PhantomInfo(
        "brain_flair",
        "Brain, FLAIR with lesion",
        "MR",
        "24 axial slices of a head; bright, irregular lesion in the left hemisphere, of known volume.",
        1,
    ),
    PhantomInfo(
        "breast_ultrasound_benign",
        "Breast, oval lesion",
        "US",
        "B-mode picture; dark, oval, smooth lesion, wider than tall, with enhancement behind it.",
        1,
    ),
    PhantomInfo(
        "breast_ultrasound_spiculated",
        "Breast, spiculated lesion",
        "US",
        "B-mode picture; dark, spiculated lesion, taller than wide, with a shadow behind it.",
        1,
    ),
    PhantomInfo(
        "liver_ct",
        "CT of the abdomen with liver lesion",
        "CT",
        "40 axial slices of 5 mm, portal venous phase; dark lesion in the right lobe, liver of known volume.",
        1,
        large=True,
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


_LOCK = Lock()
_KEPT: OrderedDict[tuple[str, int, bool], Phantom] = OrderedDict()  # least recently used first
_KEPT_BYTES = 192 * 1024 * 1024  # one of each


def catalogue() -> tuple[PhantomInfo, ...]:
    """List the phantoms; makes none.

    Examples:
        >>> [info.id for info in catalogue()][:2]
        ['chest_child_clear', 'chest_child_consolidation']
    """
    return _CATALOGUE


def make_phantom(
    id: str,  # noqa: A002 - the catalogue's noun
    *,
    seed: int | None = None,
    reduced: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> Phantom:
    """Make a phantom, or return the one made before.

    Args:
        id: From :func:`catalogue`.
        seed: 0 or above; draws another person. The catalogue's own where None. The box of the
            orientation phantoms does not vary.
        reduced: Of a large phantom only a few slices, byte for byte those of the whole, with the truth about
            them; the others are small and stay as they are.
        progress: Called as ``progress(done, total, text)`` while a large phantom is made; may raise ``Cancelled``.

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
    key = (info.id, info.seed if seed is None else seed, reduced and info.large)
    with _LOCK:
        kept = _KEPT.get(key)
        if kept is not None:
            _KEPT.move_to_end(key)
            return kept
    made = _make(info, *key[1:], progress)
    with _LOCK:
        _KEPT[key] = made
        while len(_KEPT) > 1 and _size(_KEPT.values()) > _KEPT_BYTES:
            _KEPT.popitem(last=False)
    return made


def write_phantom(
    id: str,  # noqa: A002 - as above
    folder: Path,
    *,
    seed: int | None = None,
) -> tuple[Path, ...]:
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


def _size(phantoms: Iterable[Phantom]) -> int:
    return sum(
        sum(len(content) for _, content in phantom.files) + sum(mask.nbytes for mask in phantom.masks.values())
        for phantom in phantoms
    )


def _make(info: PhantomInfo, seed: int, reduced: bool, progress: Callable[[int, int, str], None] | None) -> Phantom:
    from medimg_core.phantoms.dicom import names, to_bytes
    from medimg_core.phantoms.makers import make
    from medimg_core.phantoms.orders import Order

    datasets, truth, masks = make(Order(info.id, info.title, seed, reduced, progress))
    shuffled = sorted(zip(names(len(datasets), [seed]), datasets, strict=True), key=lambda pair: pair[0])
    files = tuple((name, to_bytes(dataset)) for name, dataset in shuffled)
    return Phantom(
        info.id, info.title, info.description, MappingProxyType(truth), files, seed, MappingProxyType(dict(masks))
    )
