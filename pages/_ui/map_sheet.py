"""What was measured of a model's maps, as a part of its datasheet."""

import pandas as pd
import streamlit as st

from medimg_core.errors import MedImgError
from medimg_core.explain.audit import MethodRecord, Record, judged, read_record
from medimg_core.explain.audit.measured import Share
from medimg_core.explain.distinct import distinct
from medimg_core.explain.methods import METHODS
from medimg_core.registry import ModelCard
from pages._ui.language import _
from pages._ui.plain import plain

__all__ = ["map_sheet"]


def map_sheet(card: ModelCard) -> None:
    """One row a method; methods that make one map share it."""
    if card.classification is None or card.cam is None:
        return
    st.markdown(f"**{_('Maps')}**")
    try:
        record = read_record(card)
    except MedImgError as error:
        st.caption(plain(str(error)))
        return
    if record is None:
        st.caption(_("What this model's maps are worth was not measured."))
        return
    st.caption(_note(record))
    rows = [
        _row(", ".join(_(METHODS[name].title) for name in names), record.methods[names[0]])
        for names in distinct(card, [name for name in record.methods if name in METHODS])
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", alt=_("Maps"))


def _row(title: str, one: MethodRecord) -> dict[str, str]:
    words = {"shown": _("yes"), "not_shown": _("no"), "cannot_tell": _("cannot tell")}
    found, lies = one.faithful, one.placed
    return {
        _("Method"): title,
        _("Notices when the model forgets"): f"{words[judged(one)]} ({one.stages[-1].ssim:.2f} / {one.pair_ssim:.2f})",
        _("Faithful"): "" if found is None else _("{share}, n {n}").format(share=_value(found.shown), n=found.images),
        _("Peak in what was drawn"): ""
        if lies is None
        else _("{share}, n {n}").format(share=_value(lies.pointing), n=lies.images),
        _("Within a cell of it"): "" if lies is None or lies.near is None else _value(lies.near),
        _("Share inside"): "" if lies is None else _value(lies.energy),
        _("Overlap"): "" if lies is None or lies.overlap is None else _value(lies.overlap),
    }


def _value(share: Share) -> str:
    ends = "" if share.ci is None else f" [{share.ci[0]:.2f}, {share.ci[1]:.2f}]"
    chance = "" if share.chance is None else _(", by chance {share:.2f}").format(share=share.chance)
    return f"{share.value:.2f}{ends}{chance}"


def _note(record: Record) -> str:
    some = list(record.methods.values())
    lines = [
        _(
            "Notices when the model forgets: mean similarity of maps of the trained network with those of one whose "
            "weights are all random, and of maps of different images with each other; {data}, {n} images."
        ).format(data=plain(record.data), n=some[0].images)
    ]
    faithful, placed = record.faithful, record.placed
    if faithful is not None:
        lines.append(
            _(
                "Faithful: share of positive images, called so, in which hiding what the map marks moves the score "
                "more than hiding at random; {data}."
            ).format(data=plain(faithful.data))
        )
    if placed is not None:
        lines.append(
            _("Place: against drawn masks; {data}, patients or groups: {n}.").format(
                data=plain(placed.data), n=placed.groups
            )
        )
    return " ".join(lines)
