"""What is measured of a method's maps over many images, as ``audit.json`` holds it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medimg_core.errors import InvalidCardError

__all__ = ["Faithful", "Placed", "Share", "number", "read_faithful", "read_placed"]


@dataclass(frozen=True)
class Share:
    """A mean over images of a figure of 0 to 1.

    Attributes:
        value: The mean.
        ci: Its 95 % interval by patient or group, or None where there are too few of them.
        chance: Mean of what a map without any knowledge would reach; None where that is not known.
    """

    value: float
    ci: tuple[float, float] | None = None
    chance: float | None = None


@dataclass(frozen=True)
class Faithful:
    """How often hiding what maps of a method mark moves the score more than hiding at random.

    Attributes:
        data: Data set and split.
        images: Images whose score lies above the threshold and whose truth is positive; all are counted.
        groups: Patients or groups they come from.
        shown: Share of the images for which faithfulness is shown.
        verdicts: Number of images by verdict of the audit's item; a map without evidence counts as ``"not_shown"``.
        percentile: Mean percentile among random choices by way of hiding, 0 to 100.
    """

    data: str
    images: int
    groups: int
    shown: Share
    verdicts: Mapping[str, int]
    percentile: Mapping[str, float]


@dataclass(frozen=True)
class Placed:
    """Where maps of a method lie, against what was drawn in the same images.

    Attributes:
        data: Data set and split.
        images: Images with a drawn region; a map without evidence misses it.
        groups: Patients or groups they come from.
        pointing: Share of the images in which the native cell of the largest value touches the region.
        energy: Mean share of the map inside the region.
        overlap: Mean intersection over union, cut at :attr:`~medimg_core.explain.audit.MethodRecord.cut`; None without
            a cut.
        near: Share of the images in which the largest value lies in the region or within a native cell of it; None in
            records from before it was measured.
    """

    data: str
    images: int
    groups: int
    pointing: Share
    energy: Share
    overlap: Share | None = None
    near: Share | None = None


def read_faithful(told: Mapping[str, Any] | None) -> Faithful | None:
    """From its table; None for null."""
    if told is None:
        return None
    return Faithful(
        data=str(told["data"]),
        images=int(told["images"]),
        groups=int(told["groups"]),
        shown=_share(told["shown"]),
        verdicts={str(name): int(count) for name, count in told["verdicts"].items()},
        percentile={str(name): number(value) for name, value in told["percentile"].items()},
    )


def read_placed(told: Mapping[str, Any] | None) -> Placed | None:
    """From its table; None for null."""
    if told is None:
        return None
    return Placed(
        data=str(told["data"]),
        images=int(told["images"]),
        groups=int(told["groups"]),
        pointing=_share(told["pointing"]),
        energy=_share(told["energy"]),
        overlap=None if told["overlap"] is None else _share(told["overlap"]),
        near=None if told.get("near") is None else _share(told["near"]),
    )


def _share(told: Mapping[str, Any]) -> Share:
    low_high = told["ci"]
    ends = None if low_high is None else (number(low_high[0]), number(low_high[1]))
    return Share(number(told["value"]), ends, None if told["chance"] is None else number(told["chance"]))


def number(value: Any) -> float:
    """A finite number; raises InvalidCardError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidCardError(f"audit.json must hold finite numbers, got {str(value)[:40]!r}")
    return float(value)
