"""The picture on Read and Analyse, and the controls that act on it.

The seam for a viewer that scrolls in the browser: a page calls ``controls(case)`` and ``show(case, ...)``
and knows nothing of how voxels become a picture.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

from medimg_core.errors import IncompatibleInputError
from medimg_core.explain import DIVERGING, METHODS, colour_bar, on_image, overlay
from medimg_core.study import Series, Study
from medimg_core.voi import Lut, Window
from pages._ui import stage
from pages._ui.captions import patient_lines, series_lines
from pages._ui.language import _
from pages._ui.outlined import Outlined, painted
from pages._ui.state import Case, change, load
from pages._ui.view import Laid, Overlay, View
from pages._ui.windows import figures, offered

__all__ = ["READ", "SIDE", "controls", "draw", "navigator", "show", "voi_choices", "voi_key"]

READ = (1408, 770)
"""Width and height of the stage where the picture has the whole page, pixels."""
SIDE = (1056, 770)
"""Width and height of the stage beside a column of results, pixels."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """A picture for the page: the file, and what it shows in words."""

    png: bytes
    alt: str


def voi_choices(series: Series) -> dict[str, str]:
    """Windows on offer for a series by their keys, the one shown at first in front; none for colour."""
    return {} if series.volume is None else {offer.key: offer.title for offer in offered(series, series.volume)}


def voi_key(series: Series, view: View) -> str:
    """The window that is shown: the reader's choice where the series has it, else the first on offer."""
    choices = voi_choices(series)
    return view.voi if view.voi in choices else next(iter(choices), "")


def chosen_voi(series: Series, view: View) -> Window | Lut | None:
    """The window or table that is shown, also one that the reader dragged; None for colour, which is never windowed."""
    if series.volume is None:
        return None
    if view.voi in ("own", "plane") and not series.volume.colour and (own := _dragged(view)) is not None:
        return own
    offers = offered(series, series.volume)
    return next((offer.voi for offer in offers if offer.key == view.voi), offers[0].voi if offers else None)


def _dragged(view: View) -> Window | None:
    """The window as the viewer left it."""
    try:
        said = json.loads(view.rest)["window"]
        return Window(float(said["centre"]), float(said["width"]), str(said["function"]))
    except (ValueError, KeyError, TypeError, IncompatibleInputError):
        return None  # none was dragged, or the viewer said something else


def draw(
    case: Case,
    size: tuple[int, int],
    laid: Laid | None = None,
    masks: Sequence[Outlined] = (),
    *,
    nameless: bool = False,
    title: str = "",
) -> Drawn:
    """Draw the slice on show, with its marks and, where they are given, a map and masks over it.

    Args:
        case: Its current series has voxels.
        size: Width and height of the stage, pixels.
        laid: A map of this very slice, or None for the plain image.
        masks: Of this very series.
        nameless: Without anything that the file says of the patient and the study, for a picture that goes elsewhere.
        title: What must be read on the picture.
    """
    study, series, volume, view = case.study, case.series, case.volume, case.view
    if study is None or series is None or volume is None:
        raise ValueError("draw() needs a current series with voxels")
    voi = chosen_voi(series, view)
    spacing = volume.spacing[1:] if volume.spacing else None
    rows, columns = stage.fitted(volume.shape[1:], spacing, size)
    grey = volume.presented(view.slice_index, voi=voi, frame=view.frame)
    if view.inverted and not volume.colour:
        grey = 1 - grey
    bar = None
    over = laid if laid is not None and laid.visible else None
    if volume.colour and over:
        grey = grey.mean(axis=-1)  # a map's colours are only told from the picture's where that has none
    if over:
        picture = _laid_over(stage.resized(grey, (rows, columns)), over, case.overlay)
        bar = _bar(over, case.overlay)
    elif volume.colour:
        channels = [stage.resized(grey[..., channel], (rows, columns)) for channel in range(3)]
        picture = (np.stack(channels, axis=-1) * 255 + 0.5).astype(np.uint8)
    else:
        shade = (np.nan_to_num(stage.resized(grey, (rows, columns))) * 255 + 0.5).clip(0, 255).astype(np.uint8)
        picture = np.repeat(shade[..., None], 3, axis=2)
    for each in masks:
        picture = painted(picture, each.plane(case), each.labels)
    per_pixel = spacing[1] * volume.shape[2] / columns if spacing else None
    marks = _marks(study, series, view, voi, per_pixel, bar, modelled=bool(bar or masks))
    banner = (marks.banner, title, over.mark if over else "")
    marks = replace(marks, banner=" - ".join(filter(None, banner)))
    if nameless:
        marks = replace(marks, top_left=(series.modality or _("Unlabelled"),), top_right=())
    return Drawn(stage.png(stage.compose(picture, size, marks)), _alt(series, view, laid, masks))


def _laid_over(grey: stage.Grey, laid: Laid, setting: Overlay) -> stage.Rgb:
    values = on_image(laid.explanation, interpolation="nearest" if setting.native else "bilinear")
    return overlay(
        grey,
        stage.resized(values, (grey.shape[0], grey.shape[1]), nearest=setting.native),
        scale=laid.scale,
        opacity=setting.opacity,
        threshold=setting.threshold,
        alpha="by_value" if setting.by_value else "constant",
        colormap=DIVERGING if laid.explanation.signed else "inferno",
    )


def _bar(laid: Laid, setting: Overlay) -> stage.Bar:
    title = _("Evidence, {unit}").format(unit=_(METHODS[laid.explanation.method].unit))
    if laid.explanation.signed:
        colours = colour_bar(colormap=DIVERGING, threshold=setting.threshold)
        return stage.Bar(colours, f"{laid.scale:.2g}", "", 0, title, low=f"-{laid.scale:.2g}")
    return stage.Bar(
        colours=colour_bar(threshold=setting.threshold),
        top=f"{laid.scale:.2g}",
        mark=f"{setting.threshold * laid.scale:.2g}" if setting.threshold > 0 else "",
        share=setting.threshold,
        title=title,
    )


def _marks(
    study: Study,
    series: Series,
    view: View,
    voi: Window | Lut | None,
    per_pixel: float | None,
    bar: stage.Bar | None,
    *,
    modelled: bool,
) -> stage.Marks:
    volume = series.volume
    assert volume is not None
    planar = volume.planar
    number = _("Image {n}/{total}").format(n=view.slice_index + 1, total=volume.shape[0])
    if volume.frames > 1:
        number += "  " + _("Frame {n}/{total}").format(n=view.frame + 1, total=volume.frames)
    shown = figures(voi) if isinstance(voi, Window) else (voi.name or _("table")) if voi else _("colour")
    inverted = "  " + _("inverted") if view.inverted else ""
    letters = planar.edge_letters() if planar else volume.geometry.edge_letters() if volume.geometry else None
    return stage.Marks(
        top_left=patient_lines(study),
        top_right=series_lines(study, series, volume),
        bottom_left=(number, f"{shown}{inverted}"),
        bottom_centre=((_("AI - not reviewed"),) if modelled else ()) + (_("Not for diagnostic use"),),
        banner="SYNTHETIC" if series.synthetic else "",
        letters=letters,
        mm_per_pixel=per_pixel,
        scale_note=_("at the detector") if planar and planar.spacing_source == "detector" else "",
        bar=bar,
    )


def _alt(series: Series, view: View, laid: Laid | None, masks: Sequence[Outlined]) -> str:
    volume = series.volume
    assert volume is not None
    letters = volume.planar.edge_letters() if volume.planar else None
    letters = volume.geometry.edge_letters() if volume.geometry else letters
    words = [
        _("{modality} image {n} of {total}").format(
            modality=series.modality or _("Unlabelled"), n=view.slice_index + 1, total=volume.shape[0]
        ),
        _("left edge {a}, right edge {b}, top {c}, bottom {d}").format(**dict(zip("abcd", letters, strict=True)))
        if letters
        else _("orientation unknown"),
    ]
    over = [_("{method} map over it").format(method=laid.explanation.method)] if laid and laid.visible else []
    over += [_("outlines of {title}").format(title=each.title) for each in masks]
    return ", ".join([*words, *(over or [_("no overlay")])])


def show(case: Case, size: tuple[int, int], laid: Laid | None = None, masks: Sequence[Outlined] = ()) -> None:
    """Put the slice on show on the page, as large as the window allows."""
    drawn = draw(case, size, laid, masks)
    with st.container(key="viewport"):
        st.image(drawn.png, width="stretch", alt=drawn.alt)


def _on(key: str, name: str) -> Any:
    """Callback that puts a widget's value into the view."""

    def step() -> None:
        value = st.session_state[key]
        change(lambda case: case.with_view(**{name: value}))

    return step


def _step(name: str, by: int) -> None:
    change(lambda case: case.with_view(**{name: getattr(case.view, name) + by}))


def controls(case: Case) -> None:
    """Window and inversion of the current series."""
    series = case.series
    if series is None or not (choices := voi_choices(series)):
        return
    key = "view-voi"
    st.session_state[key] = voi_key(series, case.view)
    st.selectbox(
        _("Window"),
        list(choices),
        format_func=choices.__getitem__,
        key=key,
        on_change=_on(key, "voi"),
        label_visibility="collapsed",
        width=210,
    )
    st.button(
        _("Invert"),
        key="view-invert",
        shortcut="I",
        type="primary" if case.view.inverted else "secondary",
        on_click=lambda: change(lambda now: now.with_view(inverted=not now.view.inverted)),
    )


def navigator(case: Case, width: int) -> None:
    """Slider and steps through the slices, and through time where there is any.

    Args:
        case: Its current series is stepped through.
        width: Of each slider, pixels.
    """
    volume = case.volume
    if volume is None:
        return
    axes = [
        (_("Slice"), "slice_index", volume.shape[0]),
        (_("Frame"), "frame", volume.frames),
    ]
    moving = [axis for axis in axes if axis[2] > 1]
    for place, (title, name, count) in enumerate(moving):
        if place == 0:  # one pair of keys: slices, or time where there is one slice
            st.button(_("Previous"), key="view-previous", shortcut="Up", on_click=_step, args=(name, -1))
        _slider(title, name, count, width)
        if place == 0:
            st.button(_("Next"), key="view-next", shortcut="Down", on_click=_step, args=(name, 1))


def _slider(title: str, name: str, count: int, width: int) -> None:
    key = f"view-{name}"
    st.session_state[key] = getattr(load().view, name) + 1
    st.slider(title, 1, count, key=key, on_change=_from_one(key, name), label_visibility="collapsed", width=width)


def _from_one(key: str, name: str) -> Any:
    def step() -> None:
        value = int(st.session_state[key]) - 1
        change(lambda case: case.with_view(**{name: value}))

    return step
