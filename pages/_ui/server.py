"""The server behind ``app.py``."""

import gc
import importlib
import logging
import os
import sys
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit import config

from medimg_core.errors import MedImgError
from pages._ui import theme
from pages._ui.access import auth_configured, can_sign_in, refusal
from pages._ui.errors import SafeTraceback, on_script_error
from pages._ui.viewer.routes import routes

__all__ = ["FRAME", "options", "settle"]

FRAME = Path(__file__).with_name("frame.py")
_USED = (
    "altair",
    "matplotlib.figure",
    "nibabel",
    "pandas",
    "pydicom.pixels",
    "scipy.ndimage",
    "scipy.stats",
)
_LOGGERS = ("streamlit.error_util", "streamlit.runtime.scriptrunner.exec_code", "streamlit.runtime.app_session")


def options() -> dict[str, Any]:
    """Check where the server is bound, quieten its log, and give the application's arguments.

    Returns:
        Keyword arguments of :class:`streamlit.App`.

    Raises:
        SystemExit: Bound to an address that other computers reach, without an ``[auth]`` section; or
            ``MEDIMG_THEME`` is neither dark nor light.
    """
    try:
        colours = theme.options(os.environ.get("MEDIMG_THEME", ""))
        reason = refusal(st.get_option("server.address"), has_auth=auth_configured(), able=can_sign_in())
    except MedImgError as error:
        colours, reason = {}, str(error)
    if reason:
        sys.stderr.write(reason + "\n")
        raise SystemExit(2)
    for name, value in colours.items():
        config.set_option(f"theme.{name}", value)
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(known, SafeTraceback) for known in logger.filters):
            logger.addFilter(SafeTraceback())
    return {"on_script_error": on_script_error, "routes": routes(), "lifespan": _settling}


def settle() -> None:
    """Load what the pages use sooner or later, and take what is there by then out of the garbage collector's way.

    Streamlit collects all garbage after every run of a page, and so looks at every object of every library each time.
    Objects of the libraries live as long as the process; frozen
    they are not looked at (https://docs.python.org/3/library/gc.html#gc.freeze). Only at the start: garbage of a
    session would be kept for ever.
    """
    for name in _USED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


@asynccontextmanager
async def _settling(_app: Any) -> AsyncGenerator[None]:
    """Settle beside the first reader's first page, which need not wait for it."""
    threading.Thread(target=settle, name="settle", daemon=True).start()
    yield
