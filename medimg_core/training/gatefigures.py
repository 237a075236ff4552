"""Which share of data sets a model's gate marks or refuses, by the image alone."""

import math
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medimg_core.engine import forward
from medimg_core.evaluation.files import image_of
from medimg_core.evaluation.folder import Row, read_folder
from medimg_core.evaluation.networks import to_grey, to_unit
from medimg_core.gate import assess_network, check_kind, check_values, is_blank
from medimg_core.gate.posture import POSTURES
from medimg_core.inference import model_input
from medimg_core.inference.agreement import spread
from medimg_core.io.limits import Limits
from medimg_core.io.raster import read_raster
from medimg_core.preprocess import prepare
from medimg_core.registry import Figure, ModelCard
from medimg_core.results import GateReason
from medimg_core.study import Volume
from medimg_core.training.postures import CROP, postures
from medimg_core.training.slices import is_volume

__all__ = ["FOREIGN", "image_reasons", "images_of", "measure_gate", "posed", "wilson"]

Progress = Callable[[int, int, str], None]

FOREIGN = ("breast_ultrasound", "liver_ct", "gi_polyps", "brain_flair", "chest_xray", "heart_mri")
"""Data sets to measure on, where they are not a model's own."""

NAME = "marked_or_refused"
_CHUNK = 32
SLICES = 8
"""Slices of a volume that are asked at most."""


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson, J. Am. Stat. Assoc. 1927, 22:209-212).

    Examples:
        >>> [round(end, 3) for end in wilson(95, 100)]
        [0.888, 0.978]
    """
    z = 1.959964
    share, centre = hits / n, hits / n + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (max(0.0, (centre - half) / (1 + z * z / n)), min(1.0, (centre + half) / (1 + z * z / n)))


def image_reasons(volumes: Iterable[Volume], card: ModelCard) -> Iterator[tuple[GateReason, ...]]:
    """What the gate says of each image when no tag says anything; tags are not asked.

    Args:
        volumes: Single images.
        card: The model.

    Yields:
        Reasons, in the order of the images; none for a pass.
    """
    waiting: list[tuple[tuple[GateReason, ...], NDArray[np.float32] | None]] = []

    def judged() -> Iterator[tuple[GateReason, ...]]:
        batches = [batch for _, batch in waiting if batch is not None]
        inner = iter(forward(card, np.concatenate(batches), features=False).embedding if batches else ())
        for reasons, batch in waiting:
            if batch is None:
                yield reasons
            else:
                yield reasons + assess_network(batch[0, :, :, 0], next(inner), card).reasons
        waiting.clear()

    for volume in volumes:
        reasons = check_kind(volume, card) + check_values(volume.plane(0), card)
        refused = any(reason.refuses for reason in reasons)
        waiting.append((reasons, None if refused else prepare(model_input(volume, card), card.input)))
        if len(waiting) == _CHUNK:
            yield from judged()
    yield from judged()


def measure_gate(
    card: ModelCard, data: Path, progress: Progress | None = None, *, related: Collection[str] = ()
) -> list[Figure]:
    """The card's gate figures.

    Args:
        card: The model, its ``[gate]`` filled in.
        data: Folder that holds the model's own data set and those of :data:`FOREIGN`.
        progress: Called as ``progress(done, total, text)``.
        related: Data sets that are not foreign either, though the card does not name them: its own may be a part of
            one.

    Returns:
        One figure a data set that is there: the share marked or refused, by the image alone.
    """
    figures = []
    held = read_folder(data / card.data[0].name, "val")
    name = f"{card.data[0].name} val"
    wanted = [(f"{name}, {posture}", posture) for posture in ("plain", *list(POSTURES)[1:])]
    own = {source.name for source in card.data} | set(related)
    sets = [name for name in FOREIGN if name not in own and (data / name / "index.csv").is_file()]
    total = len(wanted) + len(sets)
    for done, (where, posture) in enumerate(wanted):
        if progress is not None:
            progress(done, total, f"gate: {where}")
        rng = np.random.default_rng(5)
        plain = (volume for row in held for volume in images_of(row))
        volumes = plain if posture == "plain" else (posed(volume, card, posture, rng) for volume in plain)
        note = "image checks only; their limits were chosen on these images" if posture == "plain" else _note(posture)
        figures.append(_figure(volumes, card, where, note))
    for done, foreign in enumerate(sets, start=len(wanted)):
        if progress is not None:
            progress(done, total, f"gate: {foreign}")
        rows = read_folder(data / foreign)
        volumes = (read_raster(row.image.read_bytes(), Limits())[0] for row in rows)
        figures.append(_figure(volumes, card, f"{foreign}, all images", "image checks only, no tags; never trained on"))
    return figures


def _note(posture: str) -> str:
    if posture == "cropped":
        return f"image checks only; {CROP[0]:.0%} to {CROP[1]:.0%} of each side kept, at a random place"
    return "image checks only"


def images_of(row: Row) -> Iterator[Volume]:
    """The image of a row; of a volume at most :data:`SLICES` that are not blank, evenly spread, each as it is read."""
    if not is_volume(row.image):
        yield read_raster(row.image.read_bytes(), Limits())[0]
        return
    volume: Volume = image_of(row.image).volume
    shown = [index for index in range(volume.shape[0]) if not is_blank(volume.plane(index))]
    for index in (shown[place] for place in spread(len(shown), SLICES)):
        yield replace(volume, array=volume.plane(index)[None], frames_axis=False, instances=())


def posed(volume: Volume, card: ModelCard, posture: str, rng: np.random.Generator) -> Volume:
    """An image in another posture, its values in the unit that the card takes."""
    image = to_grey(model_input(volume, card), card.input)
    values = to_unit(postures(image, rng)[posture], card.input)
    if card.input.unit == "any":
        return Volume(np.asarray(np.clip(values * 255 + 0.5, 0, 255), dtype=np.uint8)[None], colour=values.ndim == 3)
    return Volume(values[None], unit=card.input.unit)


def _figure(volumes: Iterable[Volume], card: ModelCard, data: str, note: str) -> Figure:
    stopped = [bool(reasons) for reasons in image_reasons(volumes, card)]
    hits, n = sum(stopped), len(stopped)
    return Figure(name=NAME, value=round(hits / n, 4), ci=_rounded(wilson(hits, n)), n=n, data=data, note=note)


def _rounded(ends: tuple[float, float]) -> tuple[float, float]:
    return (round(ends[0], 4), round(ends[1], 4))
