import pytest

from medimg_core.io.kinds import KIND_ORDER, is_mosaic, kind_of, object_name
from tests.io import made


@pytest.mark.parametrize(
    ("sop_class", "modality", "image_type", "description", "kind"),
    [
        (made.CT, "CT", ["ORIGINAL", "PRIMARY", "AXIAL"], "", "image"),
        (made.CT, "CT", ["ORIGINAL", "PRIMARY", "LOCALIZER"], "", "localiser"),
        (made.CT, "CT", ["DERIVED", "SECONDARY", "MPR"], "", "derived"),
        (made.CT, "CT", ["DERIVED", "PRIMARY", "AXIAL"], "", "image"),
        (made.CT, "CT", None, "", "image"),
        (made.CT, "CT", ["ORIGINAL", "PRIMARY", "AXIAL"], "Topogram 0.6", "localiser"),
        (made.MR, "MR", ["ORIGINAL", "PRIMARY", "M"], "3-plane localizer", "localiser"),
        (made.MR, "MR", ["ORIGINAL", "PRIMARY", "M"], "t1_loc_multi", "localiser"),
        (made.MR, "MR", ["ORIGINAL", "PRIMARY", "M"], "t1 blocked", "image"),
        (made.MR, "MR", ["ORIGINAL", "PRIMARY", "M", "MOSAIC"], "", "derived"),
        (made.PT, "PT", ["DERIVED", "PRIMARY"], "", "image"),
        (made.DX, "DX", ["DERIVED", "PRIMARY", ""], "", "image"),
        (made.DX, "DX", ["DERIVED", "SECONDARY"], "", "derived"),
        (made.DX, "DX", ["ORIGINAL", "PRIMARY"], "survey of the pelvis", "image"),
        (made.SC, "CT", ["ORIGINAL", "PRIMARY"], "", "derived"),
        (made.SC, "CT", ["DERIVED", "SECONDARY", "SCREEN SAVE"], "Dose Report", "dose_sheet"),
        (made.SC, "CT", ["DERIVED", "SECONDARY", "OTHER"], "Patient Protocol", "dose_sheet"),
        (made.SC, "OT", ["DERIVED", "SECONDARY", "DOSE_INFO"], "", "dose_sheet"),
    ],
)
def test_kind(sop_class, modality, image_type, description, kind):
    header = made.header(sop_class, modality, SeriesDescription=description)
    if image_type is not None:
        header.ImageType = image_type
    assert kind_of(header) == kind
    assert kind in KIND_ORDER


@pytest.mark.parametrize(
    ("sop_class", "modality", "pixels", "name"),
    [
        (made.CT, "CT", True, ""),
        (made.SC, "OT", True, ""),
        (made.RTSTRUCT, "RTSTRUCT", False, "RT structure set"),
        (made.SR, "SR", False, "Structured report"),
        ("1.2.840.10008.5.1.4.1.1.88.67", "SR", False, "Radiation dose report"),
        ("1.2.840.10008.5.1.4.1.1.66.4", "SEG", True, "Segmentation"),
        ("1.2.840.10008.5.1.4.1.1.104.1", "DOC", False, "PDF document"),
        ("1.2.840.10008.5.1.4.1.1.9.1.1", "ECG", False, "12-lead ECG"),
        ("1.2.840.10008.5.1.4.1.1.9.3.1", "EPS", False, "Waveform"),
        ("1.2.840.10008.5.1.4.1.1.11.1", "PR", False, "Presentation state"),
        ("1.2.840.10008.5.1.4.1.1.88.59", "KO", False, "Key object selection"),
        ("1.2.840.10008.5.1.4.1.1.481.5", "RTPLAN", False, "RT plan"),
        ("1.2.840.10008.5.1.4.1.1.481.2", "RTDOSE", True, "RT dose"),
        ("1.2.840.10008.5.1.4.1.1.481.1", "RTIMAGE", True, ""),
        ("1.2.840.10008.5.1.4.1.1.30", "OT", True, ""),
        ("", "RTPLAN", False, "RT plan"),
        (made.CT, "CT", False, "DICOM object without an image"),
    ],
)
def test_objects_are_named(sop_class, modality, pixels, name):
    assert object_name(made.header(sop_class, modality), has_pixels=pixels) == name


def test_mosaic():
    assert is_mosaic(made.header(ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"]))
    assert not is_mosaic(made.header())
