"""The page: ``?case=NAME`` puts that case into the viewer, ``&still=1`` shows it by st.image in a fragment."""

import io
import json
import zlib

import streamlit as st
from PIL import Image

from medimg_core.correcting import difference
from medimg_core.voi import grey8
from pages._ui import theme
from pages._ui.going import go_to
from pages._ui.state import Case, change, keep, load
from pages._ui.viewer import Label, MaskOverlay, mask_of, viewer
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


COLOURS = ((230, 90, 30), (20, 200, 120))


def masks(case: Case) -> list[MaskOverlay]:
    """The case's segmentations, with what was corrected of them."""
    return [
        mask_of(
            result,
            "Masks",
            [Label(each.value, each.name, COLOURS[each.value - 1]) for each in result.labels],
            correction=case.findings.correction(result),
        )
        for result in case.findings.segmentations.values()
    ]


def corrections(case: Case) -> list[dict[str, object]]:
    """What Python knows of the reader's corrections."""
    found = []
    for correction in case.findings.corrections.values():
        result, corrected = correction.corrected.segmentation, correction.corrected
        told = difference(result.mask, corrected.mask, result.labels, case.volume.geometry if case.volume else None)
        found.append(
            {
                "edits": [type(edit).__name__ for edit in corrected.edits],
                "crc": zlib.crc32(corrected.mask.tobytes()),
                "added": [each.added for each in told],
                "removed": [each.removed for each in told],
            }
        )
    return found


def discard() -> None:
    """Drop every edit, as a page of the dashboard can."""
    for result in load().findings.segmentations.values():
        change(lambda case, result=result: case.with_edits(result, ()))


@st.fragment
def body() -> None:
    """The viewer, or the stills."""
    if st.query_params.get("still"):
        stills()
    else:
        viewer(load(), [*made(name).overlays, *masks(load())])


st.set_page_config(layout="wide", initial_sidebar_state="collapsed")
theme.apply()
name = st.query_params.get("case", "")
if name not in CASES:
    st.write("no such case")
    st.stop()
if st.session_state.get(_NAME) != name:
    st.session_state[_NAME] = name
    keep(made(name).case)
    # what AppTest-like checks read: nothing of it is patient data, all cases are generated
with st.sidebar:
    st.button("Run again", key="again")
    st.button("Discard", key="discard", on_click=discard)
    st.button("Go", key="go", on_click=go_to, args=((2, 5, None),))
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
        "corrections": corrections(case) if name == "correctable" else [],
    }
    st.text(json.dumps(told), help=None)
if not left:
    body()
