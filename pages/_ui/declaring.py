"""What the file does not say, asked from the reader in one small form; it never overrules a tag."""

import streamlit as st

from medimg_core.gate import Declared, read_tags
from medimg_core.registry import ModelCard
from pages._ui.language import _
from pages._ui.state import Case, change

__all__ = ["declared_form"]


def declared_form(case: Case, card: ModelCard) -> None:
    """Ask for modality, body part, view and age as far as the file is silent on them."""
    tags = read_tags(case.series)
    missing = [
        name
        for name, known in (("modality", tags.modality), ("body_part", tags.body_part), ("view", tags.view))
        if not known
    ]
    if not missing and tags.age_years is not None:
        return
    said = case.declared.get(case.series_key, Declared())
    key = "-".join(("declared", *case.series_key))
    fresh = "modality" in missing and said == Declared() and case.prediction(card.id) is None
    choices = {
        "modality": (_("Modality"), card.modality),
        "body_part": (_("Body part"), card.body_part),
        "view": (_("View"), (*card.population.views, "PA", "LL")),
    }
    with st.expander(_("The file does not say everything"), expanded=fresh):
        st.caption(_("Your word is noted with the result. Leave open what you do not know."))
        with st.form(key, border=False):
            answers: dict[str, str | None] = {}
            for name in missing:
                label, options = choices[name]
                options = tuple(dict.fromkeys(options))
                known = getattr(said, name)
                index = options.index(known) if known in options else None
                answers[name] = st.selectbox(label, options, index=index, placeholder=_("unknown"), key=f"{key}-{name}")
            age = said.age_years
            if tags.age_years is None:
                age = st.number_input(
                    _("Age, years"), 0.0, 130.0, value=age, step=1.0, placeholder=_("unknown"), key=f"{key}-age"
                )
            if st.form_submit_button(_("Use these")):
                facts = Declared(**answers, age_years=age)
                change(lambda now: now.with_declared(facts))
                st.rerun()
