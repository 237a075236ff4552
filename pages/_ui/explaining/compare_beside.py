"""The picture beside a map that is compared: the second map, the difference, the agreement, another case."""

import numpy as np

from medimg_core.errors import NotApplicableError
from medimg_core.explain import METHODS
from medimg_core.explain.compare import Comparison
from medimg_core.registry import ModelCard
from medimg_core.study import Volume
from pages._ui.explaining.desk import Desk
from pages._ui.explaining.folding import folded_away
from pages._ui.explaining.kept import explained
from pages._ui.explaining.laying import MAP_KEY, joined, laid_of, mark_of
from pages._ui.explaining.pairing import SHOWN, agreed, compared, pair_of, voters
from pages._ui.explaining.pictures import beside_case, beside_volume, image_alone
from pages._ui.language import _
from pages._ui.viewer import Beside, Label, MapOverlay, MaskOverlay

__all__ = ["compared_beside", "difference_of"]

CELLS = 256
"""Rows or columns, at most, of a difference as the browser gets it."""
AGREED = (255, 215, 94)


def compared_beside(desk: Desk, cards: list[ModelCard]) -> Beside | None:
    """The second map over the same image, the difference, the agreement, or the other case.

    Args:
        desk: Of the first map.
        cards: Models that fit and make maps.
    """
    pair = pair_of(desk, cards)
    other, laid = pair.other.explanation, laid_of(pair.other)
    if not pair.same:
        return beside_case(pair.other.case, joined(_("ANOTHER CASE"), _word(pair.other)), laid)
    one, volume = desk.explanation, desk.case.volume
    if volume is None or one is None or other is None or not desk.case.overlay.shown:
        return None
    image = image_alone(volume, *desk.key[2:])
    which = explained(desk.case).settings.get(SHOWN, "map")
    if which == "agreement":
        return _agreement(desk, image)
    found, titles = compared(one, other), [METHODS[each.method].title for each in (one, other)]
    if which != "difference" or found.difference is None:
        return beside_volume(desk.case, image, joined(titles[1], _word(pair.other)), laid=laid)
    first = laid_of(desk)
    if first is None or laid is None:
        return beside_volume(desk.case, image, _("NO DIFFERENCE TO SHOW: A MAP IS FOLDED"))
    title = joined(_("{0} LESS {1}").format(*titles), _word(desk), _word(pair.other))
    return beside_volume(desk.case, image, title, over=(difference_of(found, first.mark or laid.mark),))


def _word(desk: Desk) -> str:
    """What must be read beside a map's name; a map that is shown anyway carries its own mark."""
    if folded_away(desk):
        return _("FOLDED BY ITS AUDIT")
    return _("MAP NOT AUDITED") if desk.explanation is not None and desk.audit is None else ""


def _agreement(desk: Desk, image: Volume) -> Beside | None:
    """Where methods of every family agree; the bare image where there are too few or they do not."""
    try:
        found = agreed(desk)
    except NotApplicableError:
        return beside_volume(desk.case, image, _("NO AGREEMENT TO SHOW"))
    if not found.area.any():
        return beside_volume(desk.case, image, _("NO AGREEMENT TO SHOW"))
    label = Label(1, _("Agreement"), AGREED)
    area = found.area.astype(np.uint8)[None]
    contour = MaskOverlay("explain-agreement", label.name, area, found, (label,))
    known = explained(desk.case)
    marks = [mark_of(known.audits.get(asked)) for asked in voters(desk)[0]]
    return beside_volume(desk.case, image, joined(_("AGREEMENT OF METHODS"), *marks), over=(contour,))


def difference_of(found: Comparison, mark: str) -> MapOverlay:
    """The difference as the viewer shows it, on a grid that is finer than any map's own.

    Args:
        found: Of two maps of one image.
        mark: What must be read on the picture.
    """
    difference = found.difference
    assert difference is not None
    step = max(1, -(-max(difference.shape) // CELLS))
    values = np.ascontiguousarray(difference[step // 2 :: step, step // 2 :: step], dtype=np.float32)
    matrix = np.diag([1.0, step, step, 1.0])
    matrix[1:3, 3] = step // 2
    return MapOverlay(
        key=f"{MAP_KEY}-difference",
        title=_("Difference"),
        array=values[None],
        to_volume=matrix,
        owner=found,
        own=float(np.abs(values).max()) or 1.0,
        unit=_("share of each map's peak"),
        only=(0, 0),
        signed=True,
        mark=mark,
    )
