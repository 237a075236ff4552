"""One file: parsed whatever is missing around it, refused with a reason when it is damaged."""

import io

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medimg_core.errors import MedImgError, UnreadableFileError
from medimg_core.io import Limits, open_study
from medimg_core.io.archives import Allowance
from medimg_core.io.contents import Content
from medimg_core.io.dicom import parse
from tests.io import made
from tests.io.test_opening import counted, voxels

SLICE = made.packed(made.ct_slice(rows=3, columns=4))


def test_transfer_syntax_is_found_where_the_meta_information_is_lost():
    body = SLICE[132:]
    body = body[12 + int.from_bytes(body[8:12], "little") :]
    implicit = io.BytesIO()
    bare = made.header()
    del bare.file_meta
    pydicom.dcmwrite(implicit, bare, implicit_vr=True, little_endian=True)
    for data, syntax in ((body, "1.2.840.10008.1.2.1"), (implicit.getvalue(), "1.2.840.10008.1.2")):
        assert parse(Content.of(data), Allowance(Limits())).file_meta.TransferSyntaxUID == syntax


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\0" * 128 + b"DICM", "truncated or empty"),
        (SLICE[:144], "truncated or empty|cannot be parsed"),
    ],
)
def test_empty_files(data, reason):
    with pytest.raises(UnreadableFileError, match=reason):
        parse(Content.of(data), Allowance(Limits()))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(end=st.integers(132, len(SLICE) - 1))
def test_a_file_cut_anywhere_is_read_or_refused_with_a_reason(end):
    opened = open_study([("cut", SLICE[:end])])
    assert counted(opened) == 1
    assert all(refused.reason for refused in opened.refused)
    assert not any(series.volume is not None for study in opened for series in study.series)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.lists(st.tuples(st.integers(132, len(SLICE) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_file_with_wrong_bytes_never_raises(changes):
    data = bytearray(SLICE)
    for place, value in changes:
        data[place] = value
    opened = open_study([("bad", bytes(data)), ("good", made.packed(made.ct_slice(7)))], limits=Limits(pixels=10_000))
    assert counted(opened) == 2
    assert any(series.volume is not None for study in opened for series in study.series)


@settings(max_examples=60, deadline=None)
@given(
    data=st.binary(max_size=400),
    magic=st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b", b"\x89PNG\r\n\x1a\n", b"II*\0"]),
)
def test_noise_never_raises(data, magic):
    opened = open_study([("noise", magic + data)])
    assert counted(opened) >= 1


def test_a_length_that_fits_no_value_is_refused_or_ignored():
    data = bytearray(SLICE)
    data[138] = 75  # the length of (0002,0000) UL
    opened = open_study([("x", bytes(data))])
    assert counted(opened) == 1


def test_errors_are_ours():
    assert issubclass(UnreadableFileError, MedImgError)


def test_pixels_of_a_multiframe_are_let_go_too():
    data = made.image(np.zeros((3, 4, 5), np.uint8), made.US_MULTI, "US")
    (study,) = open_study(made.named(data)).studies
    assert 0x7FE00010 not in study.series[0].source[0]


@pytest.mark.parametrize(
    ("keyword", "other"), [("PatientID", "TEST-2"), ("ImageLaterality", "R"), ("PatientOrientation", ["R", "F"])]
)
def test_files_that_differ_in_a_single_tag_are_no_copies(keyword, other):
    tags = {"ImageLaterality": "L", "PatientOrientation": ["L", "F"], "PatientID": "TEST-1", "SOPInstanceUID": "1.2.3"}
    files = [
        made.image(np.zeros((3, 4), np.uint8), made.DX, "DX", **(tags | chosen)) for chosen in ({}, {keyword: other})
    ]
    opened = open_study(made.named(*files))
    assert counted(opened) == 2
    assert not any("copy" in warning for study in opened for series in study.series for warning in series.warnings)
    assert opened.mixed_patients == (keyword == "PatientID")
    assert sum(voxels(series).array.shape[0] for study in opened for series in study.series) == 2
