"""Where does the map lie, and is that more than the area's share? Lungs, body, border, burnt-in marks.

A map spread over everything has half of itself in the lungs where they take half of the image; so each share stands
beside the area's. A map cannot be placed finer than its native cell: regions are widened by one before.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from medimg_core.burnt_in import find_marks
from medimg_core.errors import IncompatibleInputError
from medimg_core.explain.audit.asked import Asked
from medimg_core.preprocess import resize
from medimg_core.results import AuditItem, Segmentation, Verdict

__all__ = ["RULE", "SOURCE", "Part", "anatomy", "excess", "on_input"]

Mask = npt.NDArray[np.bool_]

MOST = 0.5
"""Excess from which on a map lies in the lungs: half of what it can be."""
STRAY = 0.1
"""Share of a map on burnt-in marks or outside the body that is too much."""
TWICE = 2.0
"""Times the area's share that it must be on marks: widened by a cell, these cover tissue as well."""
FRAME = 0.25
"""Excess from which on a map lies at the border."""
AIR = 0.1
"""Brightness below which the ground around a body lies, as a share of the range."""
BODY = (0.1, 0.95)
"""Smallest and largest share of the image that is taken for a body; beyond it there is no ground around one."""

RULE = (
    "With lungs outlined: shown where at least half of the map's possible excess over the area's share lies in the "
    "lungs, widened by one native cell; not shown where there is none. Not shown either where a tenth of the map lies "
    "outside the body, or a tenth and twice the area's share on burnt-in marks, or a quarter of the possible excess in "
    "the outermost cells. Information where nothing of this can be asked."
)
SOURCE = (
    "Shortcuts at borders and marks: Zech et al. 2018, doi:10.1371/journal.pmed.1002683; DeGrave et al. 2021, "
    "doi:10.1038/s42256-021-00338-7. Thresholds are our own."
)


@dataclass(frozen=True)
class Part:
    """A region and the map's share of it.

    Attributes:
        share: Of the map, 0 to 1.
        area: Of the image, 0 to 1, with the widening.
    """

    share: float
    area: float

    @property
    def ratio(self) -> float:
        """Share of the map over share of the area: 1 where the map does not care."""
        return self.share / self.area if self.area > 0 else 0.0


def excess(part: Part) -> float:
    """By how much the map's share is above the area's, as a share of what it can be; below zero if it is below.

    Examples:
        >>> excess(Part(0.75, 0.5)), excess(Part(0.4, 0.5)) < 0
        (0.5, True)
    """
    return (part.share - part.area) / (1 - part.area) if part.area < 1 else 0.0


def anatomy(
    asked: Asked, lungs: Segmentation | None = None, image: npt.NDArray[np.floating] | None = None
) -> AuditItem:
    """The item.

    Args:
        asked: The map under audit.
        lungs: Lungs of the same volume by a model of their own, or None.
        image: The image on its own grid, grey 0 to 1, in which marks are looked for; None to look in the network's
            input, which is coarser.

    Raises:
        IncompatibleInputError: The lungs are of another volume, or the image has another shape.
    """
    parts: dict[str, Part] = {}
    notes: list[str] = []
    frame = _outermost(asked)
    parts["border"] = _part(asked, frame)
    marks = _marks(asked, image)
    if marks.any():
        parts["burnt-in marks"] = _part(asked, _widened(asked, marks))
    body = _body(asked)
    if body is not None:
        parts["outside the body"] = _part(asked, asked.picture & ~_widened(asked, body))
    implausible = False
    if lungs is not None:
        mask = _lungs(asked, lungs)
        implausible = lungs.refused or bool(lungs.flags) or not mask.any()
        if implausible:
            notes.append("The outline of the lungs is not plausible, so nothing is said about them.")
        else:
            parts["lungs"] = _part(asked, _widened(asked, mask))
    verdict, bad = _judged(parts, implausible)
    told = "; ".join(
        f"{100 * part.share:.0f} % {_where(name)}, {part.ratio:.1f} times its share of the area"
        for name, part in parts.items()
    )
    figures = {
        name: {"share": part.share, "area": part.area, "ratio": part.ratio, "excess": excess(part)}
        for name, part in parts.items()
    }
    sentence = " ".join([f"Of the map lie {told}.", *notes])
    reason = bad or ("the lungs' outline is not plausible" if implausible else "")
    return AuditItem("anatomy", verdict, sentence, RULE, SOURCE, figures, reason)


def _where(name: str) -> str:
    return {"border": "in the outermost cells", "lungs": "in the lungs", "burnt-in marks": "on burnt-in marks"}.get(
        name, name
    )


def _judged(parts: dict[str, Part], implausible: bool) -> tuple[Verdict, str]:
    for name, least in (("burnt-in marks", TWICE), ("outside the body", 0.0)):
        part = parts.get(name)
        if part is not None and part.share >= STRAY and part.ratio >= least:
            return "not_shown", f"{100 * part.share:.0f} % of it lies {_where(name)}"
    if excess(parts["border"]) >= FRAME:
        return "not_shown", "it lies at the border"
    if implausible:
        return "cannot_tell", ""
    if "lungs" not in parts:
        return "information", ""
    inside = excess(parts["lungs"])
    if inside >= MOST:
        return "shown", ""
    return ("not_shown", "it lies no more in the lungs than elsewhere") if inside <= 0 else ("cannot_tell", "")


def _part(asked: Asked, region: Mask) -> Part:
    picture = asked.picture
    inside = np.where(picture, asked.on_input, 0)
    total = float(inside.sum())
    return Part(
        float(inside[region & picture].sum()) / total if total > 0 else 0.0,
        float((region & picture).sum()) / float(picture.sum()),
    )


def _widened(asked: Asked, mask: Mask) -> Mask:
    """By one native cell in every direction."""
    from scipy.ndimage import maximum_filter

    size = [2 * round(side) + 1 for side in asked.cell]
    return np.asarray(maximum_filter(mask, size=size, mode="constant", cval=False))


def _outermost(asked: Asked) -> Mask:
    """A frame as wide as a native cell, or a sixteenth of the image."""
    top, left, bottom, right = asked.query.placement.box
    rows, columns = (max(round(cell), side // 16) for cell, side in zip(asked.cell, asked.shape, strict=True))
    frame = asked.picture
    frame[top + rows : bottom - rows, left + columns : right - columns] = False
    return frame


def on_input(asked: Asked, mask: npt.NDArray[np.bool_]) -> Mask:
    """A mask of the image's own grid on that of the network's input.

    Args:
        asked: The map under audit.
        mask: Shape ``(rows, columns)`` of the image.

    Raises:
        IncompatibleInputError: It has another shape.
    """
    if mask.shape != asked.explanation.image_shape:
        raise IncompatibleInputError(
            f"a mask must have the image's shape {asked.explanation.image_shape}, got {mask.shape}"
        )
    top, left, bottom, right = asked.query.placement.box
    found = np.zeros(asked.shape, bool)
    found[top:bottom, left:right] = resize(mask.astype(np.float32), (bottom - top, right - left)) >= 0.5
    return found


def _lungs(asked: Asked, lungs: Segmentation) -> Mask:
    shown = asked.explanation
    if (lungs.fingerprint, lungs.frame) != (shown.fingerprint, shown.frame):
        raise IncompatibleInputError("lungs must be outlined on the volume that the map explains; these are another's")
    return on_input(asked, lungs.mask[shown.slice_index] > 0)


def _marks(asked: Asked, image: npt.NDArray[np.floating] | None) -> Mask:
    if image is not None:
        return on_input(asked, find_marks(np.clip(image, 0, 1)))
    top, left, bottom, right = asked.query.placement.box
    inside = asked.image[top:bottom, left:right].mean(axis=-1)
    low, high = float(inside.min()), float(inside.max())
    found = np.zeros(asked.shape, bool)
    if high > low:
        found[top:bottom, left:right] = find_marks((inside - low) / (high - low))
    return found


def _body(asked: Asked) -> Mask | None:
    """What is not the dark ground that touches the image's edge; None where there is no such ground.

    An ultrasound image has no body: what is dark and touches its edge is a shadow.
    """
    from scipy.ndimage import gaussian_filter, label

    if "US" in asked.query.card.modality:
        return None
    top, left, bottom, right = asked.query.placement.box
    inside = gaussian_filter(asked.image[top:bottom, left:right].mean(axis=-1), 1.0)
    low, high = np.quantile(inside, (0.01, 0.99))
    dark, _ = label(inside <= low + AIR * (high - low))
    edge = np.unique(np.concatenate([dark[0], dark[-1], dark[:, 0], dark[:, -1]]))
    ground = np.isin(dark, edge[edge > 0])
    if not BODY[0] <= 1 - ground.mean() <= BODY[1]:
        return None
    body = np.zeros(asked.shape, bool)
    body[top:bottom, left:right] = ~ground
    return body
