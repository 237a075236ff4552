"""The audit of one map: every question that can be asked of it, remembered while the dashboard runs."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from medimg_core.explain.audit.anatomy import anatomy
from medimg_core.explain.audit.asked import Asked, Progress, Remap
from medimg_core.explain.audit.class_contrast import class_contrast
from medimg_core.explain.audit.evidence import evidence
from medimg_core.explain.audit.faithfulness import faithfulness
from medimg_core.explain.audit.place import Drawn, place
from medimg_core.explain.audit.record import read_record
from medimg_core.explain.audit.responsiveness import responsiveness
from medimg_core.explain.audit.sanity import sanity
from medimg_core.explain.audit.stability import stability
from medimg_core.explain.audit.strength import strength
from medimg_core.explain.methods import closed_form
from medimg_core.explain.native import native_maps
from medimg_core.explain.query import Query
from medimg_core.results import Audit, AuditItem, Explanation, Segmentation

__all__ = ["audit", "forget", "remap_of"]

KEPT = 64
"""Audits that are remembered, the last used ones."""

_kept: "OrderedDict[tuple[object, ...], tuple[AuditItem, ...]]" = OrderedDict()
_guard = threading.Lock()


def audit(
    query: Query,
    explanation: Explanation,
    *,
    remap: Remap | None = None,
    lungs: Segmentation | None = None,
    drawn: Drawn | None = None,
    image: npt.NDArray[np.floating] | None = None,
    progress: Progress | None = None,
) -> Audit:
    """Ask a map what it is worth.

    What does not depend on ``lungs``, ``drawn`` and ``image`` is remembered by weights, volume, slice, frame, method,
    layer, label, settings and the map's own values; nothing of it is kept on disk.

    Args:
        query: The question and the input.
        explanation: The map; of the same model, input and label.
        remap: Makes the method's map of changed inputs. By default :func:`remap_of`; where that is None too, what
            would need it cannot be told.
        lungs: Lungs of the same volume by a model of their own, for the anatomy.
        drawn: Truth, or what a reader drew before the map was shown; without it the place is not asked.
        image: The image on its own grid, grey 0 to 1, for burnt-in marks; else they are looked for in the network's
            input.
        progress: Called as ``progress(done, total, text)``; may raise :class:`~medimg_core.errors.Cancelled`.

    Returns:
        The audit; nothing is computed from a map that is empty or the same everywhere.

    Raises:
        IncompatibleInputError: Map, lungs or region do not belong to the question.
        InvalidCardError: ``audit.json`` of the model breaks its schema.
        WeightsError: It, or ``reference.npz``, belongs to other weights.
        ModelError: The network cannot be run.
    """
    asked = Asked(query, explanation, remap or remap_of(query, explanation), progress)
    nothing = evidence(asked)
    if nothing is not None:
        return _told(explanation, (nothing,))
    record = read_record(query.card)
    items = [*_remembered(asked), sanity(record, explanation.method, explanation.layer), strength(asked, record)]
    items.append(anatomy(asked, lungs, image))
    if drawn is not None:
        items.append(place(asked, drawn, record))
    asked.told(1, 1, "done")
    return _told(explanation, tuple(items))


def remap_of(query: Query, explanation: Explanation) -> Remap | None:
    """A way to make a map again for changed inputs: where it has a closed form, one batched forward pass; else None.

    Args:
        query: The question.
        explanation: The map.
    """
    method, layer = explanation.method, explanation.layer or None
    if not closed_form(method, query.card, layer):
        return None

    def remap(batch: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return native_maps(batch, query.card, query.question, method=method).native

    return remap


def forget() -> None:
    """Forget all audits."""
    with _guard:
        _kept.clear()


def _remembered(asked: Asked) -> tuple[AuditItem, ...]:
    """Items that take forward passes."""
    shown, card = asked.explanation, asked.query.card
    key = (
        card.sha256,
        shown.fingerprint,
        shown.slice_index,
        shown.frame,
        shown.method,
        shown.layer,
        shown.label,
        repr(sorted(shown.parameters.items())),
        asked.query.prediction.threshold,
        asked.remap is None,
        hashlib.sha256(shown.native.tobytes()).hexdigest(),
    )
    with _guard:
        found = _kept.get(key)
        if found is not None:
            _kept.move_to_end(key)
            return found
    asking: tuple[Callable[[Asked], AuditItem], ...] = (faithfulness, stability, responsiveness, class_contrast)
    found = tuple(ask(asked) for ask in asking)
    with _guard:
        _kept[key] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def _told(explanation: Explanation, items: tuple[AuditItem, ...]) -> Audit:
    return Audit(
        model_id=explanation.model_id,
        weights_sha256=explanation.weights_sha256,
        fingerprint=explanation.fingerprint,
        slice_index=explanation.slice_index,
        frame=explanation.frame,
        method=explanation.method,
        layer=explanation.layer,
        label=explanation.label,
        items=items,
    )
