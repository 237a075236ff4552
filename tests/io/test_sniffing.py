import pytest

from medimg_core.io.sniffing import sniff
from tests.io import made

SLICE = made.packed(made.ct_slice())


@pytest.mark.parametrize(
    ("data", "kind", "name"),
    [
        (b"", "other", "empty"),
        (SLICE, "dicom", "a DICOM file"),
        (b"II*\0" + SLICE[4:], "dicom", "a DICOM file"),  # the preamble may hold a TIFF header (PS3.10 7.1)
        (SLICE[132:], "dicom", "without preamble"),
        (b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100", "dicom", "without preamble"),
        (b"\x08\x00\x05\x00\x0a\x00\x00\x00ISO_IR 100", "dicom", "without preamble"),
        (b"\x00\x08\x00\x05CS\x00\x0aISO_IR 100", "dicom", "without preamble"),
        (b"PK\x03\x04", "zip", "zip"),
        (b"\x1f\x8b\x08", "gzip", "gzip"),
        (b"\0" * 344 + b"n+1\0", "nifti", "NIfTI-1"),
        (b"\x1c\x02\0\0n+2\0\r\n\x1a\n" + b"\0" * 20, "nifti", "NIfTI-2"),
        (b"\0" * 344 + b"ni1\0", "other", ".hdr/.img pair"),
        (b"\x89PNG\r\n\x1a\n", "raster", "PNG"),
        (b"\xff\xd8\xff\xe0", "raster", "JPEG"),
        (b"MM\0*", "raster", "TIFF"),
        (b"%PDF-1.7", "other", "PDF"),
        (b"GIF89a", "other", "GIF"),
        (b"7z\xbc\xaf\x27\x1c", "other", "pack it as zip"),
        (b"\x5c\x01\0\0" + b"\0" * 344, "other", "Analyze"),
        (b"patient,label\n1,2\n", "other", "plain text"),
        ("Zażółć gęślą jaźń\n".encode(), "other", "plain text"),
        (b"\x01\x02\x03\x04\x05\x06\x07\x08\x09", "other", "begins with 01 02 03 04"),
    ],
)
def test_by_content(data, kind, name):
    found = sniff(data[:1024], len(data))
    assert found.kind == kind
    assert name in found.name


def test_text_that_begins_like_an_element_is_not_dicom():
    assert sniff(b"\x08\x00 but not long enough", 24).kind == "other"
