"""What the file does not say, asked from the reader in one small form; it never overrules a tag."""

from dataclasses import replace

import streamlit as st

from medimg_core.gate import Declared, Tags, read_tags
from medimg_core.registry import ModelCard
from pages._ui.language import _
from pages._ui.plain import plain
from pages._ui.state import Case, change
from pages._ui.view import tag_of

__all__ = ["run_form", "silent", "spoken"]

KIND = ("modality", "body_part")


def silent(case: Case, card: ModelCard) -> tuple[str, ...]:
    """What a model asks for and the headers of the current series do not say.

    Args:
        case: Its current series is asked about.
        card: The model.

    Returns:
        Some of modality, body_part, view, sequence, age_years and unit, which are fields of the reader's word.
    """
    tags: Tags = read_tags(case.series)
    asked = {
        "modality": card.modality,
        "body_part": card.body_part,
        "view": card.population.views,
        "sequence": card.population.sequences,
        "age_years": card.population.age_years,
    }
    names = tuple(name for name, wanted in asked.items() if wanted and getattr(tags, name) in ("", None))
    unit = card.input.unit != "any" and case.volume is not None and case.volume.unit == "unknown"
    return (*names, "unit") if unit else names


def spoken(case: Case) -> None:
    """What the reader said of the current series, and the way to take it back; nothing where nothing was said.

    Args:
        case: Its current series is meant.
    """
    said = case.declared.get(case.series_key, Declared())
    words = [
        _("modality {code}").format(code=said.modality) if said.modality else "",
        _("body part {code}").format(code=said.body_part) if said.body_part else "",
        _("view {code}").format(code=said.view) if said.view else "",
        _("sequence {code}").format(code=said.sequence) if said.sequence else "",
        _("age {n:g} years").format(n=said.age_years) if said.age_years is not None else "",
        _("unit {code}").format(code=said.unit) if said.unit else "",
    ]
    if not any(words):
        return
    st.caption(_("You said of this image: {words}.").format(words=plain(", ".join(filter(None, words)))))
    st.button(
        _("Take back what you said"),
        key="unsay",
        type="tertiary",
        help=_("What models said on your word goes with it."),
        on_click=lambda: change(lambda now: now.with_declared(Declared())),
    )


def run_form(case: Case, card: ModelCard, label: str) -> bool:
    """Ask what the file is silent on, with the button that runs the model on the answers.

    Args:
        case: Its current series is asked about.
        card: The model; its range gives the answers on offer.
        label: Of the button.

    Returns:
        True when the button was pressed; the answers are then in the session's case.
    """
    said = case.declared.get(case.series_key, Declared())
    # the kind of image is said once, of all models: its way back is beside the word itself
    names = tuple(name for name in silent(case, card) if name not in KIND or getattr(said, name) is None)
    place = tag_of(case.series_key)
    with st.form(f"declared-{card.id}-{place}", border=False):
        if names:
            st.caption(_("The file does not say the following. Your word is noted; leave open what you do not know."))
        answers: dict[str, str | None] = {}
        for name in names:
            if name != "age_years":
                known = getattr(said, name)  # in the key: what was said for another model is not asked again
                answers[name] = _choice(name, card, known, f"{card.id}-{place}-{name}-{known}")
        age = said.age_years
        if "age_years" in names:
            key = f"{card.id}-{place}-age-{age}"
            age = st.number_input(_("Age, years"), 0.0, 130.0, value=age, step=1.0, placeholder=_("unknown"), key=key)
        if not st.form_submit_button(label, key=f"run-{card.id}", type="primary", width="stretch"):
            return False
    word = replace(said, **answers, age_years=age)
    if word != said:  # results that rest on the same word stay
        change(lambda now: now.with_declared(word))
    return True


def _choice(name: str, card: ModelCard, known: str | None, key: str) -> str | None:
    table = {
        "modality": (_("Modality"), (*card.modality, "OT")),
        "body_part": (_("Body part"), (*card.body_part, "OTHER")),
        "view": (_("View"), (*card.population.views, "PA", "LL")),
        "sequence": (_("MR sequence"), (*card.population.sequences, "T1", "T2", "DWI", "OTHER")),
        "unit": (_("Unit of the values"), (card.input.unit, "OTHER")),
    }
    others = {"sequence": _("another sequence"), "unit": _("another unit")}
    words = {
        "CR": _("CR, computed radiograph"),
        "DX": _("DX, digital radiograph"),
        "OT": _("another modality"),
        "OTHER": others.get(name, _("another body part")),
        "HU": _("HU, as they are stored"),
        "AP": _("AP, beam from the front"),
        "PA": _("PA, beam from behind"),
        "LL": _("LL, lateral"),
        "FLAIR": _("FLAIR, fluid attenuated"),
        "T1": _("T1-weighted"),
        "T2": _("T2-weighted"),
        "DWI": _("DWI, diffusion-weighted"),
        "US": _("US, ultrasound"),
        "MR": _("MR, magnetic resonance"),
        "CT": _("CT, computed tomography"),
    }
    label, offered = table[name]
    options = list(dict.fromkeys(offered))
    return st.selectbox(
        label,
        options,
        index=options.index(known) if known in options else None,
        format_func=lambda code: words.get(code, code),
        placeholder=_("unknown"),
        key=key,
    )
