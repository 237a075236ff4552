"""A model's card as a datasheet: every figure with its interval, its n and its data."""

import pandas as pd
import streamlit as st

from medimg_core.registry import Figure, ModelCard, read_curve
from pages._ui import plots
from pages._ui.figure_names import figure_name, spaced, split_word, step_name, task_name
from pages._ui.language import _
from pages._ui.map_sheet import map_sheet
from pages._ui.plain import plain
from pages._ui.score_bar import percent

__all__ = ["datasheet", "model_table"]


def model_table(cards: tuple[ModelCard, ...]) -> None:
    """One row a model."""
    rows = []
    for card in cards:
        area, overlap = _head(card, "auc"), _head(card, "dice")
        rows.append(
            {
                _("Model"): card.title,
                _("Task"): task_name(card.task),
                _("Modality"): ", ".join(card.modality),
                _("Body part"): ", ".join(card.body_part),
                _("Ages, years"): _ages(card),
                _("AUC (see datasheet)"): area,
                _("Dice (see datasheet)"): overlap,
                _("Licence of the weights"): card.weights_licence,
            }
        )
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", alt=_("Models"))


def datasheet(card: ModelCard) -> None:
    """Everything the card says."""
    st.subheader(plain(_(card.title)), anchor=False)
    st.markdown(plain(_(card.intended_use)))
    left, right = st.columns([2, 3], gap="large")
    with left:
        _facts(card)
        _list(_("Limits"), card.limits)
        _list(_("Never measured"), card.population.never_measured)
        _data(card)
        st.markdown(f"**{_('SHA-256 of the weights')}**")
        st.code(card.sha256, language=None, wrap_lines=True)
    with right:
        _figures(
            _("Measured"),
            card.metrics,
            _("On images the weights were not trained on; the condition says what was chosen on them."),
        )
        _figures(
            _("Shortcuts"),
            card.shortcuts,
            _("With the region it should read hidden, shown alone, or set in other surroundings.")
            + (
                " "
                + _("This model uses information outside the {region}; every result says so.").format(
                    region=plain(_(card.region or "region"))
                )
                if card.uses_outside
                else ""
            ),
        )
        _robustness(card)
        map_sheet(card)
        _figures(_("Input gate"), card.gate_figures, _("Share of images marked or refused."))
        _thresholds(card)
        _learning(card)


def _facts(card: ModelCard) -> None:
    rows = {
        _("Reads"): f"{', '.join(card.modality)}; {', '.join(card.body_part)}",
        _("Ages in training, years"): _ages(card),
        _("Views in training"): ", ".join(card.population.views) or _("not recorded"),
        **({_("MR sequences in training"): ", ".join(card.population.sequences)} if card.population.sequences else {}),
        _("Sites"): card.population.sites,
        **({_("Prevalence in training"): percent(card.prevalence)} if card.classification else {}),
        _("Network input"): ", ".join(
            [f"{card.input.size[0]} x {card.input.size[1]}", *map(step_name, card.input.steps)]
        ),
        _("Map"): _("layer {layer}").format(layer=card.cam.layer) if card.cam else _("none"),
        _("Licence of the weights"): card.weights_licence,
    }
    values = [plain(value) for value in rows.values()]  # a table's cells are Markdown, a data frame's are not
    st.table(pd.DataFrame({_("What"): list(rows), _("Value"): values}).set_index(_("What")))


def _figures(title: str, figures: tuple[Figure, ...], note: str) -> None:
    st.markdown(f"**{title}**")
    if not figures:
        st.caption(_("Nothing recorded on the card."))
        return
    st.caption(note)
    rows = [
        {
            _("Figure"): figure_name(figure.name),
            _("Value [95 % interval]"): _value(figure),
            _("n"): figure.n,
            _("Data"): figure.data,
            _("Condition"): figure.note,
        }
        for figure in figures
    ]
    height = "content" if len(rows) < 9 else 340
    st.dataframe(pd.DataFrame(rows), hide_index=True, height=height, alt=title)  # type: ignore[arg-type]


def _robustness(card: ModelCard) -> None:
    st.markdown(f"**{_('Under changes of rising strength')}**")
    if not card.robustness:
        st.caption(_("Nothing recorded on the card."))
        return
    first = card.robustness[0]
    text = _("One change at a time; bands are 95 % intervals. {data}, n {n}.").format(data=first.data, n=first.n)
    plots.draw(plots.robustness(card.robustness), text)


def _learning(card: ModelCard) -> None:
    history = read_curve(card.folder)
    if history:
        st.markdown(f"**{_('Learning curve')}**")
        plots.draw(plots.learning(history), _("The validation images chose the epoch; averaged weights are measured."))


def _thresholds(card: ModelCard) -> None:
    if not card.thresholds:
        return
    st.markdown(f"**{_('Operating points')}**")
    rows = [
        {
            _("Name"): spaced(row.name),
            _("Score"): f"{row.value:.3g}",
            _("Sensitivity"): f"{row.sensitivity:.3f}",
            _("Specificity"): f"{row.specificity:.3f}",
            _("Measured on"): row.source,
        }
        for row in card.thresholds
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", alt=_("Operating points"))


def _data(card: ModelCard) -> None:
    st.markdown(f"**{_('Training data')}**")
    for source in card.data:
        counts = ", ".join(f"{split_word(split)} {count}" for split, count in source.n.items())
        told = "; ".join(part for part in (counts, source.split, source.licence) if part)
        st.markdown("- " + plain(f"{source.name}: {told}"))


def _list(title: str, lines: tuple[str, ...]) -> None:
    if lines:
        st.markdown(f"**{title}**\n\n" + "\n".join(f"- {plain(line)}" for line in lines))


def _ages(card: ModelCard) -> str:
    ages = card.population.age_years
    return f"{ages[0]:g} to {ages[1]:g}" if ages else _("not recorded")


def _head(card: ModelCard, name: str) -> str:
    """The first figure of that name; the card lists the plain condition first."""
    figure = next((figure for figure in card.metrics if figure.name == name), None)
    return _value(figure) if figure else ""


def _value(figure: Figure) -> str:
    def digits(value: float) -> str:
        return f"{round(value, 3) + 0.0:.3f}"  # no zero below zero

    interval = f" [{digits(figure.ci[0])}, {digits(figure.ci[1])}]" if figure.ci else ""
    return digits(figure.value) + interval
