"""The map: method, class and layer beside it, on and off by one key, and what it shows."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from medimg_core.engine import apart
from medimg_core.explain import METHODS, Method
from medimg_core.registry import ModelCard
from medimg_core.results import Explanation
from pages._ui import jobs
from pages._ui.explained import Explained
from pages._ui.explaining import mapping
from pages._ui.explaining.desk import Desk, labels_of, offered, takes_layer
from pages._ui.explaining.kept import change, explained, keep
from pages._ui.explaining.laying import MAP_KEY, laid_of, usual_of
from pages._ui.explaining.pictures import as_drawn
from pages._ui.explaining.stacking import stacked
from pages._ui.language import _
from pages._ui.plain import plain
from pages._ui.score_bar import percent
from pages._ui.state import Case
from pages._ui.state import change as change_case
from pages._ui.theme import say
from pages._ui.view import Laid

__all__ = ["choice_words", "choices", "map_button", "map_words"]

MORE = "\N{HORIZONTAL ELLIPSIS}"


def choices(desk: Desk, *, second: bool = False) -> None:
    """Method, class and layer.

    Args:
        desk: Where they are chosen.
        second: Of the second map of a comparison.
    """
    card, method = desk.card, desk.method
    if method is None:
        return
    _methods(desk, method, second=second)
    left, right = st.columns(2, gap="xsmall")
    with left:
        labels = labels_of(card, method)
        label = desk.asked.label if desk.asked is not None else labels[0]
        _select(_("Class"), labels, label, "label", desk, second=second)
    with right:
        if takes_layer(method):
            _layers(desk, second=second)
    if method.explains == "mask" and desk.region is not None:
        key = f"explain-drawn-{second}-{card.id}"
        st.session_state[key] = desk.choice.drawn
        st.toggle(_("Of the region drawn"), key=key, on_change=_put(key, desk, "drawn", second=second))


def _methods(desk: Desk, method: Method, *, second: bool) -> None:
    """Methods on offer; those that are one and the same map stand as one."""
    rows = offered(desk.card, desk.choice.layer)
    titles = {row[0].name: " = ".join(each.title for each in row) for row in rows}
    chosen = next((row[0].name for row in rows if method in row), method.name)
    words = {"class_activation": _("class activation"), "gradient": _("gradient"), "perturbation": _("perturbation")}
    families = {row[0].name: words[row[0].family] for row in rows}
    _select(
        _("Method"),
        tuple(titles),
        chosen,
        "method",
        desk,
        second=second,
        names={name: f"{title}, {families[name]}" for name, title in titles.items()},
    )


def _layers(desk: Desk, *, second: bool) -> None:
    """Layers that maps can be made of: the card's, and the others once somebody asks for them."""
    card, choice = desk.card, desk.choice
    own = card.cam.layer if card.cam is not None else ""
    found = explained(desk.case).layers.get(card.sha256)
    known = tuple(dict.fromkeys((own, *(found or ()), choice.layer or own)))
    names = {name: name or _("the last") for name in known} | {MORE: _("Find other layers")}
    shown = known if found is not None else (*known, MORE)
    key = f"explain-layer-{second}-{card.id}"
    st.session_state[key] = choice.layer or own

    def chosen() -> None:
        wanted = st.session_state[key]
        if wanted == MORE:
            _find_layers(card)
        else:
            _choose(desk, second=second, layer="" if wanted == own else wanted)

    st.selectbox(_("Layer"), shown, format_func=names.__getitem__, key=key, on_change=chosen)


def _find_layers(card: ModelCard) -> None:
    title = _("Finding layers of {model}").format(model=_(card.title))

    def task(progress: jobs.Progress) -> tuple[str, ...]:
        progress(0, 0, _("Finding layers; TensorFlow starts first, which takes seconds"))
        return tuple(path for path, *_size in apart.map_layers(card, progress))

    def apply(case: Case, names: tuple[str, ...]) -> Case:
        return keep(case, explained(case).with_layers(card.sha256, names))

    if all(job.title != title for job in jobs.pending()):
        jobs.start("worker", title, task, apply)


def _select(
    label: str,
    options: Sequence[str],
    chosen: str,
    name: str,
    desk: Desk,
    *,
    second: bool,
    names: dict[str, str] | None = None,
) -> None:
    key = f"explain-{name}-{second}-{desk.card.id}"
    st.session_state[key] = chosen
    shown = names or {option: _(option).replace("_", " ") for option in options}
    st.selectbox(
        label,
        options,
        format_func=shown.__getitem__,
        key=key,
        on_change=_put(key, desk, name, second=second),
    )


def _put(key: str, desk: Desk, name: str, *, second: bool) -> Any:
    return lambda: _choose(desk, second=second, **{name: st.session_state[key]})


def _choose(desk: Desk, *, second: bool, **changes: Any) -> None:
    """Change one thing of what is chosen now: Streamlit also calls back for lists that are gone from the page."""

    def step(now: Explained) -> Explained:
        known = (now.others if second else now.choices).get(desk.card.id, desk.choice)
        return now.with_choice(desk.card.id, replace(known, **changes), second=second)

    change(step)


def _toggle() -> None:
    change(lambda now: now.with_trial(None))
    change_case(lambda case: case.with_overlay(shown=not case.overlay.shown))


def map_button(desk: Desk) -> None:
    """The map on and off; one that takes time is begun here, too."""
    asked = desk.asked
    if asked is None:
        return
    on, laid = desk.case.overlay.shown, laid_of(desk)
    # a map that is folded, empty or not made yet cannot be removed from the picture
    off = _("Remove map") if laid is not None and laid.visible else _("Do without the map")
    st.button(
        off if on else _("Show map"),
        key="explain-map",
        shortcut="M",
        type="secondary" if on else "primary",
        width="stretch",
        help=_("M hides and shows it on the image, too; opacity, contour and grid are in the image's own panel."),
        on_click=_toggle,
    )
    if on and desk.explanation is None and not mapping.on_its_way(desk.card, asked):
        st.button(_("Make the map"), key="explain-make", width="stretch", on_click=lambda: mapping.make(desk, asked))


def map_words(desk: Desk, laid: Laid | None) -> None:
    """How strong a map is, what it is, and what it does not say."""
    found = desk.explanation
    if laid is None or found is None:
        return
    if not laid.visible:
        say(_("The map is empty: the method found no positive evidence for this class."))
        return
    st.caption(f"{_strength(desk, found)} {_about(found)}")


def choice_words(desk: Desk) -> None:
    """Method, class and layer in one line, where they are not chosen."""
    asked = desk.asked
    if asked is None:
        return
    text = _("{method} for {label}, layer {layer}") if asked.layer else _("{method} for {label}")
    title = METHODS[asked.method].title
    label = plain(_(asked.label).replace("_", " "))
    st.caption(text.format(method=title, label=label, layer=plain(asked.layer)))


def _strength(desk: Desk, found: Explanation) -> str:
    usual = usual_of(desk.card, found)
    if usual is None and stacked(desk):
        return _("Colours run to the peak over all images.")
    if usual is None:
        return _("Colours run to this map's own peak.")
    share = found.peak / usual
    text = _("Peak: {share} of the usual peak in images with the label.").format(share=percent(share))
    if share < as_drawn(desk.case, MAP_KEY).threshold:
        text += " " + _("That is too faint for the contour; the image's own panel stretches the colours on wish.")
    return text


def _about(found: Explanation) -> str:
    method = METHODS[found.method]
    cells = _("{rows} x {columns} cells") if method.native_grid == "features" else _("{rows} x {columns} pixels")
    grid = cells.format(rows=found.native.shape[0], columns=found.native.shape[1])
    if found.signed:
        text = _("{grid}; red is evidence for, blue against. A map shows where evidence lies, not where disease lies.")
        return text.format(grid=grid)
    return _("{grid}. A map shows where evidence for the score lies, not where disease lies.").format(grid=grid)
