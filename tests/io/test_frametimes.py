"""When frames were taken: from each tag that says so, and None where none does."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medimg_core.io import frame_times, open_study
from tests.io import made
from tests.io.test_opening import only, voxels


def classic(*times: dict[str, Any], slices: int = 2, **tags: Any):
    """A series of axial slices at several times, which differ by the tags given."""
    files = [
        made.ct_slice(index, Modality="MR", InstanceNumber=10 * time + index, **(tags | chosen))
        for time, chosen in enumerate(times)
        for index in range(slices)
    ]
    series = only(open_study(made.named(*files)))
    assert voxels(series).frames == len(times)
    return series


def places(**tags: Any) -> list[dict[str, Any]]:
    return [{"TemporalPositionIdentifier": index, **tags} for index in (1, 2, 3)]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([{"TriggerTime": value} for value in (12.5, 40, 70)], (0, 27.5, 57.5)),
        ([{"FrameReferenceTime": value} for value in (5000, 15000, 45000)], (0, 10000, 40000)),
        (places(TemporalResolution=1500), (0, 1500, 3000)),
        (places(RepetitionTime=2000, ScanningSequence="EP"), (0, 2000, 4000)),
        (places(RepetitionTime=2000, EchoPlanarPulseSequence="YES"), (0, 2000, 4000)),
        (places(RepetitionTime=4, ScanningSequence="GR"), None),
        (places(), None),
        ([{"AcquisitionTime": value} for value in ("115959.5", "120000", "120103.25")], (0, 500, 63750)),
        (
            [{"AcquisitionDateTime": value} for value in ("20230101235959.5", "20230102000000", "20230102000100+0100")],
            (0, 500, 60500),
        ),
        ([{"AcquisitionTime": value, "AcquisitionDate": "20230101"} for value in ("1200", "1201")], (0, 60000)),
        ([{"AcquisitionTime": value} for value in ("12", "what", "later")], None),
        ([{"ContentTime": value} for value in ("1200", "1201")], None),  # when the image was made, not acquired
        (
            [
                {"AcquisitionDate": f"2023010{day}", "AcquisitionTime": time}
                for day, time in ((1, "235930"), (2, "0000"))
            ],
            (0, 30000),
        ),
    ],
)
def test_classic_files(times, expected):
    found = frame_times(classic(*times))
    assert found == (None if expected is None else pytest.approx(expected))


def test_the_clock_of_the_first_slice_counts():
    files = [
        made.ct_slice(index, AcquisitionTime=f"1200{2 * time + index:02d}", AcquisitionNumber=time)
        for time in range(6)
        for index in range(2)
    ]
    assert frame_times(only(open_study(made.named(*files)))) == tuple(2000.0 * time for time in range(6))


def test_midnight_between_two_frames():
    """The clock alone sorts the frames of after midnight to the front; a number of the position sorts them right."""
    series = classic(
        {"TemporalPositionIdentifier": 1, "AcquisitionTime": "235959"},
        {"TemporalPositionIdentifier": 2, "AcquisitionTime": "000001"},
    )
    assert frame_times(series) == (0, 2000)


@pytest.mark.parametrize(
    ("frames", "tags", "expected"),
    [
        ([{"trigger": 25.0 * time} for time in range(3)], {}, (0, 25, 50)),
        ([{"offset": 1.5 * time} for time in range(3)], {}, (0, 1500, 3000)),
        ([{"time": 1 + time} for time in range(3)], {"TemporalResolution": 700}, (0, 700, 1400)),
        ([{"moment": f"2023010112000{time}.250"} for time in range(3)], {}, (0, 1000, 2000)),
        ([{"time": 1 + time} for time in range(3)], {}, None),
    ],
)
def test_enhanced_files(frames, tags, expected):
    groups = [{"value": 0, "position": [0, 0, 3 * place], **chosen} for place in (1, 0) for chosen in reversed(frames)]
    series = only(open_study(made.named(made.enhanced(groups, **tags))))
    assert voxels(series).array.shape[:2] == (3, 2)
    assert frame_times(series) == expected


def test_enhanced_files_of_one_time_each():
    files = [
        made.enhanced(
            [{"value": time, "position": [0, 0, 3 * place], "time": 1} for place in range(2)],
            AcquisitionDateTime=f"2023010112000{3 * time}",
        )
        for time in (2, 0, 1)
    ]
    assert frame_times(only(open_study(made.named(*files)))) == (0, 3000, 6000)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"FrameTime": 33.5}, (0, 33.5, 67, 100.5)),
        ({"CineRate": 25}, (0, 40, 80, 120)),
        ({"FrameTimeVector": [0, 30, 50, 10]}, (0, 30, 80, 90)),
        ({"FrameTimeVector": [0, 30]}, None),
        ({"FrameTimeVector": [0, 30, -50, 10]}, None),
        ({"FrameTime": 0}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("uid", [True, False])
def test_ultrasound(tags, expected, uid):
    data = made.image(np.zeros((4, 3, 5), np.uint8), made.US_MULTI, "US", **tags)
    if not uid:
        del data.SOPInstanceUID
    assert frame_times(only(open_study(made.named(data)))) == expected


def test_no_time_axis_no_times():
    assert frame_times(only(open_study(made.named(made.ct_slice(0), made.ct_slice(1))))) is None


def test_times_of_files_that_share_a_uid_are_not_told():
    files = [made.ct_slice(0, TriggerTime=10.0 * time, SOPInstanceUID="1.2.3") for time in range(3)]
    series = only(open_study(made.named(*files)))
    assert voxels(series).frames == 3
    assert frame_times(series) is None


@pytest.mark.real_data
def test_a_heart_beat(data_dir: Path):
    times = frame_times(only(open_study([data_dir / "heart_cine_dicom" / "SCD0000301_cine_sax.zip"])))
    assert times is not None
    assert (len(times), times[0]) == (20, 0)
    assert 400 < times[-1] < 1500
    assert np.ptp(np.diff(times)) < 5
