"""The abdomen's surfaces: organs in their boxes, on their sides, apart from each other."""

import numpy as np
import pytest

from medimg_core.phantoms.abdomen import LIVER_BOX, ORGANS, Organ, bowel, cavity, colon, liver, lung, skin, tree, wall

X = np.arange(-160, 161, 4, dtype=np.float32)[None, None, :]
Y = np.arange(-120, 121, 4, dtype=np.float32)[None, :, None]
Z = np.arange(-240, -39, 5, dtype=np.float32)[:, None, None]
POINT = (X, Y, Z)


def box(low: tuple[float, float, float], high: tuple[float, float, float]) -> np.ndarray:
    inside = [(axis > a) & (axis < b) for axis, a, b in zip(POINT, low, high, strict=True)]
    return np.asarray(inside[0] & inside[1] & inside[2])


@pytest.mark.parametrize("organ", ORGANS, ids=[f"{number} {organ.tissue}" for number, organ in enumerate(ORGANS)])
def test_an_organ_lies_in_its_box(organ: Organ) -> None:
    filled = np.broadcast_to(organ.distance(POINT) > 1, box(organ.low, organ.high).shape)
    assert not (filled & ~box(organ.low, organ.high)).any()


def test_the_liver_lies_in_its_box_inside_the_wall_and_apart_from_its_neighbours() -> None:
    filled = liver(POINT) > 0
    assert filled.sum() > 5000
    assert not (filled & ~box(*LIVER_BOX)).any()
    assert not (filled & (cavity(POINT) < 0)).any()
    assert not (filled & (lung(POINT) > 0)).any()
    for organ in ORGANS:
        if organ.tissue in ("spleen", "kidney", "stomach", "bile"):
            assert not (filled & (organ.distance(POINT) > 1)).any()


def test_the_wall_is_muscle_between_cavity_and_skin() -> None:
    muscle = wall(POINT) > 0
    outside = muscle & (cavity(POINT) < -1)
    assert outside.any()
    assert (skin(POINT)[np.broadcast_to(outside, np.broadcast_shapes(*(a.shape for a in POINT)))[:1]] > 0).all()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_vessel_tapers_and_its_branches_begin_where_it_ends(seed: int) -> None:
    start = np.array([-38.0, 0.0, -126.0])
    branches = tree(np.random.default_rng(seed), start, np.array([-1.0, 0.2, 0.1]), 5.0, 34.0)
    assert len(branches) > 15
    assert branches[0][0][0].tolist() == start.tolist()
    ends = np.array([curve[-1] for curve, _ in branches])
    for curve, radius in branches[1:]:
        assert np.linalg.norm(ends - curve[0], axis=1).min() < 1e-9
        assert 5.0 > radius[0] > radius[-1] > 0.5


@pytest.mark.parametrize("seed", [1, 2])
def test_bowel_stays_in_the_lower_abdomen_and_colon_on_both_flanks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    loops = np.concatenate([curve for curve, _ in bowel(rng)])
    assert np.abs(loops[:, 0] - 12).max() < 125
    assert loops[:, 2].max() < -120
    places = np.concatenate([curve for curve, _ in colon(rng)])
    assert places[:, 0].min() < -90
    assert places[:, 0].max() > 95
