"""An evaluation on the page: what it is of, figures, plots, subgroups, robustness."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from medimg_core.evaluation import Evaluation
from medimg_core.registry import Curve, ModelCard
from pages._ui import plots
from pages._ui.evaluation import figures
from pages._ui.evaluation.bench import Shown
from pages._ui.evaluation.choosing import split_name
from pages._ui.figure_names import change_name, figure_name
from pages._ui.language import _, ngettext
from pages._ui.plain import plain

__all__ = ["figures_and_plots", "heading", "parts", "robustness"]

Answer = Mapping[str, Any]


def heading(shown: Shown, card: ModelCard | None) -> None:
    """What was evaluated on what, what the gate said, and whether the model knows these images.

    Args:
        shown: The evaluation.
        card: Its model, or None where that is not installed any more.
    """
    answer = shown.evaluation.answer
    title = answer["model"] if card is None else _(card.title)
    where = _("{model}, on {folder}, {split}")
    split = split_name(answer["split"])
    st.subheader(plain(where.format(model=title, folder=shown.folder, split=split)), anchor=False)
    if card is None or card.sha256 != answer["weights_sha256"]:
        st.warning(_("**Caution:** this model was replaced since; the figures are those of its old weights."))
    if answer["seen"] == "trained":
        st.warning(
            _("**Caution:** the weights were fitted to rows of this set, says the card. The figures prove nothing.")
        )
    elif answer["seen"] == "tuned":
        st.warning(
            _(
                "**Caution:** chosen on this split, says the card: the epoch, the threshold or the calibration. "
                "Expect lower figures on images that had no part in that."
            )
        )
    _unreadable(answer["unreadable"])
    st.caption(plain(f"{_counted(answer)} {_decided(answer)}"))


def _unreadable(rows: Sequence[Mapping[str, str]]) -> None:
    """Images that no figure is over, each with the reason."""
    if not rows:
        return
    count = len(rows)
    text = ngettext(
        "**Caution:** {n} image could not be read; no figure is over it.",
        "**Caution:** {n} images could not be read; no figure is over them.",
        count,
    )
    st.warning(text.format(n=count))
    with st.expander(_("What could not be read, and why")):
        table = [{_("Image"): row["file"], _("Why"): row["reason"]} for row in rows]
        height: Any = "content" if count < 9 else 340
        st.dataframe(pd.DataFrame(table), hide_index=True, height=height, alt=_("What could not be read, and why"))


def _counted(answer: Answer) -> str:
    gate, count = answer["gate"], answer["n"]
    refused = gate["refuse"] - len(answer["unreadable"])  # which are no part of n
    text = ngettext(
        "{n} image. The input gate let {passed} pass, marked {marked} and would refuse {refused}; metrics are over all "
        "rows, whatever it said.",
        "{n} images. The input gate let {passed} pass, marked {marked} and would refuse {refused}; metrics are over "
        "all rows, whatever it said.",
        count,
    )
    return text.format(n=count, passed=gate["pass"], marked=gate["mark"], refused=refused)


def _decided(answer: Answer) -> str:
    if "threshold" not in answer:
        return ""
    return _("Decided for {reading} at a score of {cut} or above, the card's first operating point.").format(
        reading=answer["reading"], cut=f"{answer['threshold']:.3g}"
    )


def figures_and_plots(evaluation: Evaluation) -> None:
    """The figures of all rows, with the plots behind them."""
    if "auc" in evaluation.answer:
        _reading(evaluation)
    if "dice" in evaluation.answer:
        _masks(evaluation)


def parts(evaluation: Evaluation) -> None:
    """The same figures class by class, and by what the index says of each row."""
    classes = figures.class_table(evaluation.answer)
    if classes:
        _table(_("Each class against the rest, decided where it has the highest score"), classes)
    groups = figures.subgroup_tables(evaluation.answer)
    for column, rows in groups.items():
        _table(_("By {column}").format(column=column), rows)
    if not classes and not groups:
        st.caption(_("The index has no column of several values: age, sex, label, subtype, grade or pathology."))


def _table(title: str, rows: list[dict[str, Any]]) -> None:
    st.markdown(f"**{plain(title)}**")
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content" if len(rows) < 12 else 400, alt=title)


def _reading(evaluation: Evaluation) -> None:
    answer = evaluation.answer
    left, right = st.columns([1, 1], gap="large")
    with left:
        _table(_("Reading: {reading}").format(reading=answer["reading"]), figures.reading_table(evaluation))
        if figures.no_width(answer):
            st.caption(_("An interval of one point is no certainty: drawn again, images without a miss show none."))
    with right:
        st.markdown(f"**{_('Confusion, numbers of images')}**")
        table = figures.confusion_table(evaluation)
        first = next(iter(table))
        names = [plain(name) for name in table[first]]  # a table's cells are Markdown, a data frame's are not
        st.table(pd.DataFrame({**table, first: names}).set_index(first))
    if "curves" in answer:
        _curves(answer["curves"])


def _curves(curves: Answer) -> None:
    panels: tuple[Callable[[], Any], ...] = (
        lambda: plots.roc(curves["roc"]),
        lambda: plots.precision_recall(curves["pr"]),
        lambda: plots.reliability(curves["reliability"]),
    )
    said = (
        _("Sensitivity against the share of negatives called positive, over all thresholds."),
        _("Precision against recall, over all thresholds. It depends on the share of positives."),
        _("Observed share of positives against the mean score, in ten bins; larger dots hold more images."),
    )
    for place, panel, text in zip(st.columns(3, gap="medium"), panels, said, strict=True):
        with place:
            plots.draw(panel(), text)
    with st.expander(_("The reliability plot as a table; all points of the curves are in the exported figures")):
        bins = figures.bins_table(curves["reliability"])
        st.dataframe(pd.DataFrame(bins), hide_index=True, height="content", alt=_("Reliability"))


def _masks(evaluation: Evaluation) -> None:
    left, right = st.columns([5, 3], gap="large")
    with left:
        _table(_("Masks, mean [95 % interval]"), figures.mask_table(evaluation.answer))
    with right:
        values = [row.mean_dice for row in evaluation.rows if row.mean_dice is not None]
        if values:
            count = ngettext("{n} image with a drawn target.", "{n} images with a drawn target.", len(values))
            plots.draw(plots.spread(values, _("Dice")), count.format(n=len(values)))


def robustness(evaluation: Evaluation) -> None:
    """The figures under changes and attacks of rising strength, where they were wanted."""
    if "robustness" not in evaluation.answer:
        st.caption(_("Not measured. Tick Robustness and evaluate again."))
        return
    text = _("One change at a time; bands are 95 % intervals. {data}, n {n}.")
    curves = [_curve(row) for row in evaluation.answer["robustness"]]
    for metric in dict.fromkeys(curve.metric for curve in curves):
        chosen = [curve for curve in curves if curve.metric == metric]
        plots.draw(plots.robustness(chosen), text.format(data=chosen[0].data, n=chosen[0].n))
    with st.expander(_("The same as a table")):
        rows = [
            {
                _("Change"): change_name(curve.change),
                _("Figure"): figure_name(curve.metric),
                _("Strength"): f"{strength:g} ({curve.unit})",
                _("Value [95 % interval]"): f"{value:.3f} [{low:.3f}, {high:.3f}]",
            }
            for curve in curves
            for strength, value, low, high in zip(curve.strengths, curve.values, curve.low, curve.high, strict=True)
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, height=400, alt=_("Under changes of rising strength"))


def _curve(row: Answer) -> Curve:
    facts: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return Curve(**facts)
