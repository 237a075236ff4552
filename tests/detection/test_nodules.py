"""The record every detector gives, and what a detector must offer."""

from dataclasses import replace

import numpy as np
import pytest

from medimg_core.detection import BlobDetector, NoduleCandidate, NoduleDetector, NoduleList, NoduleSettings
from medimg_core.detection.nodules import Progress
from medimg_core.errors import IncompatibleInputError
from medimg_core.study import Volume

ONE = NoduleCandidate(1, (1.0, 2.0, 3.0), (3.0, 2.0, 1.0), 8.0, 6.0, 200.0, -30.0, 0.9, "solid")


class Trained:
    """A stand-in for a trained model."""

    method = "trained"

    def detect(self, volume: Volume, progress: Progress | None = None) -> NoduleList:
        labels = np.zeros(volume.shape, np.uint8)
        return NoduleList(volume.fingerprint, self.method, (), "none", {}, (ONE,), labels, weights_sha256="ab")


def test_another_detector_fits_in() -> None:
    detectors: list[NoduleDetector] = [BlobDetector(), Trained()]
    assert [one.method for one in detectors] == ["lung_nodules_dot_filter", "trained"]
    found = detectors[1].detect(Volume(np.zeros((2, 3, 4), np.int16), unit="HU"))
    assert found.weights_sha256 == "ab"
    assert not found.labels.flags.writeable


def test_the_diameter_is_the_mean_of_the_axes() -> None:
    assert ONE.diameter_mm == 7.0


@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        ((0.5, 0.9), np.zeros((2, 3, 4), np.uint8), "sorted by score"),
        ((0.9,), np.zeros((3, 4), np.uint8), "uint8 with 3 axes, got uint8 with 2"),
        ((0.9,), np.zeros((2, 3, 4), np.int16), "uint8 with 3 axes, got int16 with 3"),
    ],
    ids=["order", "axes", "type"],
)
def test_a_list_is_checked(scores: tuple[float, ...], labels: np.ndarray, message: str) -> None:
    candidates = tuple(replace(ONE, score=score) for score in scores)
    with pytest.raises(IncompatibleInputError, match=message):
        NoduleList("print", "test", (), "", {}, candidates, labels)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"smallest": 0.0}, "0 < smallest < largest, got 0 and 30 mm"),
        ({"largest": 2.0}, "0 < smallest < largest, got 3 and 2 mm"),
        ({"most_candidates": 256}, "in 1..255, got 256"),
        ({"most_peaks": 0}, "1 or more, got 0"),
        ({"clip": (200.0, -1000.0)}, "clip must grow, got 200 and -1000 HU"),
        ({"most_elongation": 1.0}, "most_elongation must be above 1"),
        ({"most_attached": 0.0}, "most_attached in 0..1"),
        ({"most_outside": 0.5}, "most_outside above 0.5"),
    ],
)
def test_settings_are_checked(settings: dict[str, float], message: str) -> None:
    with pytest.raises(IncompatibleInputError, match=message):
        NoduleSettings(**settings)  # type: ignore[arg-type]
