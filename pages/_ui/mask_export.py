"""Masks and their parts as files, made in memory when they are asked for; no name says anything of the patient."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from medimg_core.correcting import Corrected
from medimg_core.masks import masks_json, masks_nifti, masks_png, regions_csv
from medimg_core.registry import ModelCard
from medimg_core.results import Segmentation
from medimg_core.study import Volume
from pages._ui.language import _
from pages._ui.mask_measures import Measured
from pages._ui.state import Case

__all__ = ["mask_export"]


def mask_export(case: Case, card: ModelCard, result: Segmentation, found: Measured) -> None:
    """Files of a mask, folded.

    Args:
        case: Holds the volume.
        card: The model.
        result: Its masks.
        found: Their figures, as on show.
    """
    volume = case.volume
    if volume is None:
        return
    with st.expander(_("Export")):
        _masks(case, card, volume, result, _("Model's mask"), "")
        if found.corrected is not None:
            _masks(case, card, volume, found.corrected, _("Corrected mask"), "-corrected")
        whose = "model" if found.corrected is None else "corrected"
        name = f"parts-{card.id}" + ("" if whose == "model" else "-corrected")
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.caption(_("Parts and figures"))
            _file(_("CSV"), partial(regions_csv, result, found.regions, mask=whose), f"{name}.csv", "text/csv")
            about = partial(masks_json, result, found.corrected, found.again)
            _file(_("JSON"), about, f"{name}.json", "application/json")
        st.caption(_("Labels are numbers; files hold nothing of the patient, and say that they are for research."))


def _masks(
    case: Case, card: ModelCard, volume: Volume, made: Segmentation | Corrected, title: str, suffix: str
) -> None:
    """A mask in the place of its volume, and of the image on show as a picture."""
    place = case.view.slice_index
    name = f"mask-{card.id}{suffix}"
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption(title)
        if volume.geometry is not None:
            _file(_("NIfTI"), partial(masks_nifti, made, volume), f"{name}.nii.gz", "application/gzip")
        many = volume.shape[0] > 1
        label = _("PNG of image {n}").format(n=place + 1) if many else _("PNG")
        end = f"-image-{place + 1}" if many else ""
        _file(label, partial(masks_png, made.mask[place]), f"{name}{end}.png", "image/png")


def _file(label: str, content: Callable[[], bytes], name: str, mime: str) -> None:
    st.download_button(label, content, name, mime, key=f"file-{name}", on_click="ignore", type="secondary")
