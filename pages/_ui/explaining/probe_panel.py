"""Hide a region, or keep it alone, and see what becomes of the score; the same shape on the other side beside it."""

from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt
import streamlit as st

from medimg_core.decision import decision
from medimg_core.explain import query
from medimg_core.explain.hiding import WAYS
from medimg_core.explain.probes import hide_region
from medimg_core.results import Measurement, Prediction, RegionProbe, Variant
from pages._ui import jobs
from pages._ui.explained import Asked, Probed
from pages._ui.explaining.box import BOX, COLOUR, box_beside
from pages._ui.explaining.desk import Desk
from pages._ui.explaining.folding import folded_line
from pages._ui.explaining.kept import change, explained, keep
from pages._ui.explaining.laying import joined
from pages._ui.explaining.pictures import as_stored, beside_volume
from pages._ui.explaining.region_choice import (
    KNOWN,
    MARKED,
    choose_region,
    chosen_of,
    mark_of_region,
    region_of,
    still_there,
)
from pages._ui.explaining.words import changed_by, figure, log_odds, scale_words, unusual
from pages._ui.language import _
from pages._ui.outlined import Outlined
from pages._ui.plain import plain
from pages._ui.score_bar import as_score
from pages._ui.state import Case
from pages._ui.viewer import Beside, Label, MaskOverlay

__all__ = [
    "KNOWN",
    "MARKED",
    "busy",
    "current_probe",
    "outlined",
    "probe_beside",
    "probe_panel",
    "probe_title",
    "start",
]

CONTROL = (126, 224, 161)


def probe_panel(desk: Desk) -> None:
    """Region, way of hiding, two buttons, and what came of it."""
    if not isinstance(desk.said, Prediction) or desk.asked is None or desk.case.volume is None:
        st.caption(_("Hiding asks how a score changes; this model gives none."))
        return
    folded_line(desk)
    choose_region(desk)
    _way(desk)
    left, right = st.columns(2, gap="xsmall")
    for column, label, keeps in ((left, _("Hide this"), False), (right, _("Keep only this"), True)):
        with column:
            st.button(
                label,
                key=f"explain-hide-{keeps}",
                type="secondary" if keeps else "primary",
                width="stretch",
                disabled=busy(desk),
                on_click=partial(_pressed, desk, keep=keeps),
            )
    found = _on_show(desk)
    if found is not None:
        _result(found.probe, desk.asked.label)


def _way(desk: Desk) -> None:
    names = {"border": _("Fill from its border"), "blur": _("Blur")}
    key = "explain-way"
    st.session_state[key] = explained(desk.case).settings.get("how", WAYS[0])
    st.segmented_control(
        _("Filled by"),
        list(WAYS),
        format_func=names.__getitem__,
        key=key,
        required=True,
        width="stretch",
        label_visibility="collapsed",
        on_change=lambda: change(lambda now: now.with_setting("how", st.session_state[key])),
    )


def _title(desk: Desk) -> str:
    return _("Asking {model} again").format(model=_(desk.card.title))


def busy(desk: Desk) -> bool:
    """Whether the model is being asked about a region."""
    return any(job.title == _title(desk) for job in jobs.pending())


def _pressed(desk: Desk, *, keep: bool) -> None:
    start(desk, st.session_state["explain-region"], how=st.session_state["explain-way"], keep=keep)


def start(desk: Desk, chosen: str, *, how: str = WAYS[0], keep: bool = False) -> None:
    """Hide a region, on the queue of the models.

    Args:
        desk: Where it is asked.
        chosen: A region's id, :data:`MARKED` of a desk with a map, :data:`KNOWN`, or the box by numbers.
        how: Way of hiding.
        keep: Hide everything else.
    """
    card, said, asked, volume = desk.card, desk.said, desk.asked, desk.case.volume
    if said is None or asked is None or volume is None:
        return
    measurement, inside = region_of(desk, chosen)

    def task(progress: jobs.Progress) -> RegionProbe:
        progress(0, 0, _("Asking the model again"))
        return hide_region(query(said, card, volume, label=asked.label), volume, inside, how=how, keep=keep)

    jobs.start("onnx", _title(desk), task, partial(_keep, asked, measurement, chosen))


def _keep(asked: Asked, measurement: Measurement | None, chosen: str, now: Case, made: RegionProbe) -> Case:
    return keep(now, replace(explained(now), probed=Probed(asked, measurement, made, chosen)))


def current_probe(desk: Desk) -> Probed | None:
    """The last probe, where it is of this image, model and class, and its region is still as it was drawn."""
    found = explained(desk.case).probed
    if found is None or desk.asked is None or desk.said is None:
        return None
    same = (found.asked.key, found.asked.label) == (desk.asked.key, desk.asked.label)
    return found if same and still_there(desk, found) and np.isclose(found.probe.log_odds, _own(found, desk)) else None


def _on_show(desk: Desk) -> Probed | None:
    """The same, where it is of the region that is chosen: figures of another would be read as of this one."""
    found = current_probe(desk)
    return found if found is not None and found.chosen == chosen_of(desk) else None


def _own(found: Probed, desk: Desk) -> float:
    """Log-odds of what the model says now: a probe of an earlier answer is none of this one."""
    if desk.said is None or desk.said.activations is None:
        return float("nan")
    return float(decision(desk.card, None, found.asked.label).log_odds(desk.said.activations.logits))


def _result(probe: RegionProbe, label: str) -> None:
    """Log-odds and score before and after, of the region and of its mirror image."""
    done = _("Region alone") if probe.keep else _("Region hidden")
    other = _("Control alone") if probe.keep else _("Control hidden")
    rows = [(_("As it is"), probe.log_odds, probe.score, probe.distance), _row(done, probe.after)]
    if probe.control is not None:
        rows.append(_row(other, probe.control))
    st.table(
        {
            plain(_(label).replace("_", " ")): [name for name, *_rest in rows],
            _("Log-odds"): [log_odds(value) for _name, value, *_rest in rows],
            _("Score"): [plain(as_score(score)) for _name, _value, score, _distance in rows],
            _("Strangeness"): [
                "-" if distance is None else figure(distance) for _name, _value, _score, distance in rows
            ],
        }
    )
    st.markdown(_sentence(probe))
    unusual(probe.after)
    limit, words = probe.after.prediction.gate.limit, [plain(probe.control_note)]
    if limit is not None:
        words.append(_("Strangeness: out-of-distribution score, limit {n}.").format(n=figure(limit)))
    st.caption(" ".join((*words, scale_words())))


def _row(name: str, variant: Variant) -> tuple[str, float, float, float | None]:
    return name, variant.log_odds, variant.score, variant.distance


def _sentence(probe: RegionProbe) -> str:
    words = changed_by(probe.change)
    if probe.control_change is None:
        return words
    return words + " " + _("For the control: {change}.").format(change=f"{probe.control_change:+.2f}")


def probe_beside(desk: Desk) -> Beside | None:
    """The filled image, with both regions outlined; before that the box, which nothing else shows."""
    found, volume = _on_show(desk), desk.case.volume
    if found is None or volume is None:
        given = isinstance(desk.said, Prediction) and desk.asked is not None and chosen_of(desk) == BOX
        return box_beside(desk.case) if given else None
    image = as_stored(found.probe.after.volume, volume, *found.asked.key[2:])
    return beside_volume(desk.case, image, probe_title(desk, found), over=(outlines(found.probe),))


def probe_title(desk: Desk, found: Probed, *, control: bool = False) -> str:
    """What the filled image is, as it is written on it; with the mark of the map that drew its region.

    Args:
        desk: Where it was asked about.
        found: The region, and what came of it.
        control: Of the image with the control region filled.
    """
    keep_only = found.probe.keep
    if control:
        title = _("CHANGED IMAGE: CONTROL ALONE") if keep_only else _("CHANGED IMAGE: CONTROL FILLED")
    else:
        title = _("CHANGED IMAGE: REGION ALONE") if keep_only else _("CHANGED IMAGE: REGION FILLED")
    return joined(title, mark_of_region(desk, found))


def outlines(probe: RegionProbe) -> MaskOverlay:
    """The region and its control, for the picture beside."""
    return MaskOverlay("explain-probe", _("Regions"), _marked(probe), probe, _labels(probe), model=False)


def outlined(probe: RegionProbe) -> Outlined:
    """The same, for a still picture."""
    return Outlined("explain-probe", _("Regions"), _labels(probe), _marked(probe), probe)


def _labels(probe: RegionProbe) -> tuple[Label, ...]:
    control = () if probe.control_region is None else (Label(2, _("Control region"), CONTROL),)
    return (Label(1, _("Region"), COLOUR), *control)


def _marked(probe: RegionProbe) -> npt.NDArray[np.uint8]:
    """1 in the region, 2 in its control, shape ``(1, rows, columns)``."""
    array = probe.region.astype(np.uint8)
    if probe.control_region is not None:
        array[probe.control_region] = 2
    return array[None]
