"""All that is known of a map in one file: pictures, numbers, settings, audit, hash of the weights; no patient text."""

import io
import json
import math
import zipfile
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from medimg_core.explain import METHODS
from medimg_core.explain.compare import TOP
from medimg_core.results import Explanation, Prediction, Variant
from pages._ui.explained import Probed
from pages._ui.explaining.box import BOX
from pages._ui.explaining.desk import Desk
from pages._ui.explaining.kept import explained
from pages._ui.explaining.laying import MAP_KEY, joined, laid_of, usual_of, warning_of
from pages._ui.explaining.pairing import Pair, compared
from pages._ui.explaining.perturb_panel import change_title, changed_laid, current_change
from pages._ui.explaining.pictures import as_drawn, as_file, as_stored, case_of
from pages._ui.explaining.probe_panel import current_probe, outlined, probe_title
from pages._ui.explaining.region_choice import KNOWN, MARKED, mark_of_region
from pages._ui.language import _

__all__ = ["about", "export_button", "packed"]

NOTICE = "Research use only. Not for diagnosis. A map shows where evidence lies, not where disease lies."


def export_button(desk: Desk, pair: Pair | None) -> None:
    """One button for the lot; the file is made when it is pressed.

    Args:
        desk: What is on show.
        pair: The map it is compared with, while maps are compared.
    """
    if desk.asked is None or (desk.said is None and desk.explanation is None):
        return
    st.download_button(
        _("Export pictures and numbers"),
        partial(packed, desk, pair),
        f"explanation-{desk.card.id}-{desk.asked.method}.zip",
        "application/zip",
        key="explain-export",
        width="stretch",
        on_click="ignore",
        help=_("PNG and JSON in one zip: pictures, figures, settings, audit, hash of the weights; no patient text."),
    )


def packed(desk: Desk, pair: Pair | None = None) -> bytes:
    """The zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**_pictures(desk, pair), **_maps(desk, pair)}.items():
            archive.writestr(name, content)
        archive.writestr("explanation.json", json.dumps(about(desk, pair), indent=1, allow_nan=False) + "\n")
    return buffer.getvalue()


def _pictures(desk: Desk, pair: Pair | None) -> dict[str, bytes]:
    """PNG by name; maps only while they are on show."""
    case, volume, laid = desk.case, desk.case.volume, laid_of(desk)
    found = {"image.png": as_file(case)}
    if laid is not None:
        found["map.png"] = as_file(case, laid, title=warning_of(desk.audit))
    probed, changed = current_probe(desk), current_change(desk)
    if volume is not None and probed is not None:
        place = probed.asked.key[2:]
        hidden = case_of(case, as_stored(probed.probe.after.volume, volume, *place))
        found["region.png"] = as_file(hidden, masks=(outlined(probed.probe),), title=probe_title(desk, probed))
        if probed.probe.control is not None:
            control = case_of(case, as_stored(probed.probe.control.volume, volume, *place))
            title = probe_title(desk, probed, control=True)
            found["control.png"] = as_file(control, masks=(outlined(probed.probe),), title=title)
    if volume is not None and changed is not None:
        image = case_of(case, as_stored(changed.result.variant.volume, volume, *changed.asked.key[2:]))
        again = changed_laid(desk, changed)
        title = joined(change_title(changed), "" if again is None else warning_of(desk.audit))
        found["changed.png"] = as_file(image, again, title=title)
    other = None if pair is None else laid_of(pair.other)
    if pair is not None and other is not None:
        found["second_map.png"] = as_file(pair.other.case, other, title=warning_of(pair.other.audit))
    return found


def _maps(desk: Desk, pair: Pair | None) -> dict[str, bytes]:
    """Values of the maps on their own grids, as NumPy's archives."""
    other = None if pair is None else pair.other.explanation
    maps = {"map.npz": desk.explanation, "second_map.npz": other}
    return {name: _values(found) for name, found in maps.items() if found is not None}


def _values(found: Explanation) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, native=found.native, to_image=found.to_image)
    return buffer.getvalue()


def about(desk: Desk, pair: Pair | None = None) -> dict[str, Any]:
    """Everything but pictures, JSON-ready; nothing of the patient, the study or the file."""
    card, case = desk.card, desk.case
    probed, changed = current_probe(desk), current_change(desk)
    told: dict[str, Any] = {
        "notice": NOTICE,
        "synthetic": case.series is not None and case.series.synthetic,
        "model": {"id": card.id, "title": card.title, "weights_sha256": card.sha256, "licence": card.weights_licence},
        "image": {"slice": desk.key[2], "frame": desk.key[3]},
        "prediction": None if desk.said is None else _said(desk, desk.said),
        "map": None if desk.explanation is None else _map(desk, desk.explanation),
        "audit": "not audited" if desk.audit is None else desk.audit.as_dict(),
        "region": None if probed is None else _probe(desk, probed),
        "changed": None
        if changed is None
        else {
            "kind": changed.result.name,
            "amount": changed.result.amount,
            "before": {"log_odds": changed.result.log_odds, "score": changed.result.score},
            "after": _variant(changed.result.variant),
        },
        "comparison": None if pair is None else _comparison(desk, pair),
    }
    finite: dict[str, Any] = _finite(told)
    return finite


def _said(desk: Desk, said: Prediction) -> dict[str, Any]:
    return {
        "reading": said.reading,
        "score": said.score,
        "score_range": list(said.score_range),
        "log_odds_after_temperature": said.log_odds,
        "threshold": said.threshold,
        "class_scores": dict(said.class_scores),
        "gate": said.gate.status,
        "gate_reasons": [reason.code for reason in said.gate.reasons],
        "uses_outside": said.uses_outside,
        "stated_prevalence": desk.case.prevalence.get(said.reading),
    }


def _map(desk: Desk, found: Explanation) -> dict[str, Any]:
    method = METHODS[found.method]
    drawing = as_drawn(desk.case, MAP_KEY)
    return {
        "method": found.method,
        "title": method.title,
        "source": method.source,
        "family": method.family,
        "layer": found.layer,
        "label": found.label,
        "unit": method.unit,
        "signed": found.signed,
        "grid": list(found.native.shape),
        "peak": found.peak,
        "usual_peak": usual_of(desk.card, found),
        "has_evidence": found.has_evidence,
        "parameters": dict(found.parameters),
        "drawn_with": {"opacity": drawing.opacity, "threshold": drawing.threshold, "native": drawing.native},
        "folded": desk.audit is not None and desk.audit.folded,
        "shown_anyway": desk.asked in explained(desk.case).anyway,
    }


def _probe(desk: Desk, probed: Probed) -> dict[str, Any]:
    probe = probed.probe
    sources = {MARKED: "map", KNOWN: "known", BOX: "box by numbers"}
    return {
        "taken_from": sources.get(probed.chosen, "drawn"),
        "mark": mark_of_region(desk, probed) or None,
        "filled_by": probe.how,
        "kept_alone": probe.keep,
        "pixels": int(probe.region.sum()),
        "before": {"log_odds": probe.log_odds, "score": probe.score, "distance": probe.distance},
        "after": _variant(probe.after),
        "control": None if probe.control is None else _variant(probe.control),
        "control_note": probe.control_note,
    }


def _variant(variant: Variant) -> dict[str, Any]:
    return {
        "log_odds": variant.log_odds,
        "score": variant.score,
        "distance": variant.distance,
        "limit": variant.prediction.gate.limit,
        "unusual": variant.unusual,
    }


def _comparison(desk: Desk, pair: Pair) -> dict[str, Any] | None:
    one, other = desk.explanation, pair.other.explanation
    if one is None or other is None:
        return None
    found = compared(one, other)
    return {
        "with": _map(pair.other, other)
        | {"model": other.model_id, "weights_sha256": other.weights_sha256}
        | {"audit": None if pair.other.audit is None else pair.other.audit.as_dict()},
        "one_image": pair.same,
        "rank_correlation": found.rank_correlation,
        "overlap": found.overlap,
        "chance": found.chance,
        "top": TOP,
        "note": found.note,
    }


def _finite(value: Any) -> Any:
    """The same with null in the place of numbers that JSON has no word for."""
    if isinstance(value, Mapping):
        return {str(name): _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    if isinstance(value, np.ndarray):
        return _finite(value.tolist())
    if isinstance(value, np.generic):
        return _finite(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value
