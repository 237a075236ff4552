"""A changed slice as a volume that goes the whole way through a model."""

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.explain.query import query
from medimg_core.explain.variants import changed, judged, source_values
from medimg_core.geometry import Geometry, PlanarGeometry
from medimg_core.inference import classify, model_input
from medimg_core.study import Volume
from medimg_core.voi import Window

RAMP = np.add.outer(np.arange(90) ** 2 % 251, np.arange(130)) % 256
GEOMETRY = Geometry.from_dicom(
    orientation=[1, 0, 0, 0, 1, 0], position=[-10, 20, 30], pixel_spacing=[2, 1], slice_step=[0, 0, 3]
)
VOLUMES = {
    "eight bits": Volume(RAMP[None].astype(np.uint8)),
    "own window": Volume((RAMP[None] * 10).astype(np.int16), voi=(Window(1200, 900),)),
    "white is low": Volume((RAMP[None] * 10).astype(np.int16), photometric="MONOCHROME1", padding=0),
    "no window": Volume((RAMP[None] * 0.7).astype(np.float32)),
    "third slice": Volume(np.stack([RAMP * 0, RAMP[::-1] * 2, RAMP * 3]).astype(np.int16), geometry=GEOMETRY),
}


def asked(volume: Volume, card):
    said = classify(volume, card, slice_index=volume.shape[0] - 1, enforce_gate=False)
    return query(said, card, volume)


@pytest.mark.parametrize("volume", VOLUMES.values(), ids=VOLUMES)
def test_unchanged_values_give_the_same_answer(volume, tiny_model):
    q = asked(volume, tiny_model)
    values = source_values(q, volume)
    made = changed(q, volume, values, "nothing")
    np.testing.assert_allclose(model_input(made, tiny_model), values, atol=1e-6)
    (variant,) = judged(q, [made])
    assert variant.log_odds == pytest.approx(q.own, abs=1e-3)
    assert variant.score == pytest.approx(q.prediction.score, abs=1e-4)
    assert variant.prediction.fingerprint == made.fingerprint != volume.fingerprint
    assert (made.shape[0], made.history[-1], variant.prediction.slice_index) == (1, "nothing", 0)


def test_several_changes_take_one_pass_and_keep_their_order(tiny_model):
    volume = VOLUMES["eight bits"]
    q = asked(volume, tiny_model)
    values = source_values(q, volume)
    dark = np.where(np.arange(130) < 65, values, 0)
    both = judged(q, [changed(q, volume, each, "x") for each in (dark, values)])
    alone = judged(q, [changed(q, volume, dark, "x")])
    assert both[0].log_odds == pytest.approx(alone[0].log_odds, abs=1e-4)
    assert both[1].log_odds == pytest.approx(q.own, abs=1e-3)
    assert both[0].log_odds != pytest.approx(both[1].log_odds, abs=1e-3)
    assert both[0].distance is None  # the tiny model has no fit
    assert both[0].unusual is None


@pytest.mark.parametrize(
    "back",
    [np.eye(3), np.array([[1.0, 0, 7], [0, 1, 11], [0, 0, 1]]), np.array([[0.6, -0.8, 3], [0.8, 0.6, 5], [0, 0, 1]])],
    ids=["stays", "cropped", "turned"],
)
def test_millimetres_stay_where_they_are(back, tiny_model):
    volume = VOLUMES["third slice"]
    q = asked(volume, tiny_model)
    made = changed(q, volume, source_values(q, volume), "x", back)
    row, column, one = back @ [4, 9, 1]
    assert one == 1
    np.testing.assert_allclose(made.geometry.to_world([0, 4, 9]), volume.geometry.to_world([2, row, column]))


@pytest.mark.parametrize(
    ("back", "wanted"),
    [
        (np.eye(3), ("L", "F", (0.5, 0.25))),
        (np.diag([2.0, 4.0, 1.0]), ("L", "F", (1.0, 1.0))),
        (np.array([[0.6, -0.8, 3], [0.8, 0.6, 5], [0, 0, 1]]), (None, None, None)),
    ],
    ids=["stays", "zoomed", "turned"],
)
def test_letters_and_lengths_of_a_projection(back, wanted, tiny_model):
    planar = PlanarGeometry(right="L", bottom="F", spacing=(0.5, 0.25), spacing_source="detector")
    volume = Volume(RAMP[None].astype(np.uint8), planar=planar)
    q = asked(volume, tiny_model)
    made = changed(q, volume, source_values(q, volume), "x", back).planar
    assert (made.right, made.bottom, made.spacing) == wanted
    assert (made.spacing_source is None) == (made.spacing is None)


def test_another_volume_is_refused(tiny_model):
    q = asked(VOLUMES["eight bits"], tiny_model)
    with pytest.raises(IncompatibleInputError, match="another one"):
        source_values(q, VOLUMES["no window"])


def test_values_cannot_be_changed_by_mistake(tiny_model):
    volume = VOLUMES["no window"]
    q = asked(volume, tiny_model)
    values = source_values(q, volume)
    with pytest.raises(ValueError, match="read-only"):
        values[0, 0] = 1
    new = np.array(values)
    made = changed(q, volume, new, "x")
    new[:] = 0
    assert made.array.any()
