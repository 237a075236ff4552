"""Does the map stay where the score stays? The input is moved, made noisy and given another contrast.

Of the changes that leave the score alone the map is made again, moved back and compared, on the grid of the network's
input (input sensitivity: Yeh et al., NeurIPS 2019, arXiv:1901.09392; repeatability in radiology: Arun et al. 2021).
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from medimg_core.explain.audit.asked import Asked
from medimg_core.explain.audit.similarity import correlation
from medimg_core.results import AuditItem

__all__ = ["ALIKE", "ALONE", "RULE", "SOURCE", "UNLIKE", "changes", "stability"]

Map = npt.NDArray[np.float32]

ALONE = 0.5
"""Largest change of the calibrated log-odds that leaves the score alone: odds change by a factor of 1.65 at most."""
ALIKE = 0.866
"""Correlation at which two maps share three quarters of their variance."""
UNLIKE = 0.707
"""Correlation below which they share less than half."""
NOISE = 0.02
"""Standard deviation of the noise, as a share of the input's range."""
CONTRAST = (0.9, 1.1)
FEWEST = 3
"""Changes that must leave the score alone, at least."""

RULE = (
    "Shown where maps under small shifts, noise and contrast that leave the score alone, moved back, share three "
    "quarters of their variance with the map (median correlation 0.87); not shown below half (0.71)."
)
SOURCE = "Yeh et al. 2019, arXiv:1901.09392; Arun et al. 2021, doi:10.1148/ryai.2021200267"


@dataclass(frozen=True, eq=False)
class Change:
    """A changed input.

    Attributes:
        name: What was done.
        image: Shape ``(rows, columns, channels)``.
        moved: Rows and columns by which the picture was moved.
    """

    name: str
    image: Map = field(repr=False)
    moved: tuple[int, int] = (0, 0)


def changes(asked: Asked) -> tuple[Change, ...]:
    """Small changes of an input: four shifts by a quarter of a native cell, noise twice, less and more contrast."""
    image = asked.image
    low, high = float(image.min()), float(image.max())
    step = [max(1, round(side / 4)) for side in asked.cell]
    rng = np.random.default_rng(0)
    found = [
        Change(f"moved {name}", _moved(image, way), way)
        for name, way in (
            ("up", (-step[0], 0)),
            ("down", (step[0], 0)),
            ("left", (0, -step[1])),
            ("right", (0, step[1])),
        )
    ]
    for _ in range(2):
        noise = rng.standard_normal(image.shape, dtype=np.float32)
        if image.shape[2] == 3:
            noise = noise[..., :1]  # grey stays grey
        found.append(Change("noise", np.clip(image + noise * np.float32(NOISE * (high - low)), low, high)))
    for factor in CONTRAST:
        mean = image.mean(dtype=np.float64)
        changed = np.clip((image - mean) * factor + mean, low, high).astype(np.float32)
        found.append(Change(f"contrast x {factor:g}", changed))
    return tuple(found)


def _moved(image: Map, way: tuple[int, int]) -> Map:
    """Moved by whole pixels; what comes in repeats the edge."""
    rows, columns = image.shape[:2]
    from_row = np.clip(np.arange(rows) - way[0], 0, rows - 1)
    from_column = np.clip(np.arange(columns) - way[1], 0, columns - 1)
    return image[from_row][:, from_column]


def _kept(shape: tuple[int, int], way: tuple[int, int]) -> tuple[slice, slice]:
    """Pixels that both the image and its moved copy, moved back, know."""
    return (
        slice(max(0, -way[0]), shape[0] - max(0, way[0])),
        slice(max(0, -way[1]), shape[1] - max(0, way[1])),
    )


def stability(asked: Asked) -> AuditItem:
    """The item.

    Args:
        asked: The map under audit.
    """
    if asked.remap is None:
        return _open("This method takes too long to be repeated while somebody waits.", "too slow to be repeated")
    tried = changes(asked)
    batch = np.stack([change.image for change in tried])
    temperature = asked.query.card.temperature
    apart = np.abs(asked.query.log_odds(batch) - asked.query.own) / temperature
    alone = [index for index, far in enumerate(apart) if far <= ALONE]
    figures: dict[str, object] = {
        "changes": {f"{place} {tried[place].name}": float(far) for place, far in enumerate(apart)},
        "left_alone": len(alone),
    }
    if len(alone) < FEWEST:
        return _open(
            f"Only {len(alone)} of {len(tried)} small changes left the score alone, so little can be compared: the "
            "score itself is not stable.",
            "the score itself is not stable",
            figures,
        )
    native = asked.remap(batch[alone])
    alike = []
    for index, one in zip(alone, native, strict=True):
        way = tried[index].moved
        spread = _moved(asked.spread(np.maximum(one, 0))[..., None], (-way[0], -way[1]))[..., 0]
        kept = _kept(asked.shape, way)
        alike.append(correlation(asked.on_input[kept], spread[kept]))
    middle, lowest = float(np.median(alike)), float(min(alike))
    figures |= {
        "correlation": {f"{place} {tried[place].name}": value for place, value in zip(alone, alike, strict=True)},
        "median": middle,
        "lowest": lowest,
    }
    told = f"median correlation {middle:.2f}, lowest {lowest:.2f}, over {len(alone)} of {len(tried)} small changes"
    if middle >= ALIKE:
        return AuditItem("stability", "shown", f"The map stays where the score stays: {told}.", RULE, SOURCE, figures)
    if middle < UNLIKE:
        sentence = f"The map changes where the score stays: {told}."
        return AuditItem("stability", "not_shown", sentence, RULE, SOURCE, figures, "it changes where the score stays")
    return _open(f"The map changes somewhat where the score stays: {told}.", "it changes somewhat", figures)


def _open(sentence: str, reason: str, figures: dict[str, object] | None = None) -> AuditItem:
    return AuditItem("stability", "cannot_tell", sentence, RULE, SOURCE, figures or {}, reason)
