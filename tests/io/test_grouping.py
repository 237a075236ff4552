"""What belongs together, seen through the door: parts, order, time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimg_core.io import open_study
from medimg_core.study import Series, Volume
from tests.io import made
from tests.io.test_opening import only, voxels

SAGITTAL = [0, 1, 0, 0, 0, -1]


def series_of(*slices) -> tuple[Series, ...]:
    (study,) = open_study(made.named(*slices)).studies
    return study.series


def firsts(volume: Volume) -> list[int]:
    """Value that tells the slice, in order."""
    return np.asarray(volume.array[..., 1, 0]).reshape(-1).tolist()


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(5)), start=st.floats(-500, 500), step=st.sampled_from([0.6, 1.25, 5.0]))
def test_slices_sort_by_position_whatever_their_order_and_number(order, start, step):
    slices = [
        made.ct_slice(
            index, InstanceNumber=100 - 7 * place, ImagePositionPatient=[0, 0, round(start + step * index, 3)]
        )
        for place, index in enumerate(order)
    ]
    volume = voxels(only(open_study(made.named(*slices))))
    assert firsts(volume) == [10, 110, 210, 310, 410]
    assert volume.geometry is not None
    assert volume.geometry.affine[:3, 0] == pytest.approx([0, 0, step], abs=1e-3)
    assert volume.instances == tuple((slices[order.index(index)].SOPInstanceUID, 1) for index in range(5))


def test_sagittal_slices_sort_along_their_normal():
    slices = [
        made.ct_slice(index, ImageOrientationPatient=SAGITTAL, ImagePositionPatient=[5.0 - 3 * index, 0, 0])
        for index in (1, 2, 0)
    ]
    volume = voxels(only(open_study(made.named(*slices))))
    assert firsts(volume) == [10, 110, 210]
    assert volume.geometry is not None
    assert volume.geometry.orientation == "RIP"


@pytest.mark.parametrize(
    ("tags", "parts"),
    [
        ([{"EchoNumbers": 1, "EchoTime": 10}, {"EchoNumbers": 2, "EchoTime": 20}], ["echo 1", "echo 2"]),
        ([{"EchoTime": 80}, {"EchoTime": 8}], ["echo 1", "echo 2"]),
        ([{"AcquisitionNumber": 3}, {"AcquisitionNumber": 7}], ["acquisition 3", "acquisition 7"]),
        ([{"DiffusionBValue": 0.0}, {"DiffusionBValue": 1000.0}], ["b 0", "b 1000"]),
        (
            [{"ImageType": ["ORIGINAL", "PRIMARY", "M", "A"]}, {"ImageType": ["ORIGINAL", "PRIMARY", "M", "B"]}],
            ["a", "b"],
        ),
        (
            [{"ImageType": ["ORIGINAL", "PRIMARY", "M"]}, {"ImageType": ["ORIGINAL", "PRIMARY", "P"]}],
            ["axial, m", "axial, p"],
        ),
        ([{}, {}], ["repeat 1", "repeat 2"]),
    ],
)
def test_several_slices_at_one_position_are_parted_by_what_tells_them_apart(tags, parts):
    slices = [made.ct_slice(index, **chosen) for chosen in tags for index in range(3)]
    found = series_of(*slices)
    assert sorted(series.part for series in found) == parts
    for series in found:
        assert voxels(series).array.shape == (3, 6, 5)
        assert series.files == 3
        assert ("no tag tells them apart" in "".join(series.warnings)) == ("repeat" in series.part)


def test_acquisitions_that_cover_different_ranges_are_parted_and_continuous_ones_are_not():
    ranges = [made.ct_slice(index, AcquisitionNumber=1) for index in range(3)]
    far = [made.ct_slice(index, AcquisitionNumber=2) for index in range(30, 33)]
    near = [made.ct_slice(index, AcquisitionNumber=2) for index in range(3, 6)]
    assert [series.part for series in series_of(*ranges, *far)] == ["acquisition 1", "acquisition 2"]
    assert voxels(series_of(*ranges, *near)[0]).array.shape[0] == 6


@pytest.mark.parametrize("tag", ["TemporalPositionIdentifier", "TriggerTime", "AcquisitionTime"])
def test_a_regular_time_series_has_a_time_axis(tag):
    def stamp(time: int) -> int | str:
        return f"1200{time:02d}" if tag == "AcquisitionTime" else 10 * time

    slices = [
        made.ct_slice(index, InstanceNumber=1, RescaleIntercept=time - 1024, **{tag: stamp(time)})
        for time in (2, 0, 1)
        for index in (1, 0)
    ]
    (series,) = series_of(*slices)
    volume = voxels(series)
    assert volume.frames_axis
    assert (volume.frames, volume.shape) == (3, (2, 6, 5))
    assert firsts(volume) == [10, 110, 11, 111, 12, 112]
    assert volume.geometry is not None


def test_many_acquisitions_are_a_time_series():
    slices = [made.ct_slice(index, AcquisitionNumber=time) for time in range(6) for index in range(2)]
    assert voxels(series_of(*slices)[0]).array.shape == (6, 2, 6, 5)


def test_phases_with_a_missing_slice_are_shown_one_by_one():
    slices = [made.ct_slice(index, TriggerTime=10 * time) for time in range(3) for index in range(3)]
    found = series_of(*slices[:-1])
    assert sorted((series.part, voxels(series).array.shape[0]) for series in found) == [
        ("phase 1", 3),
        ("phase 2", 3),
        ("phase 3", 2),
    ]
    assert all("do not all hold the same slices" in series.warnings[0] for series in found)


@pytest.mark.parametrize("tag", ["TriggerTime", "AcquisitionNumber"])
def test_a_long_run_that_was_stopped_keeps_its_whole_volumes_together(tag):
    slices = [
        made.ct_slice(index, RescaleIntercept=time - 1024, **{tag: 10 * time})
        for time in range(7)
        for index in range(3)
    ]
    found = series_of(*slices[:-2])
    assert [(series.part, voxels(series).array.shape[:-2]) for series in found] == [("", (6, 3)), ("phase 7", (1,))]
    assert firsts(voxels(found[0])) == [100 * index + 10 + time for time in range(6) for index in range(3)]
    assert all("shown by themselves" in series.warnings[0] for series in found)


def test_mixed_orientation_and_sizes_are_parted_and_said():
    found = series_of(
        made.ct_slice(0), made.ct_slice(1), made.ct_slice(0, ImageOrientationPatient=SAGITTAL), made.ct_slice(5, rows=7)
    )
    assert sorted(series.part for series in found) == ["axial 1", "axial 2", "sagittal"]
    for series in found:
        assert series.warnings[0] == "slices of several orientations in one series: each orientation is shown by itself"
        assert series.warnings[1] == "images of several sizes in one series: each size is shown by itself"


def test_frames_of_reference_part_unless_every_file_has_its_own():
    pair = [made.ct_slice(index, FrameOfReferenceUID=f"1.2.{index // 2}") for index in range(4)]
    assert [voxels(series).array.shape[0] for series in series_of(*pair)] == [2, 2]
    own = [made.ct_slice(index, FrameOfReferenceUID=f"1.2.{index}") for index in range(4)]
    (series,) = series_of(*own)
    assert voxels(series).array.shape[0] == 4
    assert "anonymisers" in series.warnings[0]


def test_stations_of_one_orientation_are_parted():
    slices = [
        made.ct_slice(index, ImagePositionPatient=[0, 400 * station, 2 * index])
        for station in range(2)
        for index in range(3)
    ]
    assert [series.part for series in series_of(*slices)] == ["station 1", "station 2"]


def test_slices_without_positions_are_ordered_by_what_there_is():
    bare = {"ImagePositionPatient": None, "ImageOrientationPatient": None, "PatientOrientation": ["L", "P"]}
    by_location = [made.ct_slice(index, SliceLocation=index, InstanceNumber=9 - index, **bare) for index in (1, 0, 2)]
    by_number = [made.ct_slice(index, InstanceNumber=9 - index, **bare) for index in (1, 0, 2)]
    for slices, order, word in (
        (by_location, [10, 110, 210], "SliceLocation"),
        (by_number, [210, 110, 10], "Instance"),
    ):
        series = series_of(*slices)[0]
        assert firsts(voxels(series)) == order
        assert voxels(series).geometry is None
        assert word in series.warnings[0]
        planar = voxels(series).planar
        assert planar is not None
        assert planar.edge_letters() == ("R", "L", "A", "P")


def test_radiographs_of_one_series_stay_single():
    views = [
        made.image(np.full((3, 4), number, np.uint16), made.DX, "DX", InstanceNumber=number, ViewPosition=view)
        for number, view in ((2, "LL"), (1, "PA"))
    ]
    found = series_of(*views)
    assert [(series.part, voxels(series).array[0, 0, 0]) for series in found] == [("image 1", 1), ("image 2", 2)]


def test_cine_frames_are_time():
    frames = np.zeros((5, 3, 4, 3), np.uint8)
    frames[:, 0, 0, 0] = range(5)
    (series,) = series_of(made.image(frames, made.US_MULTI, "US"))
    volume = voxels(series)
    assert volume.frames_axis
    assert volume.colour
    assert volume.array.shape == (5, 1, 3, 4, 3)
    assert volume.array[:, 0, 0, 0, 0].tolist() == [0, 1, 2, 3, 4]
    assert [frame for _, frame in volume.instances] == [1, 2, 3, 4, 5]


def test_mosaics_are_said_to_be_mosaics():
    slices = [made.ct_slice(n, Modality="MR", ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"]) for n in range(3)]
    (series,) = series_of(*slices)
    assert series.kind == "derived"
    assert voxels(series).geometry is None
    assert voxels(series).array.shape == (3, 1, 6, 5)
    assert "mosaic" in series.warnings[0]


def test_reconstructed_tomography_of_nuclear_medicine_is_slices_not_time():
    frames = np.arange(60, dtype=np.uint16).reshape(5, 3, 4)
    nm = made.image(
        frames, "1.2.840.10008.5.1.4.1.1.20", "NM", ImageType=["ORIGINAL", "PRIMARY", "RECON TOMO", "EMISSION"]
    )
    (series,) = series_of(nm)
    assert voxels(series).array.shape == (5, 3, 4)
    assert "distances between them are unknown" in series.warnings[0]


def dynamic(times: list[dict], slices: int = 2, **tags):
    """Slices whose values tell the time, in an order that misleads."""
    return [
        made.ct_slice(index, RescaleIntercept=time - 1024, **({"Modality": "MR", "InstanceNumber": 1} | tags | chosen))
        for time, chosen in reversed(list(enumerate(times)))
        for index in range(slices)
    ]


def each(keyword: str, *values) -> list[dict]:
    return [{keyword: value} for value in values]


@pytest.mark.parametrize(
    "times",
    [
        pytest.param(
            [{"AcquisitionNumber": n, "AcquisitionTime": f"12{n:02d}00"} for n in (1, 2, 3)], id="phases of contrast"
        ),
        pytest.param(each("AcquisitionTime", "115900", "120000", "120130"), id="phases by the clock alone"),
        pytest.param(each("ContentTime", "115900", "120000", "120130"), id="images by the clock alone"),
        pytest.param(each("FrameReferenceTime", 5000, 15000, 45000), id="dynamic PET"),
        pytest.param(
            [{"InstanceNumber": n, "NumberOfTemporalPositions": 3} for n in (1, 2, 3)], id="counted positions"
        ),
        pytest.param([{"InstanceNumber": n, "ImagesInAcquisition": 6} for n in (1, 2, 3)], id="counted images"),
        pytest.param(
            [
                {"AcquisitionDate": f"2023010{d}", "AcquisitionTime": t}
                for d, t in ((1, "2359"), (2, "0001"), (2, "0003"))
            ],
            id="past midnight",
        ),
    ],
)
def test_dynamic_series_have_a_time_axis(times):
    (series,) = series_of(*dynamic(times))
    volume = voxels(series)
    assert (volume.array.shape[:2], firsts(volume), series.warnings) == ((3, 2), [10, 110, 11, 111, 12, 112], ())


def test_slices_of_one_volume_taken_one_after_another():
    """BOLD without any tag of its own: every slice has its own clock, no two volumes begin together."""
    slices = [
        made.ct_slice(
            index,
            Modality="MR",
            RescaleIntercept=time - 1024,
            AcquisitionNumber=1,
            AcquisitionTime=f"1200{20 * time + 5 * place:02d}",
        )
        for time in (2, 0, 1)
        for place, index in enumerate((1, 3, 0, 2))  # interleaved
    ]
    (series,) = series_of(*slices)
    assert firsts(voxels(series)) == [100 * index + 10 + time for time in range(3) for index in range(4)]


def test_many_repeats_without_any_time_are_frames_by_number_and_said():
    slices = [
        made.ct_slice(index, RescaleIntercept=time - 1024, InstanceNumber=1 + index * 6 + time)
        for time in range(6)
        for index in range(2)
    ]
    (series,) = series_of(*slices[::-1])
    assert firsts(voxels(series)) == [10 + 100 * index + time for time in range(6) for index in range(2)]
    assert "in the order of InstanceNumber" in series.warnings[0]
    same = [made.ct_slice(0, InstanceNumber=1) for _ in range(6)]
    assert len(series_of(*same)) == 6


def test_acquisitions_that_differ_in_more_than_time_are_parted():
    times = [{"AcquisitionNumber": n, "AcquisitionTime": f"12{n:02d}00", "FlipAngle": 10 * n} for n in (1, 2, 3)]
    assert [series.part for series in series_of(*dynamic(times))] == ["acquisition 1", "acquisition 2", "acquisition 3"]


def test_a_table_that_shuttles_makes_one_series_in_space_and_time():
    """CT perfusion: the two halves are taken in turn, each under an acquisition number of its own."""
    slices = [
        made.ct_slice(
            index,
            RescaleIntercept=time - 1024,
            AcquisitionNumber=2 * time + index // 2 + 1,
            AcquisitionTime=f"1200{5 * time + 2 * (index // 2):02d}",
        )
        for time in range(4)
        for index in range(4)
    ]
    (series,) = series_of(*slices[::-1])
    assert voxels(series).array.shape == (4, 4, 6, 5)
    assert firsts(voxels(series)) == [100 * index + 10 + time for time in range(4) for index in range(4)]


def test_one_slice_of_many_frames_with_a_slope_each():
    slices = [
        made.ct_slice(0, Modality="PT", Units="BQML", FrameReferenceTime=1000 * time, RescaleSlope=0.5 + time)
        for time in (1, 2, 0)
    ]
    (series,) = series_of(*slices)
    volume = voxels(series)
    assert (volume.array.shape, volume.array.dtype.name, volume.unit) == ((3, 1, 6, 5), "float32", "Bq/mL")
    assert firsts(volume) == [1034 * (0.5 + time) - 1024 for time in range(3)]


def test_directions_of_diffusion_are_frames():
    directions = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0.6, 0.8]]
    slices = [
        made.ct_slice(index, Modality="MR", DiffusionBValue=1000.0, DiffusionGradientOrientation=direction)
        for direction in directions
        for index in range(2)
    ]
    (series,) = series_of(*slices)
    assert voxels(series).array.shape[:2] == (4, 2)


def test_one_enhanced_file_of_two_stacks_is_counted_once():
    frames = [
        {"value": index, "position": [0, 0, 3 * (index % 2)], "acquisition": index // 2 + 1} for index in range(6)
    ]
    found = series_of(made.enhanced(frames))
    assert [series.files for series in found] == [1, 0, 0]
    assert [series.part for series in found] == ["acquisition 1", "acquisition 2", "acquisition 3"]
