"""What to evaluate on what: a model, a labelled folder, a split of it, and what else is wanted."""

from pathlib import Path

import streamlit as st

from medimg_core.errors import MedImgError
from medimg_core.registry import ModelCard
from pages._ui import jobs
from pages._ui.errors import words_for
from pages._ui.evaluation import bench, folders, running
from pages._ui.evaluation.bench import Bench, Contents
from pages._ui.language import _, ngettext
from pages._ui.plain import plain

__all__ = ["ask", "split_name", "usual_split"]

_OTHER = ""


def ask(cards: tuple[ModelCard, ...]) -> None:
    """Draw the choices with the button that starts; what is chosen stays in the session.

    Args:
        cards: Models to choose from, at least one.
    """
    left, middle, right = st.columns([5, 5, 3], gap="medium")
    with left:
        card = _model(cards)
    with middle:
        path = _folder(card)
    held = None if path is None else _contents(path)
    with right:
        split = None if held is None else _split(held)
    if held is not None and split is not None:
        st.caption(plain(_said(held, split)))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        now = bench.load()
        busy = now.job is not None and now.job in jobs.pending()
        ready = path is not None and split is not None
        pressed = st.button(_("Evaluate"), type="primary", key="evaluate-run", disabled=busy or not ready)
        lone = held is not None and split is not None and _one_label(card, held, split)
        bare = lone and not (card.segmentation is not None and held is not None and held.masks.get(split or ""))
        _options(card, lone=lone, bare=bare)
    if bare:
        st.caption(_("All labelled images of this choice have one label: there is no AUC, no curve, no robustness."))
    elif lone:
        st.caption(_("All labelled images of this choice have one label: there is no AUC and no curve."))
    if pressed and path is not None and split is not None:
        running.run(card, path, split, lone=lone, bare=bare)
        st.rerun()


def _model(cards: tuple[ModelCard, ...]) -> ModelCard:
    by_id = {card.id: card for card in cards}
    known = list(by_id)
    now = bench.load()
    chosen = st.selectbox(
        _("Model"),
        known,
        index=known.index(now.model) if now.model in by_id else 0,
        format_func=lambda name: _(by_id[name].title),
        key="evaluate-model",
    )
    bench.change(model=chosen)
    return by_id[chosen]


def _folder(card: ModelCard) -> Path | None:
    """The folder that was chosen or typed, or None; why it may not be read is told."""
    names = folders.offered()
    now = bench.load()
    if names:
        usual = next((source.name for source in card.data if source.name in names), names[0])
        first = usual if now.offered is None else now.offered
        options = [*names, *(() if folders.confined() else (_OTHER,))]
        chosen = st.selectbox(
            _("Labelled folder"),
            options,
            index=options.index(first) if first in options else 0,
            format_func=lambda name: name or _("another folder of this machine"),
            key="evaluate-offered",
            help=_("Folders with an index.csv below MEDIMG_DATA."),
        )
        now = bench.change(offered=chosen)
    if names and now.offered != _OTHER:
        text = str((folders.data_root() or Path()) / (now.offered or ""))
    else:
        text = _typed(now)
    if not text.strip():
        return None
    try:
        return folders.checked(text, confine=folders.confined(), root=folders.data_root())
    except MedImgError as error:
        _tell(error)
        return None


def _typed(now: Bench) -> str:
    text = st.text_input(
        _("Path of a labelled folder"),
        value=now.typed,
        key="evaluate-typed",
        placeholder=_("a folder with index.csv, on the machine that MedImg runs on"),
        help=_(
            "index.csv names one image a line in its column image, and what is true of it in label, mask or both; "
            "split, patient, age and sex are used where they are there. Nothing leaves the machine."
        ),
    )
    bench.change(typed=text)
    return text


def _contents(path: Path) -> Contents | None:
    try:
        held = folders.contents(path, bench.load().contents)
    except MedImgError as error:
        _tell(error)
        return None
    bench.change(contents=held)
    return held


def _tell(error: MedImgError) -> None:
    happened = words_for(error).happened
    st.error(
        f"**{_('What happened:')}** {plain(happened)}\n\n"
        + _("Nothing was evaluated. Choose another folder, or mend this one's index.csv.")
    )


def usual_split(held: Contents) -> str:
    """``val`` where the folder has it, else its first split."""
    return "val" if "val" in held.splits else next(iter(held.splits))


def split_name(split: str) -> str:
    """A split as the page calls it."""
    return _("all rows") if split in ("", "all") else split


def _split(held: Contents) -> str:
    options = list(held.splits)
    now = bench.load()
    wanted = now.split if now.split in held.splits else usual_split(held)
    chosen = st.selectbox(
        _("Split"),
        options,
        index=options.index(wanted or ""),
        format_func=lambda name: f"{split_name(name)} (n {held.splits[name]})",
        key=f"evaluate-split-{hash((held.stamp, tuple(options))) & 0xFFFFFFFF:08x}",
    )
    bench.change(split=chosen)
    return chosen


def _said(held: Contents, split: str) -> str:
    """What the rows of a split hold."""
    count = held.splits[split]
    parts = [ngettext("{n} image", "{n} images", count).format(n=count)]
    labels = held.labels.get(split, {})
    if labels:
        told = ", ".join(f"{name[:30]} {n}" for name, n in sorted(labels.items())[:8])
        parts.append(_("labels: {labels}").format(labels=told))
    masks = held.masks.get(split, {})
    if masks:
        told = ", ".join(f"{name} {n}" for name, n in masks.items())
        parts.append(_("drawn masks: {masks}").format(masks=told))
    return "; ".join(parts) + "."


def _one_label(card: ModelCard, held: Contents, split: str) -> bool:
    """Whether a model that classifies would be held to rows of one class alone."""
    return card.classification is not None and len(held.labels.get(split, {})) == 1


def _options(card: ModelCard, *, lone: bool, bare: bool) -> None:
    now = bench.load()
    curves = now.curves
    if card.classification is not None:
        curves = st.checkbox(
            _("Curves"),
            value=now.curves,
            key="evaluate-curves",
            disabled=lone,
            help=_("ROC, precision and recall, reliability. They need rows of both classes."),
        )
    robust = st.checkbox(
        _("Robustness"),
        value=now.robust,
        key="evaluate-robust",
        disabled=bare,
        help=_(
            "The figures again under noise, blur, contrast, exposure, rotation, compression, low resolution, "
            "occlusion and two attacks, each in rising strength: some 40 times as many readings. Takes minutes."
        ),
    )
    drawn = now.drawn
    if robust and not bare:
        label = _("Images drawn for it")
        drawn = int(st.number_input(label, 10, 2000, value=now.drawn, step=10, key="evaluate-drawn", width=180))
    bench.change(curves=curves, robust=robust, drawn=drawn)
