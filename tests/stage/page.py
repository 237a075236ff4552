"""The page: ``?case=NAME`` puts that case into the viewer, ``&still=1`` shows it by st.image in a fragment."""

import io
import json

import streamlit as st
from PIL import Image

from medimg_core.voi import grey8
from pages._ui import theme
from pages._ui.state import KEY, load
from pages._ui.viewer import viewer
from tests.stage.cases import CASES, made

_NAME = "stage_case"


def stills() -> None:
    """What a page without a component would do: one picture a run."""
    volume = load().volume
    assert volume is not None
    st.session_state.setdefault("still", volume.shape[0] // 2)
    if st.button("Next", key="next", shortcut="Down"):
        st.session_state["still"] = (st.session_state["still"] + 1) % volume.shape[0]
    grey = grey8(volume.plane(st.session_state["still"]), volume.default_voi(st.session_state["still"]))
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "PNG", compress_level=1)
    st.image(buffer.getvalue(), width="stretch")


@st.fragment
def body() -> None:
    """The viewer, or the stills."""
    if st.query_params.get("still"):
        stills()
    else:
        viewer(load(), made(name).overlays)


st.set_page_config(layout="wide", initial_sidebar_state="collapsed")
theme.apply()
name = st.query_params.get("case", "")
if name not in CASES:
    st.write("no such case")
    st.stop()
if st.session_state.get(_NAME) != name:
    st.session_state[_NAME] = name
    st.session_state[KEY] = made(name).case
    # what AppTest-like checks read: nothing of it is patient data, all cases are generated
with st.sidebar:
    st.button("Run again", key="again")
    left = st.toggle("Without the viewer", key="left")
    case = load()
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    told = {
        "runs": st.session_state["runs"],
        "view": case.view.rest,
        "slice": case.view.slice_index,
        "frame": case.view.frame,
        "measurements": [
            {"id": m.id, "kind": m.kind, "values": dict(m.values), "unit": m.length_unit, "note": m.length_note}
            for m in case.measurements_of(case.straightened)
        ],
    }
    st.text(json.dumps(told), help=None)
if not left:
    body()
