"""The usual strength of a map."""

from dataclasses import replace

import numpy as np
import pytest

from medimg_core.errors import WeightsError
from medimg_core.explain.scale import usual_peak


@pytest.fixture
def card(tiny_model, tmp_path):
    return replace(tiny_model, folder=tmp_path, sha256="ab" * 32)


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"cam_max": [9.0, 1.0, 2.0, 4.0], "outcome": [0, 1, 1, 1]}, 2.0),
        ({"cam_max": [9.0, 0.0], "outcome": [0, 1]}, None),
        ({"cam_max": [9.0], "outcome": [0]}, None),
        ({"outcome": [1]}, None),
    ],
    ids=["median of positives", "no evidence", "no positives", "no peaks"],
)
def test_usual_peak(card, arrays, expected):
    np.savez(card.reference, sha256=card.sha256, **{name: np.array(values) for name, values in arrays.items()})
    assert usual_peak(card) == expected


def test_no_reference_no_scale(card):
    assert usual_peak(card) is None


@pytest.mark.parametrize("how", ["other weights", "damaged", "unsigned"])
def test_a_wrong_reference_is_refused(card, how):
    if how == "damaged":
        card.reference.write_bytes(b"PK\x03\x04 not an archive")
    else:
        signed = {"sha256": "cd" * 32} if how == "other weights" else {}
        np.savez(card.reference, cam_max=np.ones(2), outcome=np.ones(2), **signed)
    with pytest.raises(WeightsError, match=r"reference\.npz"):
        usual_peak(card)
