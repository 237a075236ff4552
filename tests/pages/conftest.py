"""Studies, results and cards small enough to be made in the test; no weights, no files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from medimg_core.geometry import Geometry, PlanarGeometry
from medimg_core.masks import parts, regions, volumes_ml
from medimg_core.registry import ModelCard, load_card, read_card
from medimg_core.results import (
    Activations,
    Explanation,
    GateOutcome,
    GateReason,
    MaskLabel,
    Prediction,
    Segmentation,
)
from medimg_core.study import Opened, Patient, Series, Study, Volume
from medimg_core.voi import Window
from pages._ui.state import KEY, Case, Held
from pages._ui.viewer.component import FAILED
from tests.tiny_model import CARD, MASK_SIZE, SIZE

FRAME = Path(__file__).resolve().parents[2] / "pages" / "_ui" / "frame.py"
SHA = "ab" * 32
Box = tuple[int, tuple[int, int], tuple[int, int], tuple[int, int]]


def make_series(number: int = 0, *, blank: bool = False, modality: str = "DX", **changes) -> Series:
    """A radiograph of 12 x 16 pixels, told from others by its number."""
    rng = np.random.default_rng(number)
    values = np.full((1, 12, 16), 7) if blank else rng.integers(0, 4096, (1, 12, 16))
    volume = Volume(
        values.astype(np.int16),
        planar=PlanarGeometry(right="L", bottom="F", spacing=(0.5, 0.5), spacing_source="detector"),
        voi=(Window(2048, 4096, name="Full range"),),
    )
    facts = {"body_part": "CHEST", "description": f"Chest {number}", "volume": volume, **changes}
    return Series(f"1.2.{number}", modality, **facts)


def make_ct(slices: int = 5) -> Series:
    """A CT whose slices differ."""
    values = np.arange(slices * 6 * 8, dtype=np.int16).reshape(slices, 6, 8) - 100
    geometry = Geometry.from_dicom(
        orientation=[1, 0, 0, 0, 1, 0], position=[0, 0, 0], pixel_spacing=[2, 1], slice_step=[0, 0, 3]
    )
    return Series("1.3", "CT", Volume(values, unit="HU", geometry=geometry), body_part="ABDOMEN")


def make_study(number: int = 0, *series: Series, patient: str = "") -> Study:
    """A study; its number tells it from others."""
    return Study(
        f"1.9.{number}",
        Patient(patient or f"P-00000{number}", 3.0, "F"),
        series or (make_series(number),),
        date="2026-01-02",
    )


def make_prediction(volume: Volume, *, score: float = 0.9, reasons: tuple[GateReason, ...] = ()) -> Prediction:
    """What a model said of a volume."""
    empty = np.zeros(3, np.float32)
    refused = any(reason.refuses for reason in reasons)
    return Prediction(
        model_id="tiny_model",
        weights_sha256=SHA,
        fingerprint=volume.fingerprint,
        slice_index=0,
        frame=0,
        reading="pneumonia",
        score=score,
        log_odds=2.0,
        score_range=(max(score - 0.1, 0), min(score + 0.05, 1)),
        threshold=0.5,
        class_scores={"normal": 1 - score, "bacterial": score / 2, "viral": score / 2},
        gate=GateOutcome(reasons),
        uses_outside=True,
        activations=None if refused else Activations(None, empty, empty, np.zeros((0, 3), np.float32)),
        input_shape=volume.shape[1:],
    )


def make_masks(volume: Volume, *boxes: Box, names: tuple[str, ...] = ("bright",), **changes) -> Segmentation:
    """A model's masks of a volume: boxes of labels 1, 2, ..., each measured as the core does.

    Args:
        volume: What they lie on.
        boxes: Label, then first and last slice, row and column.
        names: Of the labels.
        changes: Fields of the result; ``whole`` says whether volumes are meant.
    """
    mask = np.zeros(volume.shape, np.uint8)
    for value, (z0, z1), (y0, y1), (x0, x1) in boxes:
        mask[z0 : z1 + 1, y0 : y1 + 1, x0 : x1 + 1] = value
    labels = tuple(MaskLabel(value, name) for value, name in enumerate(names, start=1))
    found = [parts(mask, label.value) for label in labels]
    whole, sides = changes.pop("whole", True), changes.pop("sides", False)
    facts = {
        "model_id": "tiny_masks",
        "weights_sha256": SHA,
        "fingerprint": volume.fingerprint,
        "frame": 0,
        "slices": (0, volume.shape[0] - 1),
        "labels": labels,
        "mask": mask,
        "raw": mask,
        "regions": regions(found, labels, volume, sides=sides, whole=whole),
        "volumes_ml": volumes_ml(found, labels, volume, whole=whole),
        "flags": (),
        "agreement": {"bright": 0.93},
        "threshold": 0.5,
        "gate": GateOutcome(),
    }
    return Segmentation(**{**facts, **changes})


def put_card(folder: Path, text: str, name: str) -> ModelCard:
    """Add a card without weights to the models of a test."""
    (folder / name).mkdir(parents=True)
    filled = text.format(id=name, sha256=SHA, size=SIZE, rows=MASK_SIZE[0], columns=MASK_SIZE[1])
    (folder / name / "card.toml").write_text(filled, encoding="utf-8")
    return read_card(folder / name)


def make_explanation(volume: Volume, *, score: float = 0.9, peak: float = 0.2) -> Explanation:
    """A map with one warm cell, at the lower right."""
    native = np.zeros((3, 4), np.float32)
    native[2, 3] = peak
    return Explanation(
        "tiny_model", SHA, volume.fingerprint, 0, 0, "grad_cam", "features", "pneumonia",
        native, np.array([[4.0, 0, 1.5], [0, 4.0, 1.5], [0, 0, 1]]), volume.shape[1:], score,
    )  # fmt: skip


def make_case(*studies: Study, **changes) -> Case:
    """A case in which these studies are open, the first of them current."""
    case = Case().with_opened(Opened(studies)) if studies else Case()
    return Case(**{**{name: getattr(case, name) for name in case.__dataclass_fields__}, **changes})


def case_with_result(study: Study, *, mapped: bool = False, **facts) -> Case:
    """A case in which a model has spoken of the study's first series."""
    case = make_case(study)
    case = case.with_prediction(case.series_key, make_prediction(case.volume, **facts))
    if mapped:
        case = case.with_explanation(case.series_key, make_explanation(case.volume)).with_overlay(shown=True)
    return case


@pytest.fixture
def card(tmp_path, monkeypatch) -> ModelCard:
    """The only model installed: a card without weights."""
    folder = tmp_path / "models" / "tiny_model"
    folder.mkdir(parents=True)
    (folder / "card.toml").write_text(CARD.format(id="tiny_model", sha256=SHA, size=SIZE), encoding="utf-8")
    monkeypatch.setenv("MEDIMG_MODELS", str(folder.parent))
    return load_card("tiny_model")


@pytest.fixture
def open_app(card):
    """Run the frame with a case, on a page."""

    def run(case: Case | None = None, page: str = "worklist", *, still: bool = False) -> AppTest:
        app = AppTest.from_file(str(FRAME), default_timeout=60)
        if case is not None:
            app.session_state[KEY] = Held(case)
        if still:
            app.session_state[FAILED] = True
        app.run()
        if page != "worklist":
            app.switch_page(f"../{page}.py").run()
        assert not app.exception, [error.value for error in app.exception]
        return app

    return run


def words(app: AppTest) -> str:
    """All text on the page, without the sidebar's."""
    kinds = (app.markdown, app.caption, app.text, app.error, app.warning, app.header, app.subheader)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def alts(app: AppTest) -> list[str]:
    """Alternative texts of the pictures on the page."""
    return [picture.alt for element in app.image for picture in element.proto.imgs]


def told(app: AppTest) -> dict[str, Any]:
    """What the page gives the viewer."""
    (found,) = components(app, "viewer")
    return found


def components(app: AppTest, name: str) -> list[dict[str, Any]]:
    """What the page gives its own components of a name."""
    elements = [each.proto for each in app.get("bidi_component")]
    return [json.loads(each.json) for each in elements if each.component_name.endswith(f"medimg_{name}")]


def case_of(app: AppTest) -> Case:
    """The session's case after a run."""
    return app.session_state[KEY].case


def settled(app: AppTest) -> AppTest:
    """Run again until no task is on its way; a task that never ends fails by the test's time limit."""
    from pages._ui import jobs

    on_the_way = app.session_state.get(jobs.KEY, [])
    for job in tuple(on_the_way):
        while not job.ended:
            job.wait(0.5)
    return app.run() if on_the_way else app
