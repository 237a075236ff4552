"""Models: what is installed, and a datasheet for each."""

import streamlit as st

from medimg_core.phantoms import catalogue
from medimg_core.registry import ModelCard, broken_models, list_models
from pages._ui import jobs, opening
from pages._ui.datasheet import datasheet, model_table
from pages._ui.errors import shown
from pages._ui.frame import enter
from pages._ui.language import _
from pages._ui.places import go
from pages._ui.plain import code, plain
from pages._ui.theme import say


def demo_button(card: ModelCard) -> None:
    """Choose a phantom of the model's modality and body part, and go where the model can be run on it."""
    parts = tuple(part.lower() for part in card.body_part)
    titles = {row.id: row.title for row in catalogue() if row.modality in card.modality and row.id.startswith(parts)}
    if not titles:
        return
    chosen = st.menu_button(
        _("Try it on a demo case"),
        list(titles),
        format_func=lambda name: _(titles[name]),
        key=f"try-{card.id}",
        type="primary",
    )
    if chosen is not None:
        opening.open_demo(chosen, titles[chosen], show=True)
        go("analyse")


def broken_folders() -> bool:
    """Tell which folders are no usable models, and why; whether there are any."""
    broken = broken_models()
    for name, problems in broken:
        happened = _("The model folder {name} cannot be used.").format(name=code(name))
        todo = _("The other models are not affected. {command} says everything that is wrong.").format(
            command=code(f"medimg models {name} --check")
        )
        st.error(f"**{happened}** {todo}\n\n" + "\n".join(f"- {plain(problem)}" for problem in problems))
    return bool(broken)


enter()
st.header(_("Models"), anchor=False)
jobs.watch()
with shown():
    cards = list_models()
    broken = broken_folders()
    if not cards:
        if not broken:
            say(_("No model is installed. Put a model's folder into models/ and start again."))
        st.stop()
    model_table(cards)
    titles = {card.id: card.title for card in cards}
    chosen = cards[0].id
    if len(cards) > 1:
        chosen = st.selectbox(_("Datasheet of"), list(titles), format_func=titles.__getitem__, key="models-card")
    for card in cards:
        if card.id == chosen:
            demo_button(card)
            datasheet(card)
