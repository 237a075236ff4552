"""Plots say what their axes are, and show every value."""

import pytest

from medimg_core.registry import Curve
from pages._ui import plots
from pages._ui.theme import palette
from tests.pages.ui.evaluation.made import curve, curves


def curve_of(**facts):
    row = {**curve(), **facts}
    return Curve(**{name: tuple(value) if isinstance(value, list) else value for name, value in row.items()})


def axes(figure):
    return [panel for panel in figure.get_axes() if panel.get_visible()]


@pytest.mark.parametrize(("count", "shown", "drawn"), [(1, 1, 1), (3, 3, 3), (4, 4, 6)])
def test_one_panel_a_change(count, shown, drawn):
    figure = plots.robustness([curve_of(change="jpeg", unit="100 minus JPEG quality")] * count)
    assert len(axes(figure)) == shown
    assert len(figure.get_axes()) == drawn
    panel = axes(figure)[0]
    assert panel.get_title() == "JPEG: AUC"
    assert panel.get_xlabel() == "100 minus JPEG quality"
    assert panel.lines[0].get_ydata().tolist() == [0.9, 0.8]
    assert panel.get_ylim()[0] <= 0.7


def test_a_long_unit_is_broken_so_that_panels_do_not_run_into_each_other():
    figure = plots.robustness([curve_of(unit="gamma exponent or its inverse: darker or brighter")])
    lines = axes(figure)[0].get_xlabel().splitlines()
    assert " ".join(lines) == "gamma exponent or its inverse: darker or brighter"
    assert max(map(len, lines)) <= 32


def test_the_legend_of_a_learning_curve_covers_no_panel():
    names = ("val_auc", "val_accuracy", "val_dice_tumour", "val_false_positive")
    figure = plots.learning([{"epoch": n, "loss": 1 / n, **dict.fromkeys(names, 0.5)} for n in (1, 2, 3)])
    figure.draw_without_rendering()
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "AUC", "Accuracy", "Dice, tumour", "Share of empty targets with something found",
    ]  # fmt: skip
    assert not any(legend.get_window_extent().overlaps(panel.get_tightbbox()) for panel in axes(figure))


@pytest.mark.parametrize(
    ("draw", "part", "across", "up"),
    [
        (plots.roc, "roc", "1 - specificity", "sensitivity"),
        (plots.precision_recall, "pr", "recall", "precision"),
        (plots.reliability, "reliability", "mean score", "observed share"),
    ],
)
def test_curves_of_a_reading(draw, part, across, up):
    (panel,) = axes(draw(curves()[part]))
    assert (panel.get_xlabel(), panel.get_ylabel()) == (across, up)
    assert panel.get_facecolor()[:3] == pytest.approx([int(palette().ground[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def test_dots_at_the_ends_are_whole_and_empty_bins_have_none():
    (panel,) = axes(plots.reliability(curves()["reliability"]))
    assert panel.get_xlim()[0] < 0
    assert panel.get_ylim()[1] > 1
    assert panel.collections[0].get_offsets().tolist() == [[0.15, 0.5]]


def test_a_spread_counts_every_value():
    (panel,) = axes(plots.spread([0.0, 0.5, 0.96, 1.0], "Dice"))
    assert sum(bar.get_height() for bar in panel.patches) == 4
    assert panel.get_xlim()[1] >= 1
