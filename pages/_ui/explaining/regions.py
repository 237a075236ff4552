"""Regions that the reader drew on the image on show, with the viewer's own tools."""

import numpy as np
import numpy.typing as npt

from medimg_core.enclosed import ENCLOSING, enclosed
from medimg_core.results import Measurement
from pages._ui.evaluation import drawn
from pages._ui.language import _
from pages._ui.state import Case

__all__ = [
    "chosen_region",
    "drawn_before",
    "known_name",
    "known_region",
    "mask_of_region",
    "region_title",
    "regions",
    "regions_of_series",
]

CHOSEN = "region"
"""The setting that holds the id of the region that was chosen."""


def regions(case: Case) -> tuple[Measurement, ...]:
    """Regions on the image on show, the last drawn last; none of another slice, frame or plane."""
    here = (case.view.slice_index, case.view.frame)
    return tuple(each for each in regions_of_series(case) if (each.plane_index, each.frame) == here)


def regions_of_series(case: Case) -> tuple[Measurement, ...]:
    """Regions on the acquired plane of any slice of the series on show."""
    return tuple(each for each in case.measurements_of() if each.kind in ENCLOSING and each.axis == 0)


def chosen_region(case: Case) -> Measurement | None:
    """The region that the reader chose; the last drawn until one is chosen; None without any."""
    found = regions(case)
    wanted = case.findings.explained.settings.get(CHOSEN)
    return next((each for each in found if each.id == wanted), found[-1] if found else None)


def region_title(case: Case, region: Measurement) -> str:
    """A region in words."""
    kinds = {"ellipse": _("Ellipse"), "rectangle": _("Rectangle"), "freehand": _("Freehand")}
    number = [each.id for each in regions(case)].index(region.id) + 1
    unit = f"{region.length_unit}²"
    return f"{kinds[region.kind]} {number}, {region.values.get('area', 0):.0f} {unit}"


def mask_of_region(case: Case, region: Measurement) -> npt.NDArray[np.bool_]:
    """Pixels inside a region, shape ``(rows, columns)`` of the image."""
    volume = case.volume
    if volume is None:
        raise ValueError("mask_of_region() needs a current series with voxels")
    return enclosed(region, volume.shape)


def drawn_before(case: Case) -> npt.NDArray[np.bool_] | None:
    """What the reader marked on the image on show before any map of its series was shown; None where nothing.

    A region that was moved since does not count: where a map lay was known by then.
    """
    known = case.findings.explained.before.get(case.series_key)
    found = [each for each in regions(case) if known is None or each in known]
    if not found:
        return None
    return np.asarray(np.any([mask_of_region(case, each) for each in found], axis=0))


def known_region(case: Case) -> npt.NDArray[np.bool_] | None:
    """Where the finding is known to lie on the image on show, shape ``(rows, columns)``; None where nobody knows."""
    found = [each.mask[case.view.slice_index] > 0 for each in drawn.kept(case.volume)]
    inside = np.any(found, axis=0) if found else np.zeros(1, bool)
    return np.asarray(inside) if inside.any() else None


def known_name(case: Case) -> str:
    """What :func:`known_region` is called."""
    return ", ".join(each.title for each in drawn.kept(case.volume))
