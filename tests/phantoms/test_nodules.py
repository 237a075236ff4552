"""Nodules: exact partial volumes, and what the table of them promises."""

from itertools import combinations

import numpy as np
import pytest

from medimg_core.geometry import Geometry
from medimg_core.phantoms.nodules import NODULES, Nodule, draw

SPACING = (1.0, 0.75, 0.75)


def grid(origin: tuple[float, float, float]) -> Geometry:
    return Geometry.from_dicom(
        orientation=(1, 0, 0, 0, 1, 0), position=origin, pixel_spacing=SPACING[1:], slice_step=(0, 0, SPACING[0])
    )


@pytest.mark.parametrize("diameter", [4.0, 6.0, 10.0, 15.0])
@pytest.mark.parametrize("offset", [0.0, 0.31])
def test_a_ball_has_its_volume_and_its_middle(diameter: float, offset: float) -> None:
    volume = np.full((24, 32, 36), -850, dtype=np.float32)
    geometry = grid((-13.0, -12.0, -11.0))
    nodule = Nodule("solid", (offset, -offset, 2 * offset), diameter)
    draw(volume, [nodule], geometry)
    filled = (volume + 850) / (nodule.hu + 850)
    assert filled.sum() * np.prod(SPACING) == pytest.approx(nodule.volume, rel=0.01)
    index = np.stack(np.meshgrid(*(np.arange(n) for n in volume.shape), indexing="ij"), axis=-1)
    middle = np.average(geometry.to_world(index).reshape(-1, 3), axis=0, weights=filled.ravel())
    np.testing.assert_allclose(middle, nodule.centre, atol=0.02)
    assert ((filled > 0) & (filled < 1)).any()  # partial volumes at the edge
    assert filled.max() == 1


def test_part_of_a_ball_at_the_edge_of_a_volume_is_drawn_like_the_whole() -> None:
    nodule = Nodule("solid", (0.0, 0.0, 0.0), 12.0)
    whole = np.zeros((24, 32, 36), dtype=np.float32)
    draw(whole, [nodule], grid((-13.0, -12.0, -11.0)))
    part = np.zeros((9, 32, 36), dtype=np.float32)
    draw(part, [nodule], grid((-13.0, -12.0, -1.0)))
    np.testing.assert_allclose(part, whole[10:19], atol=1e-4)


def test_a_ball_outside_leaves_the_volume_alone() -> None:
    volume = np.zeros((4, 5, 6), dtype=np.float32)
    draw(volume, [Nodule("solid", (90.0, 0.0, 0.0), 10.0)], grid((0.0, 0.0, 0.0)))
    assert not volume.any()


def test_a_part_solid_nodule_has_its_core() -> None:
    volume = np.full((24, 32, 36), -850, dtype=np.float32)
    draw(
        volume,
        [Nodule("part_solid", (0.3, 0.2, 0.4), 12.0, hu=-600, core=6.0, core_hu=40)],
        grid((-13.0, -12.0, -11.0)),
    )
    assert volume[11, 16, 17] == 40
    assert (volume > -280).sum() * np.prod(SPACING) == pytest.approx(np.pi / 6 * 6**3, rel=0.06)
    assert (volume > -725).sum() * np.prod(SPACING) == pytest.approx(np.pi / 6 * 12**3, rel=0.04)


def test_the_table_holds_what_is_promised() -> None:
    assert sorted(n.diameter for n in NODULES if n.kind == "solid") == [4, 6, 8, 10, 15]
    assert {n.kind for n in NODULES} == {"solid", "ground_glass", "part_solid", "calcified", "juxtapleural"}
    assert {n.side for n in NODULES} == {"left", "right"}
    hu = {n.kind: n.hu for n in NODULES}
    assert (hu["ground_glass"], hu["part_solid"]) == (-600, -600)
    assert hu["calcified"] >= 400


def test_nodules_keep_apart() -> None:
    for one, other in combinations(NODULES, 2):
        gap = np.linalg.norm(np.subtract(one.centre, other.centre)) - (one.diameter + other.diameter) / 2
        assert gap > 15


@pytest.mark.parametrize("nodule", NODULES, ids=lambda n: f"{n.kind} {n.diameter:g}")
def test_the_truth_of_a_nodule(nodule: Nodule) -> None:
    origin = (-191.625, -172.5, -95.0)
    truth = nodule.truth(grid(origin))
    expected = [(nodule.centre[2] - origin[2]) / 1.0, (nodule.centre[1] - origin[1]) / 0.75]
    assert truth["voxel"] == pytest.approx([*expected, (nodule.centre[0] - origin[0]) / 0.75], abs=1e-3)
    assert truth["volume_mm3"] == pytest.approx(np.pi / 6 * nodule.diameter**3, abs=0.01)
    assert ("core_diameter_mm" in truth) == (nodule.kind == "part_solid")
