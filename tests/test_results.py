"""Results."""

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.results import Explanation, GateOutcome, GateReason

MARK = GateReason("age_unknown", "The age is not known.", refuses=False)
REFUSE = GateReason("modality", "The model reads radiographs, this is CT.", refuses=True)


@pytest.mark.parametrize(
    ("reasons", "status"),
    [((), "pass"), ((MARK,), "mark"), ((REFUSE,), "refuse"), ((MARK, REFUSE), "refuse")],
)
def test_one_refusal_outweighs_marks(reasons: tuple[GateReason, ...], status: str) -> None:
    assert GateOutcome(reasons).status == status


def explanation(native: np.ndarray) -> Explanation:
    return Explanation(
        model_id="toy",
        weights_sha256="0",
        fingerprint="f",
        slice_index=0,
        frame=0,
        method="grad_cam",
        layer="features",
        label="pneumonia",
        native=native,
        to_image=np.eye(3),
        image_shape=(8, 8),
        score=0.5,
    )


def test_a_map_of_zeros_says_that_it_holds_no_evidence() -> None:
    assert not explanation(np.zeros((3, 3), np.float32)).has_evidence
    assert explanation(np.eye(3, dtype=np.float32) * 0.01).has_evidence


def test_raw_magnitude_is_kept() -> None:
    assert explanation(np.full((2, 2), 0.02, np.float32)).peak == pytest.approx(0.02)


@pytest.mark.parametrize("native", [np.zeros(4, np.float32), np.full((2, 2), np.nan, np.float32)])
def test_a_map_must_be_flat_and_finite(native: np.ndarray) -> None:
    with pytest.raises(IncompatibleInputError, match="2-D and finite"):
        explanation(native)


def test_a_map_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        explanation(np.ones((2, 2), np.float32)).native[0, 0] = 5
