"""The door as a whole: what is read, what is refused, and that every file is counted once."""

import io
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from pydicom.uid import generate_uid

from medimg_core.errors import Cancelled, InputError
from medimg_core.io import Limits, open_study, summary
from medimg_core.study import Opened, Series, Volume
from tests.io import made


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def only(opened: Opened) -> Series:
    assert len(opened.studies) == 1
    assert len(opened.studies[0].series) == 1
    return opened.studies[0].series[0]


def voxels(series: Series) -> Volume:
    assert series.volume is not None
    return series.volume


def counted(opened: Opened) -> int:
    return sum(series.files for study in opened for series in study.series) + len(opened.refused)


CT_FILES = made.named(*(made.ct_slice(index) for index in (2, 0, 1)))


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(CT_FILES, id="pairs"),
        pytest.param([SimpleNamespace(name=n, getvalue=lambda d=d: d) for n, d in CT_FILES], id="uploads"),
        pytest.param([SimpleNamespace(name=n, read=lambda d=d: d) for n, d in CT_FILES], id="streams"),
        pytest.param([("a.zip", zipped(*CT_FILES))], id="zip"),
        pytest.param([("a.zip", zipped(("deep/b.zip", zipped(*CT_FILES))))], id="nested zip"),
    ],
)
def test_one_stack_however_it_comes(files):
    opened = open_study(files)
    series = only(opened)
    assert (series.modality, series.kind, series.files, opened.refused) == ("CT", "image", 3, ())
    volume = voxels(series)
    assert volume.array.shape == (3, 6, 5)
    assert volume.array[:, 1, 1].tolist() == [11, 111, 211]
    assert volume.unit == "HU"
    assert volume.geometry is not None
    assert volume.geometry.to_world([0, 0, 0]).tolist() == [-10, -20, 30]
    assert volume.geometry.orientation == "SPL"
    assert len(volume.instances) == len(series.source) == 3


def test_paths_and_folders_without_following_links(tmp_path: Path):
    inner = tmp_path / "cd" / "IMAGES"
    inner.mkdir(parents=True)
    for name, data in CT_FILES:
        (inner / name).write_bytes(data)
    (inner / "link").symlink_to(inner / "001")
    (tmp_path / "cd" / "loop").symlink_to(tmp_path / "cd")
    opened = open_study([tmp_path / "cd", str(tmp_path / "missing.dcm")])
    assert only(opened).files == 3
    reasons = sorted(refused.reason for refused in opened.refused)
    assert reasons == [
        "a file in a folder must not be a symbolic link: it may point anywhere",
        "a file in a folder must not be a symbolic link: it may point anywhere",
        "there is no such file",
    ]


def test_one_bad_file_never_spoils_the_rest():
    broken = made.packed(made.ct_slice(3))[:-8]
    files = [*CT_FILES, ("broken", broken), ("notes.txt", b"hello, this is text"), ("empty.dcm", b"")]
    opened = open_study(files)
    assert only(opened).files == 3
    assert {refused.file: refused.reason for refused in opened.refused} == {
        "broken": "pixel data must hold 60 bytes, got 52",
        "notes.txt": "the file is plain text; MedImg reads DICOM, NIfTI, PNG, JPEG, TIFF and zip",
        "empty.dcm": "the file is empty: it holds no bytes; MedImg reads DICOM, NIfTI, PNG, JPEG, TIFF and zip",
    }
    assert counted(opened) == len(files)


def test_a_file_that_fails_to_decode_leaves_the_others():
    damaged = made.encapsulated(made.ct_slice(1), "1.2.840.10008.1.2.4.90", b"\0\1\2\3")
    opened = open_study(made.named(made.ct_slice(0), damaged, made.ct_slice(2), made.ct_slice(3)))
    series = only(opened)
    assert [refused.reason for refused in opened.refused] == [
        "the encoded pixels of frame 1 are damaged: no decoder reads them"
    ]
    assert voxels(series).array[:, 1, 0].tolist() == [10, 210, 310]
    assert series.warnings[0] == "1 file of this stack is left out, because the pixels cannot be decoded"
    assert "1 slice seems to be missing (after slice 1)" in series.warnings[1]
    assert voxels(series).geometry is None


def test_a_header_of_65535_by_65535_is_refused_before_decoding():
    data = made.ct_slice()
    data.Rows = data.Columns = 65535
    opened = open_study(made.named(data))
    assert opened.refused[0].reason.endswith("this header announces 65535 x 65535 x 1")
    assert opened.refused[0].reason.startswith("an image may have at most 400,000,000 pixels")


@pytest.mark.parametrize(
    ("keyword", "reason"),
    [
        ("Rows", "an image needs Rows; the tag is missing"),
        ("Columns", "an image needs Columns; the tag is missing"),
        ("BitsAllocated", "an image needs BitsAllocated; the tag is missing or broken"),
        ("PixelRepresentation", "an image needs PixelRepresentation; the tag is missing or broken"),
    ],
)
def test_a_missing_tag_is_named(keyword, reason):
    data = made.ct_slice()
    delattr(data, keyword)
    assert [refused.reason for refused in open_study(made.named(data)).refused] == [reason]


def test_what_is_missing_to_decode_is_said():
    data = made.encapsulated(made.ct_slice(), "1.2.840.10008.1.2.4.102", b"\0\1\2\3")
    (refused,) = open_study(made.named(data)).refused
    assert "MPEG-4 AVC/H.264" in refused.reason
    assert refused.reason.endswith("which MedImg does not read")


def test_without_preamble_and_without_meta_information():
    stripped = made.packed(made.ct_slice(), preamble=False)
    bare = stripped[12 + int.from_bytes(stripped[8:12], "little") :]
    for data in (stripped, bare):
        assert voxels(only(open_study([("x", data)]))).array[0, 1, 1] == 11


def test_copies_are_read_once_and_counted():
    opened = open_study([*CT_FILES, ("copy", CT_FILES[0][1])])
    assert voxels(only(opened)).array.shape[0] == 3
    assert (only(opened).files, counted(opened)) == (4, 4)
    assert only(opened).warnings == ("1 file is a copy of another one",)


def test_one_uid_with_different_content_is_no_copy():
    first, second = made.ct_slice(0), made.ct_slice(1)
    second.SOPInstanceUID = first.SOPInstanceUID
    assert voxels(only(open_study(made.named(first, second)))).array.shape[0] == 2


def test_the_largest_diagnostic_series_opens_first():
    scout = made.ct_slice(SeriesInstanceUID=generate_uid(), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], rows=400)
    small = made.ct_slice(SeriesInstanceUID=generate_uid())
    screen = made.image(np.zeros((300, 300, 3), np.uint8), made.SC, "CT", SeriesInstanceUID=generate_uid())
    report = made.header(made.SR, "SR", SeriesInstanceUID=generate_uid())
    rois = made.header(made.RTSTRUCT, "RTSTRUCT", SeriesInstanceUID=generate_uid())
    opened = open_study([*made.named(report, scout, screen, small, rois), *((f"s{n}", d) for n, d in CT_FILES)])
    (study,) = opened.studies
    assert [(series.kind, series.object_name) for series in study.series] == [
        ("image", ""),
        ("image", ""),
        ("derived", ""),
        ("localiser", ""),
        ("object", "Structured report"),
        ("object", "RT structure set"),
    ]
    assert [series.files for series in study.series[:2]] == [3, 1]
    assert counted(opened) == 8


@pytest.mark.parametrize(
    ("tags", "patients"),
    [
        ({}, 1),
        ({"PatientID": "TEST-2"}, 2),
        ({"PatientName": "PHANTOM^BEA"}, 1),  # a married name
        ({"PatientName": "PHANTOM^BEA", "PatientBirthDate": "19500101"}, 2),
        ({"PatientID": "", "PatientName": "", "PatientBirthDate": ""}, 2),
    ],
)
def test_two_patients_in_one_drop(tags, patients):
    other = made.ct_slice(SeriesInstanceUID=generate_uid(), StudyInstanceUID=generate_uid(), **tags)
    opened = open_study(made.named(made.ct_slice(), other))
    assert opened.mixed_patients == (patients == 2)
    assert len({study.patient.pseudonym for study in opened}) == patients
    assert bool(opened.warnings) == opened.mixed_patients


def test_two_patients_under_one_study_uid_stay_apart():
    opened = open_study(made.named(made.ct_slice(0), made.ct_slice(1, PatientID="TEST-2")))
    assert [len(study.series) for study in opened] == [1, 1]
    assert all(voxels(study.series[0]).array.shape[0] == 1 for study in opened)


def test_no_patient_text_in_repr_warnings_or_reasons():
    other = made.ct_slice(PatientID="TEST-2", StudyDescription="SECRETWORD", SeriesDescription="SECRETWORD")
    bad = made.ct_slice(1, SeriesDescription="SECRETWORD")
    del bad.Rows
    opened = open_study(made.named(made.ct_slice(), other, bad))
    told = repr(opened) + repr(summary(opened)) + "".join(refused.reason for refused in opened.refused)
    for word in ("PHANTOM", "TEST-1", "TEST-2", "2020", "SECRETWORD"):
        assert word not in told


def test_progress_counts_members_and_can_cancel():
    calls = []
    open_study([("a.zip", zipped(*CT_FILES))], progress=lambda *call: calls.append(call))
    assert (2, 3, "Reading files") in calls
    assert calls[-1] == (3, 3, "Decoding images")
    assert all(done <= total for done, total, _ in calls)

    def stop(done: int, total: int, text: str) -> None:
        if done == 2:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled, match="stopped"):
        open_study(CT_FILES, progress=stop)


def test_memory_limit_is_named_and_the_smaller_series_is_still_read():
    big = made.ct_slice(rows=100, columns=100, SeriesInstanceUID=generate_uid())
    opened = open_study(made.named(big, made.ct_slice()), limits=Limits(memory_bytes=10_000))
    assert only(opened).files == 1
    assert opened.refused[0].reason.startswith("the voxels of one drop may take 0 MiB")
    assert counted(opened) == 2


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(files=2), "one drop may hold at most 2 files"),
        (Limits(file_bytes=100), "a file may hold at most 0 MiB"),
        (Limits(total_bytes=2500), "one drop may hold at most 0 MiB"),
    ],
)
def test_limits_on_files(limits, reason):
    opened = open_study(CT_FILES, limits=limits)
    assert opened.refused[-1].reason == reason
    assert counted(opened) == 3


def test_an_entry_of_another_kind_is_an_error():
    with pytest.raises(InputError, match=r"must be a path, a \(name, bytes\) pair or an upload, got int"):
        open_study([3])


def test_a_text_upload_is_refused():
    opened = open_study([SimpleNamespace(name="x", read=lambda: "text")])
    assert opened.refused[0].reason == "an upload must hold bytes, this one holds text"


def test_directory_is_listed_and_missing_files_are_counted():
    from pydicom.dataset import Dataset

    directory = made.header("1.2.840.10008.1.3.10", "")
    records = []
    for name in ("IM1", "IM2", "IM3"):
        record = Dataset()
        record.DirectoryRecordType = "IMAGE"
        record.ReferencedFileID = ["IMAGES", name]
        records.append(record)
    directory.DirectoryRecordSequence = records
    files = [
        ("cd/DICOMDIR", made.packed(directory)),
        ("cd/IMAGES/IM1", CT_FILES[0][1]),
        ("cd/images/im2", CT_FILES[1][1]),
    ]
    opened = open_study(files)
    assert opened.warnings == ("the DICOMDIR lists 1 file that was not given",)
    assert [series.kind for series in opened.studies[0].series] == ["image", "object"]
    assert counted(opened) == 3
    alone = open_study(files[:1])
    assert only(alone).object_name == "DICOM media index (DICOMDIR)"


def test_pictures_are_studies_of_their_own():
    opened = open_study([("a.png", png(np.eye(4, dtype=np.uint8) * 255)), ("b.png", png(np.zeros((3, 3), np.uint8)))])
    assert len(opened.studies) == 2
    assert not opened.mixed_patients
    assert {study.patient.pseudonym for study in opened} == {"unknown"}
    assert opened.studies[0].series[0].modality == ""
