"""Single elements, raw and converted, whole and broken."""

import io

import pydicom
import pytest

from medimg_core.io.elements import display_text, has, integer, integers, item, items, number, numbers, text, texts
from tests.io import made


def both(**tags):
    """The same header as parsed from bytes (raw elements) and as built (converted elements)."""
    header = made.ct_slice(**tags)
    return pydicom.dcmread(io.BytesIO(made.packed(header))), header


@pytest.mark.parametrize(
    ("tags", "call", "expected"),
    [
        ({}, lambda h: text(h, "Modality"), "CT"),
        ({}, lambda h: texts(h, "ImageType"), ("ORIGINAL", "PRIMARY", "AXIAL")),
        ({"ImageType": ["A", "", "C"]}, lambda h: texts(h, "ImageType"), ("A", "", "C")),
        ({}, lambda h: text(h, "PatientComments"), ""),
        ({}, lambda h: numbers(h, "ImagePositionPatient"), (-10, -20, 30)),
        ({}, lambda h: number(h, "RescaleIntercept"), -1024),
        ({"SliceThickness": None}, lambda h: number(h, "SliceThickness"), None),
        ({}, lambda h: integer(h, "Rows"), 6),
        ({"SliceThickness": 2.5}, lambda h: integer(h, "SliceThickness"), None),
        ({"AcquisitionMatrix": [0, 256, 192, 0]}, lambda h: integers(h, "AcquisitionMatrix"), (0, 256, 192, 0)),
        ({"ReferencedImageSequence": []}, lambda h: items(h, "ReferencedImageSequence"), ()),
        ({}, lambda h: item(h, "ReferencedImageSequence"), None),
        ({"PatientName": "A^B"}, lambda h: display_text(h, "PatientName"), "A^B"),
        ({"StudyDescription": ""}, lambda h: has(h, "StudyDescription"), True),
        ({}, lambda h: has(h, "StudyDescription"), False),
    ],
)
def test_raw_and_converted_agree(tags, call, expected):
    for header in both(**tags):
        assert call(header) == expected


@pytest.mark.parametrize("value", [b"1\\2\\x ", b"nan ", b"inf ", b"1,5 ", b"--", b"\xff\xfe"])
def test_broken_numbers(value):
    packed = made.packed(made.ct_slice(SliceLocation=12345678))
    header = pydicom.dcmread(io.BytesIO(packed.replace(b"12345678", value.ljust(8))))
    assert numbers(header, "SliceLocation") == ()
    assert number(header, "SliceLocation") == (1.0 if value.startswith(b"1\\") else None)


def test_an_unknown_keyword_is_our_mistake():
    with pytest.raises(KeyError, match="NoSuchKeyword"):
        text(made.header(), "NoSuchKeyword")
