"""Maps of all images as the viewer gets them: each on its own slice, nothing where none was made."""

from dataclasses import replace

import numpy as np
import pytest

from medimg_core.geometry import Geometry
from medimg_core.results import Audit, AuditItem, ExplanationStack
from medimg_core.study import Series, Volume
from pages._ui.explained import Asked
from pages._ui.explaining.desk import seat
from pages._ui.explaining.kept import explained, keep
from pages._ui.explaining.stacking import STACK, WHOLE, stack_over, stacked
from tests.pages.conftest import SHA, make_case, make_explanation, make_prediction, make_study

TO_IMAGE = np.array([[4.0, 0, 1.5], [0, 4.0, 1.5], [0, 0, 1]])


@pytest.fixture
def desk(card):
    """A stack of five images, the second of which the model has read; maps of three of them."""
    values = np.random.default_rng(0).integers(0, 4096, (5, 12, 16)).astype(np.int16)
    geometry = Geometry.from_dicom(
        orientation=[1, 0, 0, 0, 1, 0], position=[0, 0, 0], pixel_spacing=[1, 1], slice_step=[0, 0, 4]
    )
    case = make_case(make_study(1, Series("1.6", "DX", Volume(values, geometry=geometry), body_part="CHEST")))
    case = case.with_view(slice_index=1)
    said = replace(make_prediction(case.volume), slice_index=1)
    case = case.with_prediction(case.series_key, said).with_overlay(shown=True)
    one = replace(make_explanation(case.volume), slice_index=1)
    asked = Asked((case.series_key, "tiny_model", 1, 0), "grad_cam", "pneumonia", "features")
    native = np.zeros((3, 3, 4), np.float32)
    native[0, 0, 0], native[1, 1, 1], native[2, 2, 3] = 0.1, 0.2, 0.4
    stack = ExplanationStack(
        model_id="tiny_model",
        weights_sha256=SHA,
        fingerprint=case.volume.fingerprint,
        frame=0,
        method="grad_cam",
        layer="features",
        label="pneumonia",
        slices=(0, 1, 3),
        native=native,
        to_image=TO_IMAGE,
        image_shape=(12, 16),
        scores=np.array([0.1, 0.9, 0.8]),
    )
    whole = replace(asked, key=(case.series_key, "tiny_model", WHOLE, 0))
    made = explained(case).with_map(asked, one).with_stack(whole, stack).with_setting(STACK, True)
    return seat(keep(case, made), card)


def changed(desk, step):
    return seat(step(desk.case), desk.card)


def test_each_map_lies_on_its_image(desk):
    over = stack_over(desk)
    assert over.array.shape == (5, 3, 4)
    assert [float(plane.max()) for plane in over.array] == pytest.approx([0.1, 0.2, 0, 0.4, 0])
    np.testing.assert_allclose(over.to_volume @ [3, 1, 2, 1], [3, 5.5, 9.5, 1])
    assert (over.own, over.only, over.frame) == (pytest.approx(0.4), None, 0)
    assert stacked(desk)


@pytest.mark.parametrize(
    "step",
    [
        lambda case: case.with_overlay(shown=False),
        lambda case: keep(case, explained(case).with_setting(STACK, False)),
        lambda case: case.with_prediction(case.series_key, replace(case.prediction("tiny_model"), weights_sha256="cd")),
    ],
)
def test_nothing_where_it_is_not_wanted_or_of_other_weights(desk, step):
    assert stack_over(changed(desk, step)) is None
    assert not stacked(changed(desk, step))


def test_what_the_audit_of_the_image_on_show_folds_is_not_shown_by_another_way(desk):
    bad = Audit(
        "tiny_model", SHA, desk.case.volume.fingerprint, 1, 0, "grad_cam", "features", "pneumonia",
        (AuditItem("sanity", "not_shown", "", "", ""),),
    )  # fmt: skip
    folded = changed(desk, lambda case: keep(case, explained(case).with_audit(desk.asked, bad)))
    assert stack_over(folded) is None
    anyway = changed(folded, lambda case: keep(case, explained(case).with_anyway(desk.asked, on=True)))
    assert stack_over(anyway).mark == "MAP NOT SHOWN TO FOLLOW THE MODEL"
