"""What kind of image this is, asked once where the file does not say: models of other kinds are then not offered."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from medimg_core.gate import Declared, read_tags
from medimg_core.gate.tags import RADIOGRAPH
from medimg_core.registry import ModelCard
from pages._ui.language import _
from pages._ui.plain import plain
from pages._ui.state import Case, change
from pages._ui.view import tag_of

__all__ = ["asking", "kinds"]

OTHER = Declared(modality="OT", body_part="OTHER")


def kinds(cards: Sequence[ModelCard]) -> dict[str, Declared]:
    """Kinds of images that models read, each with what it means for a file that says nothing.

    Args:
        cards: In the order in which their kinds are offered. A model of any body part is of no kind.

    Returns:
        By the words for it, e.g. ``"Chest, radiograph"``.
    """
    found: dict[str, Declared] = {}
    for card in cards:
        if card.modality and card.body_part:
            word = Declared(modality=card.modality[0], body_part=card.body_part[0])
            found.setdefault(_words(card), word)
    return found


def _words(card: ModelCard) -> str:
    modalities = {"MR": _("MR"), "CT": _("CT"), "US": _("ultrasound")}
    parts = {
        "ABDOMEN": _("Abdomen"),
        "BRAIN": _("Brain"),
        "BREAST": _("Breast"),
        "CHEST": _("Chest"),
        "HEAD": _("Head"),
        "HEART": _("Heart"),
        "LIVER": _("Liver"),
    }
    code, part = card.modality[0], card.body_part[0]
    modality = _("radiograph") if set(card.modality) <= RADIOGRAPH else modalities.get(code, code)
    return _("{part}, {modality}").format(part=parts.get(part, part.capitalize()), modality=modality)


def asking(case: Case, cards: Sequence[ModelCard]) -> bool:
    """Ask for the kind of image, where neither the file nor the reader has said any of it.

    Args:
        case: Its current series is asked about.
        cards: The models that fit it so far.

    Returns:
        True while the question is open: what models ask and say has to wait.
    """
    tags, word = read_tags(case.series), case.declared.get(case.series_key, Declared())
    offered = kinds(cards)
    if tags.modality or tags.body_part or word.modality or word.body_part or len(offered) < 2:
        return False
    st.markdown(f"**{_('What does this image show?')}**")
    st.caption(_("The file does not say. Models that read such images are offered next; your word is noted with them."))
    place = tag_of(case.series_key)
    answers = {**offered, _("None of these"): OTHER}
    for number, (title, meant) in enumerate(answers.items()):
        st.button(plain(title), key=f"kind-{place}-{number}", width="stretch", on_click=_say, args=(meant,))
    return True


def _say(meant: Declared) -> None:
    def said(case: Case) -> Case:
        known = case.declared.get(case.series_key, Declared())
        return case.with_declared(replace(known, modality=meant.modality, body_part=meant.body_part))

    change(said)
