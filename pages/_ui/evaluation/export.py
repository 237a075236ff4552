"""An evaluation as files: the figures as the command line prints them, and one line an image."""

import csv
import io
import json

import streamlit as st

from medimg_core.evaluation import Evaluation
from pages._ui.language import _
from pages._ui.state import blind

__all__ = ["buttons", "figures_file", "rows_file"]


def figures_file(evaluation: Evaluation) -> str:
    """The answer of ``medimg evaluate --json``, indented."""
    return json.dumps(evaluation.answer, indent=2, allow_nan=False) + "\n"


def rows_file(evaluation: Evaluation) -> str:
    """Comma-separated: ``case label truth score decided gate``, ``dice_<target>`` for each; empty where undefined."""
    targets = list(dict.fromkeys(name for row in evaluation.rows for name in row.overlaps))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["case", "label", "truth", "score", "decided", "gate", *(f"dice_{name}" for name in targets)])
    for row in evaluation.rows:
        dice = row.dice
        writer.writerow(
            [
                row.case,
                row.label,
                _flag(row.truth),
                "" if row.score is None else f"{row.score:.6g}",
                _flag(row.decided),
                row.gate,
                *(_number(dice.get(name)) for name in targets),
            ]
        )
    return text.getvalue()


def _flag(value: bool | None) -> str:
    return "" if value is None else str(int(value))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def buttons(evaluation: Evaluation) -> None:
    """Both files, to keep; their names hold the model's id alone."""
    model = str(evaluation.answer["model"])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            _("Figures (JSON)"),
            figures_file(evaluation),
            file_name=f"evaluation_{model}.json",
            mime="application/json",
            on_click="ignore",
            key="export-figures",
        )
        if blind().on:  # they tell what the model said of each image
            return
        st.download_button(
            _("Rows (CSV)"),
            rows_file(evaluation),
            file_name=f"evaluation_{model}_rows.csv",
            mime="text/csv",
            on_click="ignore",
            key="export-rows",
        )
        if evaluation.answer["unreadable"]:
            st.caption(_("Both hold names of image files, which may be identifiers: the figures of those not read."))
        else:
            st.caption(
                _("The rows hold the names of the image files, which may be identifiers; the figures hold none.")
            )
