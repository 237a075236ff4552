"""The quick way gives what pydicom gives, or leaves the file to it."""

import csv
import io
from pathlib import Path

import numpy as np
import pydicom
import pytest

from medimg_core.io.contents import Content
from medimg_core.io.fastheader import fast_header
from tests.io import made

LIMIT = 64 * 1024


def elements(data_set) -> list:
    """What is in a data set, its raw elements as they are; pydicom has converted the character set."""
    found = [(int(tag), element) for tag, element in sorted(data_set.items()) if tag != 0x00080005]
    return [*found, data_set.get("SpecificCharacterSet")]


def assert_same(data: bytes):
    found = fast_header(Content.of(data), LIMIT)
    assert found is not None
    expected = pydicom.dcmread(io.BytesIO(data), defer_size=LIMIT)
    assert elements(found) == elements(expected)
    assert (found.preamble, found.original_encoding) == (expected.preamble, expected.original_encoding)
    assert found.original_character_set == expected.original_character_set
    assert found.file_meta == expected.file_meta
    assert found.PatientName == expected.PatientName


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"rows": 300, "columns": 400},
        {"SpecificCharacterSet": "ISO_IR 192", "PatientName": "Ωmega^Ιώ"},
        {"SpecificCharacterSet": ["", "ISO 2022 IR 87"]},
        {"PatientName": "", "SliceThickness": None, "SpecificCharacterSet": ""},
    ],
)
@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"])
def test_plain_files_give_what_pydicom_gives(tags, syntax):
    data = made.ct_slice(**tags)
    data.add_new(0x00091001, "UN", b"1234")
    data.add_new(0x00091002, "OB", b"")
    data.add_new(0x00091003, "SQ", [made.header()])
    data.add_new(0x00091004, "SQ", [made.header(SpecificCharacterSet="ISO_IR 100", PatientName="Ünal^Ö")])
    data.add_new(0x00091005, "LO", "after the sequence")
    data[0x00091004].is_undefined_length = True
    data.file_meta.TransferSyntaxUID = syntax
    assert_same(made.packed(data))


def changed(change: str) -> bytes:
    data = made.ct_slice()
    packed = made.packed(data)
    place = packed.index(b"\x10\x00\x10\x00PN")
    if change == "long private value":
        data.add_new(0x00091001, "OB", bytes(LIMIT + 2))
        return made.packed(data)
    if change == "compressed":
        return made.packed(made.encapsulated(data, "1.2.840.10008.1.2.4.90", b"1234"))
    return {
        "cut": packed[:-1],
        "appended": packed + b"\0" * 7,
        "no preamble": packed[132:],
        "unknown representation": packed.replace(b"LO", b"LA", 1),
        "out of order": packed[:place] + b"\x08\x00\x60\x00CS\x02\x00CT" + packed[place:],
        "implicit by name only": packed.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2\0\0\0", 1),
    }[change]


@pytest.mark.parametrize(
    "change",
    [
        "cut",
        "appended",
        "no preamble",
        "unknown representation",
        "out of order",
        "long private value",
        "compressed",
        "implicit by name only",
    ],
)
def test_every_other_file_is_left_to_pydicom(change):
    assert fast_header(Content.of(changed(change)), LIMIT) is None


def test_headers_longer_than_what_is_read_at_once_are_left_to_pydicom(tmp_path: Path):
    data = made.ct_slice()
    for number in range(3):
        data.add_new(0x00091001 + number, "OB", bytes(LIMIT // 2))
    path = tmp_path / "file"
    path.write_bytes(made.packed(data))
    assert fast_header(Content.at(path), LIMIT) is None


@pytest.mark.real_data
def test_files_of_many_makers_give_what_pydicom_gives(data_dir: Path):
    folder = data_dir / "dicom_corpus"
    if not folder.is_dir():
        pytest.skip("no DICOM corpus among the real images")
    with (folder / "index.csv").open(newline="") as file:
        paths = [folder / row["path"] for row in csv.DictReader(file)]
    plain = 0
    for path in paths:
        data = path.read_bytes()
        found = fast_header(Content.of(data), LIMIT)
        if found is None:
            continue
        plain += 1
        expected = pydicom.dcmread(io.BytesIO(data), defer_size=LIMIT, force=True)
        assert elements(found) == elements(expected), path
        assert found.original_character_set == expected.original_character_set, path
    assert plain >= 20


def test_pixels_above_the_limit_stay_in_the_file():
    packed = made.packed(made.ct_slice(rows=300, columns=400))
    found = fast_header(Content.of(packed), LIMIT)
    assert found is not None
    element = found.get_item(0x7FE00010, keep_deferred=True)
    assert element.value is None
    pixels = np.frombuffer(packed[element.value_tell :], "<i2")
    assert pixels.size == 300 * 400
    assert pixels[400] == 1024 + 10
