"""The run button of a model, with what the file does not say."""

import streamlit as st

from medimg_core.registry import ModelCard
from pages._ui import jobs, running
from pages._ui.declaring import run_form
from pages._ui.state import load

__all__ = ["ask_and_run"]


def ask_and_run(card: ModelCard, label: str) -> None:
    """The run button, with questions where the file is silent; nothing while the model is at it.

    Args:
        card: The model.
        label: Of the button.
    """
    busy = any(job.title == running.title(card) for job in jobs.pending())
    if not busy and run_form(load(), card, label):
        running.run(load(), card)
        st.rerun()
