"""How a map is laid over the picture: on which scale, under which mark, and from when on it was seen."""

from medimg_core.decision import decision
from medimg_core.explain.scale import usual_peak
from medimg_core.registry import ModelCard
from medimg_core.results import Audit, Explanation
from pages._ui.explaining.desk import Desk
from pages._ui.explaining.kept import explained
from pages._ui.language import _
from pages._ui.view import Laid

__all__ = ["MAP_KEY", "joined", "laid_of", "mark_of", "usual_of", "warning_of"]

MAP_KEY = "explain-map"
"""Name under which the viewer keeps how maps of the Explain page are drawn, whatever their method."""

SAME_AS_GRAD_CAM = ("grad_cam", "hires_cam")


def usual_of(card: ModelCard, found: Explanation) -> float | None:
    """Usual peak of such maps, where the model records one: of Grad-CAM for its own reading and layer."""
    own = card.cam is not None and found.layer == card.cam.layer and card.cam.head == "pooling_dense"
    reading = card.classification is not None and card.classification.reading is not None
    if not own or not reading or found.method not in SAME_AS_GRAD_CAM or found.label != decision(card).label:
        return None
    return usual_peak(card)


def laid_of(desk: Desk) -> Laid | None:
    """The map on its way over the picture.

    None while the plain image is wanted, or where its audit folds it and the reader did not ask for it anyway.

    Args:
        desk: Where it was asked for.
    """
    known, asked, found = explained(desk.case), desk.asked, desk.explanation
    if asked is None or found is None or not known.shown(asked) or not desk.case.overlay.shown:
        return None
    usual = usual_of(desk.card, found)
    scale = found.peak if usual is None or desk.case.overlay.stretched else usual
    return Laid(found, scale, usual, mark_of(known.audits.get(asked)), MAP_KEY)


def mark_of(audit: Audit | None) -> str:
    """What is burnt into every picture of a map that its audit folds."""
    return _("MAP NOT SHOWN TO FOLLOW THE MODEL") if audit is not None and audit.folded else ""


def warning_of(audit: Audit | None) -> str:
    """What must be read on a picture that stands on its own: the same, or that nobody audited the map."""
    return _("MAP NOT AUDITED") if audit is None else mark_of(audit)


def joined(title: str, *marks: str) -> str:
    """A title with marks behind it, each once; the empty ones left out.

    Examples:
        >>> joined("REGION FILLED", "", "MAP NOT AUDITED", "MAP NOT AUDITED")
        'REGION FILLED - MAP NOT AUDITED'
    """
    return " - ".join(dict.fromkeys(filter(None, (title, *marks))))
