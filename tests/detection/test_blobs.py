"""The dot filter: balls answer as theory says, rods and sheets do not."""

import numpy as np
import pytest
from scipy import ndimage

from medimg_core.detection.blobs import BALL_RESPONSE, Peak, _dots, _extremes, peaks, scales
from medimg_core.detection.grid import stack_of
from medimg_core.detection.lungs import find_lungs
from medimg_core.detection.settings import NoduleSettings
from tests.detection.chest import LUNG, TISSUE, ball, chest, rod

MIDDLE = (30.0, 42.0, 50.0)


def found(*shapes: object, **settings: float) -> list[Peak]:
    stack, chosen = stack_of(chest(shapes, noise=0.0, spacing=(1.0, 0.8, 0.9))), NoduleSettings(**settings)  # type: ignore[arg-type]
    steps = list(peaks(stack, find_lungs(stack, chosen), chosen))
    shares = [share for share, _ in steps]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    return sorted((peak for _, lot in steps for peak in lot), key=lambda peak: -peak.dot)


@pytest.mark.parametrize(("diameter", "blur"), [(4.0, 0.3), (8.0, 0.15), (16.0, 0.1)])
def test_a_ball_answers_with_its_contrast_at_its_scale(diameter: float, blur: float) -> None:
    best = found(ball(MIDDLE, diameter))[0]
    assert np.linalg.norm(np.array(best.place) - MIDDLE) < 1.0
    assert best.sigma == pytest.approx(diameter / 4, rel=0.45)
    assert best.dot == pytest.approx(TISSUE - LUNG, rel=blur)
    assert best.roundness > 0.85


def test_rods_answer_little_and_an_even_lung_not_at_all() -> None:
    assert max((peak.dot for peak in found(rod(MIDDLE, (1, 0, 0), 6.0))), default=0.0) < 150
    assert found() == []


def test_the_least_response_goes_with_the_contrast() -> None:
    faint = ball(MIDDLE, 10.0, LUNG + 100)
    assert found(faint)
    assert found(faint, least_contrast=300.0) == []


def test_the_response_of_a_ball_is_that_of_theory() -> None:
    axis = np.arange(-30, 31)
    away = np.sqrt(axis[:, None, None] ** 2 + axis[:, None] ** 2 + axis**2)
    smooth = ndimage.gaussian_filter(np.clip(0.5 + 12 - away, 0, 1).astype(np.float32), 6.0, truncate=4.0)
    at, dot, roundness = _dots(smooth, np.ones(smooth.shape, np.bool_))
    middle = np.flatnonzero(np.all(np.array(at) == 30, axis=0))
    assert dot[middle] * 36 == pytest.approx(BALL_RESPONSE, rel=0.03)
    assert roundness[middle] == pytest.approx(1.0, abs=1e-3)


def test_extreme_eigenvalues_are_those_of_the_matrix() -> None:
    rng = np.random.default_rng(5)
    a, b, c, d, e, f = rng.normal(size=(6, 50))
    low, high = _extremes(a, b, c, d, e, f)
    whole = np.linalg.eigvalsh(np.moveaxis(np.array([[a, d, e], [d, b, f], [e, f, c]]), -1, 0))
    assert low == pytest.approx(whole[:, 0])
    assert high == pytest.approx(whole[:, 2])


@pytest.mark.parametrize(
    ("settings", "diameters"),
    [({}, [4.0, 5.66, 8.0, 11.31, 16.0, 22.63]), ({"smallest": 10.0}, [10.0, 14.14, 20.0, 28.28])],
)
def test_scales_reach_from_the_smallest_to_the_largest(settings: dict[str, float], diameters: list[float]) -> None:
    assert [4 * sigma for sigma in scales(NoduleSettings(**settings))] == pytest.approx(diameters, abs=0.01)  # type: ignore[arg-type]
