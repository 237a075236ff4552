"""Small plots in the page's own colours: curves of a model card and of an evaluation."""

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

import streamlit as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from medimg_core.registry import Curve
from pages._ui.figure_names import change_name, figure_name, spaced
from pages._ui.language import _
from pages._ui.plain import plain
from pages._ui.theme import Palette, palette

__all__ = ["draw", "learning", "precision_recall", "reliability", "robustness", "roc", "spread"]

Points = Sequence[tuple[float, float]]
_COLUMNS = 3


def draw(figure: Figure, alt: str) -> None:
    """Put a figure on the page.

    Args:
        figure: Of one of the functions below.
        alt: What it shows, in words.
    """
    st.pyplot(figure, width="stretch")
    st.caption(plain(alt))


def _sheet(rows: int, columns: int, height: float) -> tuple[Figure, list[Axes]]:
    """A figure of panels on the page's ground."""
    colours = palette()
    figure = Figure(figsize=(2.4 * columns, height * rows), layout="constrained", facecolor=colours.ground)
    axes = [figure.add_subplot(rows, columns, place + 1) for place in range(rows * columns)]
    for panel in axes:
        panel.set_facecolor(colours.ground)
        panel.tick_params(colors=colours.quiet, labelsize=8)
        for edge in panel.spines.values():
            edge.set_color(colours.track)
        panel.grid(color=colours.track, linewidth=0.5)
    return figure, axes


def _titles(panel: Axes, title: str, across: str = "", up: str = "") -> None:
    colours: Palette = palette()
    # names of a card are words, whatever signs of formulae they hold
    panel.set_title(title, color=colours.text, fontsize=9, parse_math=False)
    panel.set_xlabel(across, color=colours.quiet, fontsize=8, parse_math=False)
    panel.set_ylabel(up, color=colours.quiet, fontsize=8, parse_math=False)


def robustness(curves: Sequence[Curve]) -> Figure:
    """One panel a change, with the 95 % interval as a band; all panels share their height."""
    count = len(curves)
    columns = min(_COLUMNS, count)
    rows = -(-count // columns)
    figure, axes = _sheet(rows, columns, 2.0)
    colours = palette()
    low = min(min(curve.low) for curve in curves)
    for panel, curve in zip(axes, curves, strict=False):
        panel.fill_between(curve.strengths, curve.low, curve.high, color=colours.accent, alpha=0.25, linewidth=0)
        panel.plot(curve.strengths, curve.values, color=colours.accent, marker="o", markersize=3)
        panel.set_ylim(max(0.0, low - 0.05), 1.02)
        _titles(panel, f"{change_name(curve.change)}: {figure_name(curve.metric)}", fill(spaced(curve.unit), 30))
    for panel in axes[count:]:
        panel.set_visible(False)
    return figure


def learning(history: Sequence[Mapping[str, float]]) -> Figure:
    """Training loss, and validation figures, by epoch."""
    figure, (left, right) = _sheet(1, 2, 2.6)
    epochs = [record["epoch"] for record in history]
    left.plot(epochs, [record["loss"] for record in history], color=palette().caution)
    _titles(left, _("Training loss"), _("epoch"))
    names = [name for name in history[-1] if name.startswith("val_") and name != "val_score"]
    for name, style in zip(names, ("-", "--", ":", "-."), strict=False):
        label = figure_name(name.removeprefix("val_"))
        right.plot(epochs, [record[name] for record in history], style, color=palette().accent, label=label)
    _titles(right, _("On validation images"), _("epoch"))
    legend = figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)  # beside no curve
    for text in legend.get_texts():
        text.set_color(palette().quiet)
        text.set_parse_math(False)
    return figure


def roc(points: Mapping[str, Sequence[float]]) -> Figure:
    """Sensitivity against the share of false positives."""
    figure, (panel,) = _sheet(1, 1, 2.4)
    panel.plot([0, 1], [0, 1], color=palette().track)
    panel.plot(points["fpr"], points["tpr"], color=palette().accent)
    _titles(panel, _("ROC"), _("1 - specificity"), _("sensitivity"))
    return figure


def precision_recall(points: Mapping[str, Sequence[float]]) -> Figure:
    """Precision against recall."""
    figure, (panel,) = _sheet(1, 1, 2.4)
    panel.plot(points["recall"], points["precision"], color=palette().accent)
    panel.set_ylim(0, 1.02)
    _titles(panel, _("Precision and recall"), _("recall"), _("precision"))
    return figure


def reliability(bins: Sequence[Mapping[str, Any]]) -> Figure:
    """Observed share of positives against the mean score, a dot a bin, larger for more images."""
    figure, (panel,) = _sheet(1, 1, 2.4)
    panel.plot([0, 1], [0, 1], color=palette().track)
    full = [row for row in bins if row["n"]]
    most = max(row["n"] for row in full)
    sizes = [10 + 60 * row["n"] / most for row in full]
    panel.scatter([row["score"] for row in full], [row["observed"] for row in full], s=sizes, color=palette().accent)
    panel.set_xlim(-0.05, 1.05)
    panel.set_ylim(-0.05, 1.05)
    _titles(panel, _("Reliability"), _("mean score"), _("observed share"))
    return figure


def spread(values: Sequence[float], title: str) -> Figure:
    """How many images have which value of a metric from 0 to 1."""
    figure, (panel,) = _sheet(1, 1, 2.4)
    panel.hist(values, bins=20, range=(0, 1), color=palette().accent)
    _titles(panel, title, "", _("images"))
    return figure
