"""Enhanced multi-frame files: functional groups of each frame, through the door."""

import numpy as np
import pytest

from medimg_core.io import open_study, slice_thickness
from medimg_core.study import Volume
from medimg_core.voi import Window
from tests.io import made
from tests.io.test_grouping import series_of
from tests.io.test_opening import only, voxels

SHUFFLED = [3, 0, 5, 1, 4, 2]


def firsts(volume: Volume) -> list:
    """The value of each plane's first voxel, shape of the axes before rows and columns."""
    return volume.array[..., 0, 0].tolist()


def stack(order=SHUFFLED, **more):
    """Frames 3 mm apart, whose values are ten times their place along the patient."""
    return [{"value": 10 * index, "position": [-7, -9, 3 * index], **more} for index in order]


@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_frames_are_sorted_by_their_positions(modality):
    data = made.enhanced(stack(), Modality=modality)
    series = only(open_study(made.named(data)))
    volume = voxels(series)
    assert (series.modality, series.kind, volume.frames_axis, firsts(volume)) == (
        modality,
        "image",
        False,
        [0, 10, 20, 30, 40, 50],
    )
    assert volume.geometry is not None
    assert volume.geometry.spacing == (3, 1, 2)
    assert volume.geometry.to_world([1, 2, 3]).tolist() == [-7 + 3 * 2, -9 + 2, 3]
    assert volume.instances == tuple((data.SOPInstanceUID, SHUFFLED.index(index) + 1) for index in range(6))
    assert slice_thickness(series) == 3


def test_orientation_and_spacing_may_stand_with_each_frame():
    sagittal = {"orientation": [0, 1, 0, 0, 0, -1], "spacing": [0.5, 0.8], "thickness": 4}
    frames = [{"value": 10 * index, "position": [5 * index, 0, 0], **sagittal} for index in (1, 2, 0)]
    data = made.enhanced(frames)
    data.SharedFunctionalGroupsSequence = []
    series = only(open_study(made.named(data)))
    volume = voxels(series)
    assert volume.geometry is not None
    # row x column direction is -x: slices go from left to right
    assert (firsts(volume), volume.geometry.orientation) == ([20, 10, 0], "RIP")
    assert volume.geometry.spacing == pytest.approx((5, 0.5, 0.8))
    assert slice_thickness(series) == 4


def test_frames_of_several_thicknesses_have_none_in_common():
    frames = stack([0, 1, 2])
    frames[1]["thickness"] = 5
    frames[1]["spacing"] = [1.0, 2.0]
    assert slice_thickness(only(open_study(made.named(made.enhanced(frames))))) is None


def test_each_frame_has_its_own_rescale():
    frames = [{**frame, "slope": 2, "intercept": frame["position"][2]} for frame in stack()]
    volume = voxels(only(open_study(made.named(made.enhanced(frames)))))
    assert firsts(volume) == [2 * 10 * index + 3 * index for index in range(6)]
    assert volume.array[1, 0].tolist() == [23, 25, 27, 29, 31]
    assert "of each slice" in volume.history[0]


def test_a_shared_rescale_and_window():
    shared = {"slope": 1, "intercept": -1024, "rescale_type": "HU", "centre": 40, "width": 400}
    frames = [{"value": 24, "position": [0, 0, 3 * index]} for index in range(3)]
    volume = voxels(only(open_study(made.named(made.enhanced(frames, shared, Modality="CT")))))
    assert (volume.array[0, 0].tolist(), volume.unit) == ([-1000, -999, -998, -997, -996], "HU")
    assert volume.voi == (Window(40, 400),)


def test_a_rescale_to_something_else_is_no_hu():
    shared = {"slope": 1, "intercept": -1024, "rescale_type": "Z_EFF"}
    frames = [{"value": 24, "position": [0, 0, 3 * index]} for index in range(3)]
    series = only(open_study(made.named(made.enhanced(frames, shared, Modality="CT"))))
    assert voxels(series).unit == "unknown"
    assert any("RescaleType" in warning for warning in series.warnings)


def test_the_window_is_that_of_the_middle_slice():
    frames = [{**frame, "centre": 100 + frame["value"], "width": 50} for frame in stack()]
    assert voxels(only(open_study(made.named(made.enhanced(frames))))).voi == (Window(130, 50),)


def test_stacks_of_one_file_are_parted():
    low = [{"value": index, "position": [0, 0, 2 * index], "stack": "1"} for index in (1, 0, 2)]
    high = [{"value": 100 + index, "position": [0, 0, 1 + 2 * index], "stack": "2"} for index in (2, 1, 0)]
    found = series_of(made.enhanced(low[:1] + high + low[1:]))
    assert sorted(firsts(voxels(series)) for series in found) == [[0, 1, 2], [100, 101, 102]]
    assert [series.part for series in found] == ["axial, volume 1", "axial, volume 2"]
    assert all(series.warnings == (STACKED,) for series in found)
    geometry = voxels(found[0]).geometry
    assert geometry is not None
    assert geometry.spacing == (2, 1, 2)
    assert sorted(series.files for series in found) == [0, 1]


STACKED = "several stacks of slices in one series (StackID): each stack is shown by itself"


def test_a_stack_for_each_slice_is_no_stack():
    frames = [{**frame, "stack": str(index)} for index, frame in enumerate(stack())]
    assert firsts(voxels(only(open_study(made.named(made.enhanced(frames)))))) == [0, 10, 20, 30, 40, 50]


CARDIAC = {
    "indices": [{"time": 1 + time} for time in range(4)],
    "triggers": [{"trigger": 30.5 * time} for time in range(4)],
    "moments": [{"moment": f"20230101120000.{time}"} for time in range(4)],
    "offsets": [{"offset": 0.7 * time} for time in range(4)],
    "acquisitions": [{"acquisition": 1 + time} for time in range(6)],
}


@pytest.mark.parametrize("times", CARDIAC.values(), ids=CARDIAC)
@pytest.mark.parametrize("slices", [1, 3])
def test_frames_in_space_and_time(times, slices):
    made_of = [(time, place) for place in range(slices) for time in reversed(range(len(times)))]
    frames = [
        {"value": 100 * time + 10 * place, "position": [0, 0, 3 * place], **times[time]} for time, place in made_of
    ]
    data = made.enhanced(frames)
    series = only(open_study(made.named(data)))
    volume = voxels(series)
    assert volume.frames_axis
    assert firsts(volume) == [[100 * time + 10 * place for place in range(slices)] for time in range(len(times))]
    assert volume.instances == tuple(
        (data.SOPInstanceUID, made_of.index((time, place)) + 1) for time in range(len(times)) for place in range(slices)
    )
    assert volume.geometry is not None
    assert volume.geometry.spacing == (3, 1, 2)
    assert series.warnings == ()


def test_dimensions_tell_frames_apart_where_nothing_else_does():
    frames = [
        {"value": 100 * time + 10 * place, "position": [0, 0, 3 * place], "indices": [1, place + 1, time + 1]}
        for time in (2, 0, 1)
        for place in (1, 0)
    ]
    data = made.dimensions(made.enhanced(frames), "StackID", "InStackPositionNumber", "EchoNumbers")
    assert firsts(voxels(only(open_study(made.named(data))))) == [[0, 10], [100, 110], [200, 210]]


def test_diffusion_is_parted_by_b_value_and_directions_are_frames():
    directions = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    weightings = [{"b": 0.0}, *({"b": 1000.0, "direction": direction} for direction in directions)]
    frames = [
        {"value": 100 * index + 10 * place, "position": [0, 0, 3 * place], **weighting}
        for place in range(2)
        for index, weighting in enumerate(weightings)
    ]
    found = {series.part: voxels(series) for series in series_of(made.enhanced(frames))}
    assert firsts(found["b 0"]) == [0, 10]
    assert sorted(firsts(found["b 1000"])) == [[100, 110], [200, 210], [300, 310]]
    assert found["b 1000"].frames_axis


def test_echoes_and_components_are_parted():
    frames = [
        {
            "value": echo + phase,
            "position": [0, 0, 3 * place],
            "echo_time": 5.0 + echo,
            "frame_type": ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
            "component": "PHASE" if phase else "MAGNITUDE",
        }
        for echo in (0, 10)
        for phase in (0, 1)
        for place in range(2)
    ]
    found = series_of(made.enhanced(frames))
    assert {series.part: firsts(voxels(series)) for series in found} == {
        "echo 1, none magnitude": [0, 0],
        "echo 1, none phase": [1, 1],
        "echo 2, none magnitude": [10, 10],
        "echo 2, none phase": [11, 11],
    }


@pytest.mark.parametrize(
    "tags",
    [
        [{"time": time + 1} for time in range(3)],
        [{"file": {"AcquisitionNumber": time + 1}} for time in range(3)],
        [{"file": {"ContentTime": f"1200{time:02d}"}} for time in range(3)],
        [{"file": {"InstanceNumber": time + 1}} for time in range(3)],
    ],
)
def test_a_file_for_each_time_makes_one_series_in_space_and_time(tags):
    files = []
    for time, chosen in enumerate(tags):
        frame = {name: value for name, value in chosen.items() if name != "file"}
        frames = [{"value": 100 * time + 10 * index, "position": [0, 0, 3 * index], **frame} for index in (1, 0, 2)]
        files.append(made.enhanced(frames, **chosen.get("file", {})))
    series = only(open_study(made.named(files[1], files[2], files[0])))
    volume = voxels(series)
    assert (series.files, firsts(volume)) == (3, [[100 * time + 10 * index for index in range(3)] for time in range(3)])
    assert volume.instances[3:6] == tuple((files[1].SOPInstanceUID, frame) for frame in (2, 1, 3))


def test_compressed_frames_are_sorted_too():
    from pydicom.uid import JPEG2000Lossless

    plain = made.enhanced(stack())
    pixels = np.kron(np.frombuffer(plain.PixelData, np.uint16).reshape(6, 4, 5), np.ones((1, 16, 16), np.uint16))
    plain.Rows, plain.Columns, plain.PixelData = 64, 80, pixels.tobytes()
    packed = made.packed(plain)
    plain.compress(JPEG2000Lossless, encoding_plugin="pylibjpeg", generate_instance_uid=False)
    expected = voxels(only(open_study([("plain", packed)])))
    volume = voxels(only(open_study(made.named(plain))))
    assert np.array_equal(volume.array, expected.array)
    assert volume.instances == expected.instances
    assert volume.geometry is not None
    assert volume.geometry.spacing == (3, 1, 2)


def test_frames_without_positions_are_not_placed():
    frames = [{"value": index} for index in range(3)]
    series = only(open_study(made.named(made.enhanced(frames))))
    assert voxels(series).geometry is None
    assert "without a position for each frame" in series.warnings[0]
