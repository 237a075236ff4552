"""How far a reader's corrections have taken a mask from the model's, and the way back."""

import math
from dataclasses import replace

import streamlit as st

from medimg_core.correcting import Difference
from medimg_core.registry import ModelCard
from medimg_core.results import Segmentation
from pages._ui import quantities
from pages._ui.language import _, ngettext
from pages._ui.mask_measures import Measured
from pages._ui.plain import plain
from pages._ui.score_bar import as_score
from pages._ui.state import Case, change

__all__ = ["mask_changes"]


def mask_changes(case: Case, card: ModelCard, result: Segmentation, found: Measured) -> None:
    """What was corrected, label by label; nothing while the mask is the model's.

    Args:
        case: Holds the masks.
        card: Their model.
        result: The masks.
        found: Their figures.
    """
    if found.corrected is None:
        if case.findings.correction(result).discarded:
            st.caption(_("All corrections are taken back: this is the model's mask."))
            st.button(
                _("Make the corrections again"),
                key=f"restore-{card.id}",
                width="stretch",
                on_click=_restore,
                args=(card.id,),
            )
        return
    count = len(found.corrected.edits)
    st.markdown(
        ngettext("**Corrected by the reader**, {n} edit", "**Corrected by the reader**, {n} edits", count).format(
            n=count
        )
    )
    stack = case.volume is not None and case.volume.shape[0] > 1
    changed = [each for each in found.differences if each.added or each.removed]
    for each in changed:
        st.caption(plain(_said(each, stack=stack)))
    if not changed:
        st.caption(_("The edits leave the mask as the model made it."))
    st.button(_("Undo all corrections"), key=f"discard-{card.id}", width="stretch", on_click=_discard, args=(card.id,))


def _said(each: Difference, *, stack: bool) -> str:
    """One label's difference in a sentence."""
    same = "" if math.isnan(each.dice) else _("Dice {dice} with the model's mask; ").format(dice=as_score(each.dice))
    unit = _("voxels") if stack else _("pixels")
    text = _("{name}: {same}{added} {unit} added, {removed} removed").format(
        name=_(each.name), same=same, added=each.added, unit=unit, removed=each.removed
    )
    if each.change_ml is not None:
        text += "; " + quantities.millilitres(each.change_ml, signed=True)
    if stack:
        count = len(each.slices)
        text += "; " + ngettext("image {places}", "images {places}", count).format(
            places=quantities.images(list(each.slices))
        )
    return text + "."


# not given the result: what a widget calls outlives its run, and a closed study must not live on in it
def _discard(model_id: str) -> None:
    def step(case: Case) -> Case:
        result = case.segmentation(model_id)
        if result is None:
            return case
        after = case.findings.correction(result).without_edits()
        return replace(case, findings=case.findings.with_correction(after))

    change(step)


def _restore(model_id: str) -> None:
    def step(case: Case) -> Case:
        result = case.segmentation(model_id)
        return case if result is None else case.with_edits(result, case.findings.correction(result).discarded)

    change(step)
