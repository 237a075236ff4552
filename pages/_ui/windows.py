"""Windows on offer for a series, the one shown at first in front."""

from dataclasses import dataclass

import numpy as np

from medimg_core.presets import presets
from medimg_core.study import Series, Volume
from medimg_core.voi import EIGHT_BIT, Lut, Window, auto_window
from pages._ui.language import _

__all__ = ["Offer", "figures", "offered"]

_PET_TOP = 99.9  # per cent


@dataclass(frozen=True)
class Offer:
    """One window on offer.

    Attributes:
        key: ``"file:<n>"``, ``"preset:<key>"``, ``"stored"`` or ``"auto"``.
        title: For a list.
        voi: The window or table.
        source: Where its figures come from, or empty.
    """

    key: str
    title: str
    voi: Window | Lut
    source: str = ""


def offered(series: Series, volume: Volume) -> tuple[Offer, ...]:
    """Windows for a series; none for colour, which is never windowed.

    Those of the file come first, then presets for its modality and unit. Eight-bit pictures without a window
    were windowed by whoever made them, so they are shown as they are stored. PET begins at zero, whatever the
    file says.

    Args:
        series: The series.
        volume: Its voxels, or what is shown of them.
    """
    if volume.colour:
        return ()
    own = [Offer(f"file:{n}", _file_title(voi, n), voi) for n, voi in enumerate(volume.voi)]
    tissue = [
        Offer(f"preset:{each.key}", _(each.window.name), each.window, each.source)
        for each in presets(series.modality)
        if each.unit in ("", volume.unit)
    ]
    if series.modality == "PT":
        top = auto_window(volume.array, low=0, high=_PET_TOP, padding=volume.padding)
        high = max(top.centre + top.width / 2, 1e-6)
        auto = Offer("auto", _("Automatic (0 to 99.9 %)"), Window(high / 2, high, "LINEAR_EXACT"))
        return (*tissue, auto, *own)
    if volume.array.dtype == np.uint8 and not volume.voi:
        own = [Offer("stored", _("As stored (0 to 255)"), EIGHT_BIT)]
    auto = Offer("auto", _("Automatic (1 to 99 %)"), auto_window(volume.array, padding=volume.padding))
    return (*own, *tissue, auto)


def _file_title(voi: Window | Lut, number: int) -> str:
    name = voi.name or (_("table") if isinstance(voi, Lut) else figures(voi))
    return _("File: {name}").format(name=name) if number == 0 else _("File {n}: {name}").format(n=number + 1, name=name)


def figures(voi: Window) -> str:
    """Width and level, for a line."""
    return f"W {voi.width:.4g} L {voi.centre:.4g}"
