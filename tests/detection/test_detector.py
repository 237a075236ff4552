"""The untrained detector: balls are found in place and size, vessels are not, what cannot be searched is refused."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from medimg_core.detection import BlobDetector, NoduleList, NoduleSettings
from medimg_core.detection.detector import _fits
from medimg_core.detection.grid import Grid
from medimg_core.detection.growing import Body
from medimg_core.detection.measures import Measures
from medimg_core.errors import Cancelled, IncompatibleInputError, MedImgError, NotApplicableError
from medimg_core.evaluation.froc import TrueNodule, judge
from medimg_core.geometry import Geometry
from medimg_core.io import open_study
from medimg_core.phantoms import make_phantom
from medimg_core.study import Volume
from tests.detection.chest import EXTENT, WALL, ball, chest, ellipsoid, lps, rod

MIDDLE = (31.0, 40.0, 47.0)


def detect(volume: Volume, **settings: Any) -> NoduleList:
    return BlobDetector(NoduleSettings(**settings)).detect(volume)


@pytest.mark.parametrize("diameter", [4.0, 6.0, 10.0, 18.0])
@pytest.mark.parametrize(
    ("axes", "spacing"),
    [("SPL", (1.5, 0.8, 1.1)), ("IAR", (1.5, 0.8, 1.1)), ("LIP", (1.1, 1.5, 0.8)), ("AIR", (0.8, 1.0, 1.3))],
    ids=["axial", "axial, turned over", "sagittal", "coronal"],
)
def test_a_ball_is_found_in_place_and_size(diameter: float, axes: str, spacing: tuple[float, float, float]) -> None:
    found = detect(chest([ball(MIDDLE, diameter)], axes=axes, spacing=spacing))
    assert len(found.candidates) == 1
    (one,) = found.candidates
    assert np.linalg.norm(np.array(one.lps_mm) - lps(MIDDLE)) < 0.5
    assert one.diameter_mm == pytest.approx(diameter, abs=0.6)
    assert one.volume_mm3 == pytest.approx(np.pi / 6 * diameter**3, rel=0.2)
    assert (one.density, one.touches) == ("solid", ())
    assert one.score > 0.85


def test_the_axes_of_an_ellipsoid_are_measured_in_the_transverse_section() -> None:
    (one,) = detect(chest([ellipsoid(MIDDLE, (8.0, 9.0, 14.0))], spacing=(0.8, 0.9, 1.1))).candidates
    assert one.long_mm == pytest.approx(14.0, abs=0.9)
    assert one.short_mm == pytest.approx(9.0, abs=0.9)
    assert one.elongation == pytest.approx(14 / 8, abs=0.15)


@pytest.mark.parametrize("diameter", [3.0, 5.0, 9.0])
@pytest.mark.parametrize("way", [(1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (1.0, 0.7, -0.5)], ids=["up", "left", "oblique"])
def test_a_vessel_is_not_found(diameter: float, way: tuple[float, float, float]) -> None:
    assert detect(chest([rod(MIDDLE, way, diameter)])).candidates == ()


def test_a_ball_is_found_beside_vessels_and_on_one() -> None:
    near = (20.0, 30.0, 35.0)
    shapes = [
        ball(MIDDLE, 10.0),
        rod(MIDDLE, (0.0, 1.0, 1.0), 2.5),
        ball(near, 6.0),
        rod((20.0, 38.0, 35.0), (1, 0, 1), 4.0),
    ]
    found = detect(chest(shapes))
    assert len(found.candidates) == 2
    assert {one.touches for one in found.candidates} == {(), ("vessel",)}
    held = judge(found, [TrueNodule(tuple(lps(MIDDLE)), 10.0), TrueNodule(tuple(lps(near)), 6.0)])
    assert None not in held.hit_scores
    assert held.size_errors == pytest.approx((0.0, 0.0), abs=1.1)


@pytest.mark.parametrize(
    "centre",
    [(30.0, 40.0, WALL + 3.0), (30.0, EXTENT[1] - WALL - 3.0, 50.0)],
    ids=["on the side", "on the back"],
)
def test_a_ball_that_touches_the_wall_is_found(centre: tuple[float, float, float]) -> None:
    (one,) = detect(chest([ball(centre, 8.0)])).candidates
    assert np.linalg.norm(np.array(one.lps_mm) - lps(centre)) < 1.5
    assert one.touches == ("pleura",)
    assert one.diameter_mm == pytest.approx(8.0, abs=1.2)


def test_chalk_that_touches_the_wall_is_found() -> None:
    assert len(detect(chest([ball((30.0, 40.0, WALL + 4.0), 9.0, 500.0)])).candidates) == 1


@pytest.mark.parametrize(
    ("mean", "bone", "density", "diameter", "solidity", "fits"),
    [
        (400.0, 0.25, "solid", 8.0, 0.9, False),  # the end of a rib
        (400.0, 0.08, "solid", 8.0, 0.9, True),  # chalk on the wall
        (-50.0, 0.25, "solid", 8.0, 0.9, True),  # soft tissue over a rib
        (-50.0, 0.0, "solid", 2.9, 0.9, False),
        (-600.0, 0.0, "ground_glass", 4.9, 0.9, False),
        (-600.0, 0.0, "ground_glass", 5.1, 0.9, True),
        (-50.0, 0.0, "solid", 31.0, 0.9, False),
        (-50.0, 0.0, "solid", 8.0, 0.6, False),
    ],
)
def test_rules_against_false_positives(
    mean: float, bone: float, density: str, diameter: float, solidity: float, fits: bool
) -> None:
    volume = np.pi / 6 * diameter**3
    measures = Measures(np.zeros(3), diameter, diameter, volume, mean, 1.2, solidity, 0.0, 0.3, bone)
    none = np.zeros((1, 1, 1), np.bool_)
    body = Body(Grid((0, 0, 0), 1.0, (1, 1, 1)), np.zeros((1, 1, 1), np.float32), none, none, 0.0, density)
    assert _fits(body, measures, NoduleSettings()) == fits


@pytest.mark.parametrize(
    ("balls", "density", "diameter", "hu"),
    [
        ([(10.0, -600.0)], "ground_glass", 10.0, (-680, -580)),
        ([(14.0, -620.0), (7.0, 40.0)], "part_solid", 14.0, (-620, -480)),
        ([(8.0, 500.0)], "solid", 8.0, (150, 480)),
    ],
    ids=["ground glass", "part-solid", "calcified"],
)
def test_density_tells_ground_glass_from_solid(
    balls: list[tuple[float, float]], density: str, diameter: float, hu: tuple[float, float]
) -> None:
    (one,) = detect(chest([ball(MIDDLE, size, value) for size, value in balls], spacing=(1.0, 0.8, 0.9))).candidates
    assert one.density == density
    assert one.diameter_mm == pytest.approx(diameter, abs=0.8)
    assert hu[0] < one.mean_hu < hu[1]


def test_small_faint_spots_are_left_out() -> None:
    volume = chest([ball(MIDDLE, 4.0, -550.0)], spacing=(1.0, 0.8, 0.9))
    assert detect(volume).candidates == ()
    assert len(detect(volume, smallest_glass=3.0).candidates) == 1


def test_the_result_carries_what_it_came_from() -> None:
    volume = chest([ball(MIDDLE, 8.0), ball((20.0, 30.0, 35.0), 12.0)])
    settings = NoduleSettings(most_peaks=50)
    found = BlobDetector(settings).detect(volume)
    assert (found.fingerprint, found.method) == (volume.fingerprint, "lung_nodules_dot_filter")
    assert found.parameters["most_peaks"] == 50
    assert "no patient" in found.evidence
    assert any("Li Q, Sone S, Doi K" in source for source in found.sources)
    assert [one.score for one in found.candidates] == sorted((one.score for one in found.candidates), reverse=True)
    assert [one.label for one in found.candidates] == [1, 2]
    assert found.labels.shape == volume.shape
    assert not found.labels.flags.writeable
    assert volume.geometry is not None
    voxel = float(np.prod(volume.geometry.spacing))
    for one in found.candidates:
        places = np.argwhere(found.labels == one.label)
        assert len(places) * voxel == pytest.approx(one.volume_mm3, rel=0.05)
        assert places.mean(axis=0) == pytest.approx(np.array(one.voxel), abs=0.3)
        assert volume.geometry.to_world(one.voxel) == pytest.approx(np.array(one.lps_mm))


@pytest.mark.parametrize(("settings", "count"), [({}, 2), ({"most_candidates": 1}, 1), ({"smallest": 9.0}, 1)])
def test_settings_say_what_is_kept(settings: dict[str, Any], count: int) -> None:
    volume = chest([ball(MIDDLE, 7.0), ball((20.0, 30.0, 35.0), 12.0)])
    assert len(detect(volume, **settings).candidates) == count


def test_a_lower_score_only_adds_candidates() -> None:
    volume = chest(
        [ball(MIDDLE, 7.0), rod((20.0, 30.0, 35.0), (1, 0, 1), 4.0), ellipsoid((40.0, 60.0, 60.0), (4, 4, 12))]
    )
    few, all_of_them = detect(volume), detect(volume, least_score=0.0)
    kept = [one.score for one in all_of_them.candidates if one.score >= NoduleSettings().least_score]
    assert kept == [one.score for one in few.candidates]
    assert len(all_of_them.candidates) > len(few.candidates)


@pytest.mark.parametrize(("spacing", "notes"), [(1.5, 0), (2.5, 1)])
def test_wide_slices_are_noted(spacing: float, notes: int) -> None:
    found = detect(chest([ball(MIDDLE, 9.0)], spacing=(spacing, 0.8, 1.1)))
    assert len(found.candidates) == 1
    assert len(found.notes) == notes


def tilted(volume: Volume) -> Volume:
    assert volume.geometry is not None
    affine = volume.geometry.affine.copy()
    affine[1, 0] += 0.2 * affine[2, 0]
    return replace(volume, geometry=Geometry(affine))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda v: replace(v, unit="unknown"), IncompatibleInputError, "in HU, got a volume whose unit is unknown"),
        (lambda v: replace(v, geometry=None), IncompatibleInputError, "in mm, got a volume without geometry"),
        (lambda v: replace(v, array=v.array[None], frames_axis=True), IncompatibleInputError, "time or colour axis"),
        (lambda v: chest(spacing=(4.0, 0.8, 1.1)), NotApplicableError, "more than 3 mm apart, got 4 mm"),
        (tilted, NotApplicableError, "got 11.3 degrees of gantry tilt"),
        (lambda v: replace(v, array=v.array[:5]), NotApplicableError, "stacks of at least 10 mm, got 7.5 mm"),
        (lambda v: replace(v, array=np.full_like(v.array, 40)), NotApplicableError, "at least 50 ml, found none"),
        (lambda v: replace(v, array=np.full_like(v.array, -1000)), NotApplicableError, "at least 50 ml, found none"),
    ],
    ids=["unit", "no geometry", "time", "thick", "tilt", "thin stack", "tissue only", "air only"],
)
def test_what_cannot_be_searched_is_refused(change: Any, error: type[MedImgError], message: str) -> None:
    with pytest.raises(error, match=message):
        detect(change(chest()))


def test_progress_grows_to_its_end_and_may_stop_the_work() -> None:
    volume, seen = chest([ball(MIDDLE, 8.0)]), []
    BlobDetector().detect(volume, lambda done, total, text: seen.append((done, total)))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[0][0] == 0
    assert seen[-1][0] == seen[-1][1]

    def stop(done: int, total: int, text: str) -> None:
        if done > total / 2:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        BlobDetector().detect(volume, stop)


def test_the_nodules_of_the_few_slices_of_the_phantom_are_found() -> None:
    phantom: Any = make_phantom("ct_chest_nodules", reduced=True)
    volume = open_study(phantom.files).studies[0].series[0].volume
    truth = [TrueNodule(tuple(one["lps_mm"]), one["diameter_mm"]) for one in phantom.truth["nodules"]]
    held = judge(detect(volume), truth)
    assert len(truth) == 2
    assert None not in held.hit_scores
    assert len(held.false_scores) <= 1
