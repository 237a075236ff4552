"""Other grids: the same thing must lie at the same place in the patient."""

import numpy as np
import pytest
from scipy import ndimage

from medimg_core.errors import Cancelled, GeometryError, IncompatibleInputError, LimitError
from medimg_core.geometry import Geometry, PlanarGeometry
from medimg_core.io import open_study
from medimg_core.phantoms import make_phantom
from medimg_core.phantoms.orientation import LANDMARKS, STACKS
from medimg_core.reformat import reduced, straightened
from medimg_core.study import Volume
from medimg_core.voi import Window

SHAPE = (6, 20, 16)
ANGLE = np.radians(20)
TILTED = Geometry(  # gantry tilted by 20 degrees about x, table moving along z
    np.array(
        [
            [0, 0, 0.7, -5.0],
            [0, 0.8 * np.cos(ANGLE), 0, 3.0],
            [2.5, 0.8 * np.sin(ANGLE), 0, 7.0],
            [0, 0, 0, 1],
        ]
    )
)


def ramp(points) -> np.ndarray:
    """A value that is linear in LPS and tells all three axes apart; trilinear interpolation keeps it."""
    x, y, z = np.moveaxis(np.asarray(points), -1, 0)
    return 3.0 * x - 7.0 * y + 11.0 * z + 200.0


def places(geometry: Geometry, shape) -> np.ndarray:
    return geometry.to_world(np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1))


def tilted(**more) -> Volume:
    return Volume(ramp(places(TILTED, SHAPE)).astype(np.float32), geometry=TILTED, **more)


def inside(volume: Volume, source: Volume) -> np.ndarray:
    """Voxels between the outer centres of the source, where nothing is clamped."""
    index = source.geometry.to_index(places(volume.geometry, volume.shape))
    return np.all((index >= 0) & (index <= np.array(source.shape) - 1), axis=-1)


@pytest.mark.parametrize("stack", STACKS)
def test_landmarks_keep_their_places(stack):
    source = open_study(make_phantom(f"orientation_{stack}").files).studies[0].series[0].volume
    volume = straightened(source)
    assert (volume.geometry.orientation, volume.array.dtype) == ("SPL", source.array.dtype)
    assert volume.geometry.obliqueness == pytest.approx(0, abs=1e-6)
    assert volume.geometry.shear == pytest.approx(0, abs=1e-6)
    labels, count = ndimage.label(volume.array > 2650)
    assert count == len(LANDMARKS)
    centres = volume.geometry.to_world(ndimage.center_of_mass(volume.array > 2650, labels, range(1, count + 1)))
    for place in LANDMARKS.values():
        assert np.linalg.norm(centres - np.array(place), axis=1).min() < 0.8  # a third of the slice spacing


def test_a_perpendicular_stack_is_only_turned():
    source = open_study(make_phantom("orientation_sagittal").files).studies[0].series[0].volume
    volume = straightened(source)
    assert sorted(volume.shape) == sorted(source.shape)
    assert np.array_equal(np.sort(volume.array, axis=None), np.sort(source.array, axis=None))
    index = np.rint(source.geometry.to_index(places(volume.geometry, volume.shape))).astype(int)
    assert np.array_equal(volume.array, source.array[tuple(np.moveaxis(index, -1, 0))])


def test_a_straight_volume_is_returned_as_it_is():
    source = open_study(make_phantom("orientation_axial").files).studies[0].series[0].volume
    assert straightened(source) is source


def test_a_tilted_stack_is_exact_between_its_centres_and_padding_outside():
    source = tilted(unit="HU", voi=(Window(1, 2),), history=("before",), instances=tuple(("1.2", n) for n in range(6)))
    volume = straightened(source)
    assert volume.spacing == pytest.approx((2.5, 0.8, 0.7))
    within = inside(volume, source)
    assert within.mean() > 0.5
    truth = ramp(places(volume.geometry, volume.shape))
    assert volume.array[within] == pytest.approx(truth[within], abs=1e-3)
    index = source.geometry.to_index(places(volume.geometry, volume.shape))
    beyond = np.any((index < -0.501) | (index > np.array(SHAPE) - 0.499), axis=-1)
    assert beyond.sum() > 50
    assert np.all(volume.array[beyond] == -1024)
    assert (volume.padding, volume.unit, volume.voi, volume.instances) == (-1024, "HU", source.voi, ())
    assert volume.history[0] == "before"
    assert volume.history[1].startswith("straightened: trilinear, 2.5 x 0.8 x 0.7 mm")
    assert "20.0 degrees sheared" in volume.history[1]


def test_integers_stay_integers_by_rounding():
    source = tilted()
    whole = Volume(np.rint(source.array).astype(np.int16), geometry=TILTED)
    volume = straightened(whole)
    assert volume.array.dtype == np.int16
    within = inside(volume, whole)
    truth = ramp(places(volume.geometry, volume.shape))[within]
    assert np.abs(volume.array[within] - truth).max() <= 1.0
    assert abs(np.mean(volume.array[within] - truth)) < 0.02  # rounded, not cut off


@pytest.mark.parametrize(
    ("array", "unit", "padding", "fill"),
    [
        (np.full(SHAPE, 9, np.int16), "HU", None, -1024),
        (np.full(SHAPE, 9, np.int16), "unknown", None, 9),
        (np.full(SHAPE, 9, np.int16), "HU", -2000.0, -2000),
        (np.full(SHAPE, 9, np.uint8), "HU", None, 9),  # an unsigned type holds no -1024
        (np.full(SHAPE, 2.5, np.float32), "SUVbw", None, 2.5),
    ],
)
def test_what_stands_outside(array, unit, padding, fill):
    volume = straightened(Volume(array, geometry=TILTED, unit=unit, padding=padding))
    assert set(np.unique(volume.array)) == {fill, array.flat[0]}
    # where no value stands for "no measurement", the lowest one fills, and stays a value
    assert volume.padding == (fill if fill == padding or (unit == "HU" and fill == -1024) else None)


def test_padding_of_the_source_does_not_bleed_into_values():
    array = np.full(SHAPE, 50, np.int16)
    array[:, :7] = -2000
    volume = straightened(Volume(array, geometry=TILTED, padding=-2000.0, unit="HU"))
    assert set(np.unique(volume.array)) == {-2000, 50}
    within = inside(volume, Volume(array, geometry=TILTED))
    rows = TILTED.to_index(places(volume.geometry, volume.shape))[..., 1]
    assert np.all(volume.array[within & (rows > 6.51)] == 50)
    assert np.all(volume.array[within & (rows < 6.49)] == -2000)


def test_frames_and_colours_are_resampled_alike():
    one = tilted()
    plain = straightened(one).array
    both = straightened(Volume(np.stack([one.array, one.array * 2]), geometry=TILTED, frames_axis=True))
    assert both.array.shape == (2, *plain.shape)
    held = plain != plain.min()
    assert both.array[0][held] == pytest.approx(plain[held])
    assert both.array[1][held] == pytest.approx(2 * plain[held])
    coloured = Volume(np.stack([one.array] * 3, axis=-1), geometry=TILTED, colour=True, photometric="RGB")
    assert np.array_equal(straightened(coloured).array[..., 2], plain)


@pytest.mark.parametrize(
    ("volume", "error", "reason"),
    [
        (Volume(np.zeros(SHAPE)), GeometryError, "with geometry"),
        (Volume(np.zeros((1, 4, 4)), geometry=TILTED), GeometryError, "at least 2 slices, got 1"),
    ],
)
def test_what_cannot_be_straightened(volume, error, reason):
    with pytest.raises(error, match=reason):
        straightened(volume)


def test_the_result_may_not_grow_without_limit():
    # slices a metre apart: they cross half a kilometre of patient at half a millimetre
    askew = Geometry(np.array([[900.0, 0, 0.5, 0], [0, 0.5, 0, 0], [900.0, 0, 0, 0], [0, 0, 0, 1]]))
    with pytest.raises(LimitError, match=r"may take 1 MiB; this one would have \d+ x \d+ x \d+ voxels"):
        straightened(Volume(np.zeros(SHAPE, np.int16), geometry=askew), most_bytes=2**20)


def test_progress_counts_to_its_end_and_may_stop():
    seen = []
    straightened(tilted(), progress=lambda done, total, text: seen.append((done, total, text)))
    assert seen[0][0] == 0
    assert seen[-1][0] == seen[-1][1]
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)

    def stop(done: int, total: int, text: str) -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        straightened(tilted(), progress=stop)


@pytest.mark.parametrize(
    ("shape", "frames", "most", "factors"),
    [
        ((6, 20, 16), 1, 1920, (1, 1, 1)),
        ((6, 20, 16), 1, 1919, (1, 2, 2)),
        ((6, 20, 16), 1, 480, (1, 2, 2)),
        ((6, 20, 16), 1, 479, (2, 2, 2)),
        ((6, 20, 16), 1, 239, (2, 3, 3)),
        ((6, 20, 16), 3, 1440, (1, 2, 2)),
        ((1, 20, 16), 1, 79, (1, 3, 3)),
        ((5, 7, 3), 1, 1, (5, 7, 3)),
    ],
)
def test_the_smallest_factors_that_fit(shape, frames, most, factors):
    array = np.zeros(shape if frames == 1 else (frames, *shape), np.int16)
    volume, found = reduced(Volume(array, frames_axis=frames > 1), most)
    assert found == factors
    assert volume.frames * np.prod(volume.shape) <= most


def test_a_volume_that_fits_is_returned_as_it_is():
    source = tilted()
    assert reduced(source, source.array.size) == (source, (1, 1, 1))
    assert reduced(source, source.array.size)[0] is source


@pytest.mark.parametrize("most", [480, 240, 1])
def test_blocks_lie_where_their_middle_is(most):
    source = tilted(history=("before",))
    volume, factors = reduced(source, most)
    whole = tuple(slice(0, n // f) for n, f in zip(SHAPE, factors, strict=True))  # the last blocks may be smaller
    truth = ramp(places(volume.geometry, volume.shape))
    assert volume.array[whole] == pytest.approx(truth[whole], abs=1e-2)
    assert volume.spacing == pytest.approx(np.array(source.spacing) * factors)
    assert volume.history == (
        "before",
        f"reduced: means of {factors[0]} x {factors[1]} x {factors[2]} voxels (slices, rows, columns)",
    )


def test_the_last_block_is_the_mean_of_what_is_there():
    array = np.arange(25, dtype=np.float32).reshape(1, 5, 5)
    volume, _ = reduced(Volume(array), 9)
    assert volume.array[0].tolist() == [[3, 5, 6.5], [13, 15, 16.5], [20.5, 22.5, 24]]


def test_padding_takes_no_part_in_a_mean():
    array = np.array([[[10, -2000, -2000, -2000], [20, 30, -2000, -2000]]], np.int16)
    volume, _ = reduced(Volume(array, padding=-2000.0), 2)
    assert volume.array.tolist() == [[[20, -2000]]]
    assert volume.array.dtype == np.int16


def test_planar_spacing_colour_and_instances():
    planar = PlanarGeometry("L", "F", (0.2, 0.1), "detector")
    names = (("1.2", 1), ("1.2", 2))
    source = Volume(np.full((2, 4, 6, 3), 7, np.uint8), colour=True, planar=planar, instances=names)
    volume, factors = reduced(source, 12)
    assert (factors, volume.array.shape, volume.instances) == ((1, 2, 2), (2, 2, 3, 3), names)
    assert volume.planar == PlanarGeometry("L", "F", (0.4, 0.2), "detector")
    assert np.all(volume.array == 7)
    assert reduced(source, 6)[0].instances == ()


@pytest.mark.parametrize(("most", "error"), [(0, IncompatibleInputError), (1, LimitError)])
def test_what_cannot_be_reduced(most, error):
    with pytest.raises(error):
        reduced(Volume(np.zeros((2, 2, 4, 4)), frames_axis=True), most)
