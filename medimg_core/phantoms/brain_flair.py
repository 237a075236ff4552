"""An axial FLAIR series of a head with a bright lesion on one side."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from medimg_core.phantoms.dicom import Plane
from medimg_core.phantoms.head import Folds, brain, draw_folds, face, vault
from medimg_core.phantoms.lesion import Lesion, Mask, draw_lesion, extent
from medimg_core.phantoms.marks import word
from medimg_core.phantoms.thorax import Field
from medimg_core.phantoms.waves import Waves, draw_waves

__all__ = ["NOISE_SD", "SHAPE", "SIGNAL", "SPACING", "BrainScan", "brain_flair", "stack"]

SHAPE, SPACING = (24, 256, 256), (5.0, 0.9, 0.9)
SIGNAL = {
    "air": 0, "bone": 60, "marrow": 760, "fat": 1750, "muscle": 620, "fluid": 110, "white": 640, "grey": 800,
    "nuclei": 740, "callosum": 590, "lesion": 1180, "vitreous": 130,
}  # fmt: skip
NOISE_SD = 20.0
_ORIGIN = (-115.2, -121.0, -42.0)
_PARTS = (-1.25, 1.25)  # of a slice's thickness, mm from its middle
_FACE = 5.0  # nothing of the face reaches higher, mm
_RIBBON = 3.4  # thickness of the cortex, mm


class BrainScan(NamedTuple):
    """A scan of one head.

    Attributes:
        values: Signal, shape ``(slices, rows, columns)``.
        lesion: Truth, the same shape.
        truth: JSON-ready.
    """

    values: npt.NDArray[np.int16]
    lesion: Mask
    truth: dict[str, object]


def stack() -> Plane:
    """Plane tags of the slices, from the skull base to the vertex."""
    return Plane((1, 0, 0, 0, 1, 0), np.array(_ORIGIN), np.array([0.0, 0.0, SPACING[0]]), SPACING[1:])


def brain_flair(seed: int) -> BrainScan:
    """Scan a head with a lesion in one hemisphere.

    Args:
        seed: Draws folds, lesion, coil and noise; the lesion lies left where it is odd, right where it is even.

    Returns:
        Signal, truth and mask.
    """
    rng = np.random.default_rng([seed, 23])
    folds = draw_folds(rng)
    lesion = _place(seed, rng)
    coil = draw_waves(rng, 420.0, count=8)  # its gain is 1 in the middle of the head
    middle = coil.values(np.zeros(1, np.float32), np.zeros(1, np.float32), 20.0)
    mottle = draw_waves(rng, 13.0)
    y = np.arange(SHAPE[1], dtype=np.float32) * np.float32(SPACING[1]) + np.float32(_ORIGIN[1])
    x = np.arange(SHAPE[2], dtype=np.float32) * np.float32(SPACING[2]) + np.float32(_ORIGIN[0])
    volume, held = np.empty(SHAPE, dtype=np.float32), np.empty(SHAPE, dtype=np.float32)
    for number in range(SHAPE[0]):
        z = _ORIGIN[2] + number * SPACING[0]
        parts = [_draw(x, y, z + offset, folds, lesion, mottle) for offset in _PARTS]
        volume[number] = np.mean([image for image, _ in parts], axis=0)
        held[number] = np.mean([share for _, share in parts], axis=0)
        volume[number] *= 1 + np.float32(0.07) * (coil.values(x, y, z) - middle)
    # The magnitude of a complex signal with normal noise in both channels is Rice distributed.
    volume += rng.standard_normal(SHAPE, dtype=np.float32) * np.float32(NOISE_SD)
    other = rng.standard_normal(SHAPE, dtype=np.float32) * np.float32(NOISE_SD)
    values = np.rint(np.hypot(volume, other)).clip(0, 4095).astype(np.int16)
    ink = word("SYNTHETIC", 8) > 0.45
    values[:, -ink.shape[0] - 3 : -3, 3 : 3 + ink.shape[1]][:, ink] = 1800
    mask = held >= 0.5
    for array in (values, mask):
        array.setflags(write=False)
    truth: dict[str, object] = {
        "lesion": {"side": lesion.side, "signal": SIGNAL["lesion"], **extent(mask, stack().geometry())},
        "signal": dict(SIGNAL),
        "noise_sd": NOISE_SD,
        "spacing_mm": SPACING,
        "shape": SHAPE,
    }
    return BrainScan(values, mask, truth)


def _place(seed: int, rng: np.random.Generator) -> Lesion:
    """Frontal and insular white matter of one hemisphere."""
    shift = rng.uniform(-3, 3, 3)
    side = 1.0 if seed % 2 else -1.0
    centre = (side * (34.0 + float(shift[0])), -22.0 + float(shift[1]), 30.0 + float(shift[2]))
    return draw_lesion(rng, centre, (17.0, 22.0, 18.0), roughness=2.6, softness=5.0)


def _share(distance: Field, edge: float = SPACING[1]) -> Field:
    """Share, 0 to 1, from a signed distance in mm (positive inside)."""
    return np.asarray(np.clip(distance / np.float32(edge) + np.float32(0.5), 0, 1), dtype=np.float32)


def _draw(x: Field, y: Field, z: float, folds: Folds, lesion: Lesion, mottle: Waves) -> tuple[Field, Field]:
    """Signal at one height, and the share of lesion; each ``(rows, columns)``."""
    point = (x[None, :], y[:, None], np.full((1, 1), z, dtype=np.float32))
    layers = vault(point)
    inner, bone, skin = layers["inner"], layers["bone"], layers["skin"]
    spots = mottle.values(x, y, z)
    image = np.zeros(inner.shape, dtype=np.float32)
    mottled = 1 + np.float32(0.03) * spots
    paint: list[tuple[Field, Field | float]] = [
        (_share(skin), SIGNAL["muscle"]),
        (_share(skin - 1.6), SIGNAL["fat"] * mottled**2),
    ]
    if z < _FACE:
        flesh = SIGNAL["muscle"] + np.float32(450) * (1 + np.tanh(2 * spots))  # muscles and marrow with fat between
        paint.append((_share(np.minimum(skin - 6.0, -bone), 6.0), flesh))
        paint += [(_share(part) * _share(skin - 2.0), SIGNAL[tissue]) for part, tissue in face(point)]
    marrow = np.minimum(bone - 1.9, -inner - 1.7)
    paint += [(_share(bone), SIGNAL["bone"]), (_share(marrow, 1.5), SIGNAL["marrow"]), (_share(inner), SIGNAL["fluid"])]
    for share, value in paint:
        image += (value - image) * share
    found = brain(point, inner, folds)
    hind = _share(found["hindbrain"])
    tissue = _share(found["tissue"], 1.5) * _share(inner) * (1 - _share(found["ventricles"]))
    white = _share(found["depth"] - _RIBBON, 2.0)
    matter = np.asarray(SIGNAL["grey"] + (SIGNAL["white"] - SIGNAL["grey"]) * white, dtype=np.float32)
    for part, name in ((found["nuclei"], "nuclei"), (found["callosum"], "callosum")):
        matter += (np.float32(SIGNAL[name]) - matter) * _share(part, 2.5)
    stem = SIGNAL["nuclei"] + np.float32(60) * np.tanh(found["folia"])
    matter += (stem - matter) * hind
    tumour = lesion.share(x, y, z)
    matter += (SIGNAL["lesion"] * mottled - matter) * tumour
    image += (matter * mottled - image) * tissue
    return image, tumour * tissue
