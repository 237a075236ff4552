"""The images that a model got wrong, each one click from the viewer."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from medimg_core.evaluation import Evaluation, Verdict
from medimg_core.registry import ModelCard
from pages._ui.evaluation import opened
from pages._ui.language import _, ngettext
from pages._ui.score_bar import as_score

__all__ = ["misses"]

LOWEST = 100
"""Rows of the table of low Dice; the exported rows hold all of them."""


def misses(evaluation: Evaluation, card: ModelCard | None) -> None:
    """Tables of wrong decisions, low Dice and masks where none was drawn; a chosen row opens.

    Args:
        evaluation: Its rows.
        card: The model that an image is opened with; None where that is not installed any more.
    """
    st.caption(
        _(
            "Choose a row, by its box or by Shift and Space, to open the image on Analyse with what the model says of "
            "it. The names are those of the image files; they may be identifiers."
        )
    )
    if "auc" in evaluation.answer:
        wrong = evaluation.misses()
        st.caption(
            _("Beyond the threshold: how far the score lies on the wrong side, as a share of the way to its end.")
        )
        count = ngettext("{n} image decided wrongly", "{n} images decided wrongly", len(wrong)).format(n=len(wrong))
        _choose(count, [miss.verdict for miss in wrong], [_decision(m.verdict, m.wrong) for m in wrong], card)
    if "dice" in evaluation.answer:
        low = evaluation.by_dice()[:LOWEST]
        _choose(_("Lowest Dice"), low, [_overlap(row) for row in low], card)
        stray = evaluation.strays()
        if stray:
            title = _("Something found where nothing was drawn")
            _choose(title, stray, [{**_name(row), _("Voxels"): row.stray, **_gate(row)} for row in stray], card)


def _name(row: Verdict) -> dict[str, Any]:
    return {_("Image"): row.case}


def _gate(row: Verdict) -> dict[str, Any]:
    words = {"pass": _("pass"), "mark": _("mark"), "refuse": _("refuse")}
    return {_("Gate"): words.get(row.gate, row.gate)}


def _decision(row: Verdict, wrong: float) -> dict[str, Any]:
    return {
        **_name(row),
        _("Decided"): _("false positive") if row.decided else _("false negative"),
        _("Score"): as_score(row.score or 0.0),
        _("Beyond the threshold"): f"{100 * wrong:.0f} %",
        _("Label"): row.label,
        **_gate(row),
    }


def _overlap(row: Verdict) -> dict[str, Any]:
    several = len(row.dice) > 1
    each = {name: "–" if value is None else f"{value:.3f}" for name, value in row.dice.items()}
    mean = {_("Mean Dice"): f"{row.mean_dice or 0.0:.3f}"} if several else {}
    return {**_name(row), **mean, **(each if several else {_("Dice"): next(iter(each.values()), "–")}), **_gate(row)}


def _choose(title: str, rows: Sequence[Verdict], table: list[dict[str, Any]], card: ModelCard | None) -> None:
    st.markdown(f"**{title}**")
    if not rows:
        return
    height: Any = "content" if len(rows) < 9 else 340
    if card is None:
        st.dataframe(pd.DataFrame(table), hide_index=True, height=height, alt=title)
        return
    key = f"misses-{hash(tuple(row.image for row in rows)) & 0xFFFFFFFF:08x}-{len(table[0])}"
    chosen: Any = st.dataframe(
        pd.DataFrame(table),
        hide_index=True,
        height=height,
        alt=title,
        key=key,
        on_select="rerun",
        selection_mode="single-row",
    )
    for place in chosen["selection"]["rows"]:
        opened.open_row(card, rows[place])
