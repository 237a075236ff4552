"""Make the image noisier, darker, turned or cropped, and see score and map move, or stay."""

from dataclasses import replace
from functools import partial
from math import isclose

import streamlit as st

from medimg_core.decision import decision
from medimg_core.explain import explain, query
from medimg_core.explain.compare import compare
from medimg_core.explain.perturbing import PERTURBATIONS, Perturbation, perturbed
from medimg_core.prevalence import shifted
from medimg_core.results import Explanation, Perturbed, Prediction
from pages._ui import jobs
from pages._ui.explained import Asked, Changed
from pages._ui.explaining.desk import Desk
from pages._ui.explaining.folding import folded_away, folded_line
from pages._ui.explaining.kept import change, explained, keep
from pages._ui.explaining.laying import MAP_KEY, mark_of, usual_of
from pages._ui.explaining.pictures import as_stored, beside_volume
from pages._ui.explaining.words import changed_by, log_odds, scale_words, unusual
from pages._ui.language import _
from pages._ui.plain import plain
from pages._ui.result_card import prevalence_input, question
from pages._ui.score_bar import as_score, percent
from pages._ui.state import Case
from pages._ui.view import Laid
from pages._ui.viewer import Beside

__all__ = ["change_title", "changed_beside", "changed_laid", "current_change", "perturb_panel"]

KIND = "perturbation"


def perturb_panel(desk: Desk) -> None:
    """Kind and strength, and what came of it."""
    if not isinstance(desk.said, Prediction) or desk.asked is None:
        st.caption(_("Perturbing asks how a score changes; this model gives none."))
        return
    folded_line(desk)
    kind = _kind(desk)
    _amount(desk, kind)
    found = current_change(desk)
    if found is not None:
        _result(desk, found)
    elif not any(job.title == _title(desk) for job in jobs.pending()):
        st.caption(_("Move the slider: the model answers the changed image, and its map lies beside this one."))
    _post_test(desk, found)


def _kind(desk: Desk) -> Perturbation:
    names = {name: _(kind.title) for name, kind in PERTURBATIONS.items()}
    key = "explain-kind"
    wanted = explained(desk.case).settings.get(KIND)
    st.session_state[key] = wanted if wanted in names else next(iter(names))
    st.selectbox(
        _("Change"),
        list(names),
        format_func=names.__getitem__,
        key=key,
        on_change=lambda: change(lambda now: now.with_setting(KIND, st.session_state[key])),
    )
    return PERTURBATIONS[st.session_state[key]]


def _amount(desk: Desk, kind: Perturbation) -> None:
    key = f"explain-amount-{kind.name}"
    low, high = (float(end) for end in kind.span)
    # put once: a slider that is given its value at every run loses what is moved meanwhile
    st.session_state.setdefault(key, float(explained(desk.case).settings.get(key, kind.neutral)))

    def put() -> None:
        value = float(st.session_state[key])
        change(lambda now: now.with_setting(key, value))
        _start(desk, kind, value)

    def back() -> None:
        st.session_state[key] = float(kind.neutral)
        put()

    st.slider(
        plain(_("{title}: {unit}").format(title=_(kind.title), unit=_(kind.unit))),
        low,
        high,
        step=0.05 if high - low < 5 else 1.0,
        key=key,
        on_change=put,
    )
    st.button(
        _("As it was"),
        key="explain-neutral",
        disabled=isclose(st.session_state[key], kind.neutral),
        on_click=back,
    )


def _title(desk: Desk) -> str:
    return _("Asking {model} of the changed image").format(model=_(desk.card.title))


def _start(desk: Desk, kind: Perturbation, amount: float) -> None:
    """Change the image and ask again, for score and map; unchanged, nothing is asked."""
    card, said, asked, volume = desk.card, desk.said, desk.asked, desk.case.volume
    if said is None or asked is None or volume is None:
        return
    if isclose(amount, kind.neutral):
        change(lambda now: replace(now, changed=None))
        return
    own = card.cam.layer if card.cam is not None else ""
    layer = asked.layer if asked.layer not in ("", own) else None
    mapped = desk.explanation is not None and desk.case.overlay.shown

    def task(progress: jobs.Progress) -> tuple[Perturbed, Explanation | None]:
        progress(0, 0, _("Asking the model of the changed image"))
        made = perturbed(query(said, card, volume, label=asked.label), volume, kind.name, amount)
        if not mapped:
            return made, None
        again = explain(
            made.variant.prediction,
            card,
            method=asked.method,
            label=asked.label,
            volume=made.variant.volume,
            layer=layer,
            progress=progress,
        )
        return made, again

    jobs.start("onnx", _title(desk), task, partial(_keep, asked))


def _keep(asked: Asked, now: Case, made: tuple[Perturbed, Explanation | None]) -> Case:
    return keep(now, replace(explained(now), changed=Changed(asked, *made)))


def current_change(desk: Desk) -> Changed | None:
    """The last changed image, where it came from this one and was asked the same."""
    found = explained(desk.case).changed
    if found is None or desk.asked is None or found.result.original is not desk.said:
        return None
    return found if (found.asked.key, found.asked.label) == (desk.asked.key, desk.asked.label) else None


def _result(desk: Desk, found: Changed) -> None:
    """Score before and after, and how far the map moved."""
    result = found.result
    rows = ((_("As it is"), result.log_odds, result.score), (_("Changed"), *_said(result)))
    st.table(
        {
            plain(_(found.asked.label).replace("_", " ")): [name for name, *_rest in rows],
            _("Log-odds"): [log_odds(value) for _name, value, _score in rows],
            _("Score"): [plain(as_score(score)) for _name, _value, score in rows],
        }
    )
    st.markdown(changed_by(result.variant.log_odds - result.log_odds))
    st.caption(scale_words())
    unusual(result.variant)
    if folded_away(desk):
        return
    if found.explanation is not None and desk.explanation is not None and found.asked == desk.asked:
        told = compare(desk.explanation, result.restored(found.explanation), seen=result.seen)
        if told.rank_correlation is None:
            st.caption(_("One of the two maps is empty or the same everywhere."))
        else:
            st.caption(
                _("Rank correlation of the maps, moved back onto each other: {value:.2f}.").format(
                    value=told.rank_correlation
                )
            )
    elif desk.case.overlay.shown and desk.explanation is not None:
        st.caption(_("Move the slider to map the changed image, too."))


def _said(result: Perturbed) -> tuple[float, float]:
    return result.variant.log_odds, result.variant.score


def _post_test(desk: Desk, found: Changed | None) -> None:
    """What the score means at the reader's prevalence, before and after."""
    card, said, asked = desk.card, desk.said, desk.asked
    output = card.classification
    if said is None or asked is None or output is None or output.reading is None or asked.label != decision(card).label:
        return
    if not 0 < card.prevalence < 1:
        return
    prevalence_input(desk.case, card)
    stated = desk.case.prevalence.get(question(card))
    if stated is None:
        return
    words = percent(shifted(said.score, card.prevalence, stated))
    if found is not None:
        words += " -> " + percent(shifted(found.result.variant.score, card.prevalence, stated))
    st.markdown(
        _("**Probability {p}** at a prevalence of {prevalence:.3g} %.").format(p=words, prevalence=100 * stated)
    )


def changed_beside(desk: Desk) -> Beside | None:
    """The changed image with its map, on the scale of the original's."""
    found, volume = current_change(desk), desk.case.volume
    if found is None or volume is None:
        return None
    image = as_stored(found.result.variant.volume, volume, *found.asked.key[2:])
    return beside_volume(desk.case, image, change_title(found), laid=changed_laid(desk, found))


def change_title(found: Changed) -> str:
    """What the changed image is, as it is written on it."""
    kind = PERTURBATIONS[found.result.name]
    return _("CHANGED IMAGE: {kind} {amount:g}").format(kind=_(kind.title).upper(), amount=found.result.amount)


def changed_laid(desk: Desk, found: Changed) -> Laid | None:
    """Its map, hidden and marked as the original's is."""
    known = explained(desk.case)
    if found.explanation is None or desk.explanation is None or not desk.case.overlay.shown:
        return None
    if found.asked != desk.asked or not known.shown(found.asked):
        return None
    scale = usual_of(desk.card, desk.explanation) or desk.explanation.peak
    return Laid(found.explanation, scale, scale, mark_of(known.audits.get(found.asked)), MAP_KEY)
