"""Typed access to tags: broken values give None, never an exception."""

from dataclasses import replace

import pytest

from medimg_core.io import (
    GateTags,
    frame_of_reference,
    gate_tags,
    interval_days,
    open_study,
    patient_name,
    same_patient,
    slice_thickness,
    study_date,
)
from tests.io import made
from tests.io.test_opening import only, png


def opened(**tags):
    return only(open_study(made.named(made.ct_slice(**tags))))


def raw(tag: int, vr: str, value: bytes):
    """A series whose header holds these bytes, whatever the value representation asks for."""
    data = made.packed(made.ct_slice())
    element = tag.to_bytes(4, "big")[1::-1] + tag.to_bytes(4, "big")[:1:-1]
    entry = element + vr.encode() + len(value).to_bytes(2, "little") + value
    place = data.index(b"\x20\x00\x0d\x00UI")  # before StudyInstanceUID: group 0010 and 0018 go here
    return only(open_study([("x", data[:place] + entry + data[place:])]))


def test_gate_tags():
    series = opened(
        BodyPartExamined="chest",
        ViewPosition="AP",
        PatientAge="004Y",
        ImageLaterality="L",
        BurnedInAnnotation="YES",
        SyntheticData="YES",
    )
    assert gate_tags(series) == GateTags(
        modality="CT",
        body_part="CHEST",
        view_position="AP",
        image_type=("ORIGINAL", "PRIMARY", "AXIAL"),
        age_years=4.0,
        photometric="MONOCHROME2",
        laterality="L",
        burned_in_annotation=True,
        synthetic=True,
    )
    assert series.synthetic
    assert series.body_part == "CHEST"


def test_gate_tags_of_a_picture_are_empty():
    import numpy as np

    series = only(open_study([("a.png", png(np.zeros((3, 3), np.uint8)))]))
    assert gate_tags(series) == GateTags()
    assert (patient_name(series), study_date(series), slice_thickness(series)) == (None, None, None)


@pytest.mark.parametrize(
    ("tags", "age"),
    [
        ({"PatientAge": "034Y"}, 34),
        ({"PatientAge": "018M"}, 1.5),
        ({"PatientAge": "010W"}, 70 / 365.25),
        ({"PatientAge": "005D"}, 5 / 365.25),
        ({"PatientAge": "34"}, 1369 / 365.25),  # a number without unit may be months: the birth date is asked
        ({"PatientAge": ""}, 1369 / 365.25),  # from 2020-01-01 to 2023-10-01
        ({"PatientAge": "", "PatientBirthDate": "19", "StudyDate": "20231001"}, None),
        ({"PatientAge": "", "PatientBirthDate": "20240101"}, None),
        ({"PatientAge": "", "PatientBirthDate": "17000101"}, None),
    ],
)
def test_age(tags, age):
    found = gate_tags(opened(**tags)).age_years
    assert found == (None if age is None else pytest.approx(age))


@pytest.mark.parametrize(
    ("tag", "vr", "value"),
    [
        (0x00101010, "AS", b"\xff\xfe\xfd!"),
        (0x00101010, "DS", b"12\\abc"),
        (0x00101010, "OB", b"\x00\x01\x02\x03"),
        (0x00180050, "DS", b"thick "),
        (0x00180050, "DS", b"nan "),
        (0x00185101, "CS", b"\x01\x02"),
        (0x00180015, "CS", b"free text of a person"),
    ],
)
def test_broken_values_are_none(tag, vr, value):
    series = raw(tag, vr, value + b" " * (len(value) % 2))
    found = gate_tags(series)
    assert found.age_years == pytest.approx(1369 / 365.25)  # from the birth date
    assert slice_thickness(series) in (None, 2.0)
    assert slice_thickness(series) is None or tag != 0x00180050
    assert series.body_part == ""


def test_name_date_and_thickness():
    series = opened(PatientName="PHANTOM^ADA^^DR", StudyDate="20231001", SliceThickness=2.5)
    assert (patient_name(series), study_date(series), slice_thickness(series)) == ("PHANTOM ADA DR", "2023-10-01", 2.5)
    assert patient_name(opened(PatientName="")) is None
    mixed = only(open_study(made.named(made.ct_slice(0), made.ct_slice(1, SliceThickness=3))))
    assert slice_thickness(mixed) is None


def test_names_of_other_scripts():
    series = opened(SpecificCharacterSet="ISO_IR 192", PatientName="Ωmega^Ιώ")
    assert patient_name(series) == "Ωmega Ιώ"


def test_headers_keep_no_pixels_and_no_bulk():
    data = made.ct_slice()
    data.add_new(0x00091001, "OB", bytes(100_000))
    data.add_new(0x00091002, "OB", bytes(1000))
    (header,) = only(open_study(made.named(data))).source
    assert 0x7FE00010 not in header
    assert 0x00091001 not in header
    assert 0x00091002 in header


def picture():
    import numpy as np

    return only(open_study([("a.png", png(np.zeros((3, 3), np.uint8)))]))


@pytest.mark.parametrize(
    ("uids", "found"),
    [(("1.2.3", "1.2.3"), "1.2.3"), (("1.2.3", "1.2.4"), None), (("1.2.3", ""), None), (("", ""), None)],
)
def test_frame_of_reference(uids, found):
    one, other = (opened(FrameOfReferenceUID=uid) for uid in uids)
    assert frame_of_reference(replace(one, source=one.source + other.source)) == found
    assert frame_of_reference(picture()) is None


ADA = {"PatientID": "A1", "PatientName": "PHANTOM^ADA", "PatientBirthDate": "19600101"}


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"PatientID": " a1 "}, True),
        ({"PatientID": "A2"}, False),
        ({"PatientID": ""}, False),
        ({"PatientBirthDate": "19600102"}, False),
        ({"PatientBirthDate": "1960.01.01"}, True),
        ({"PatientBirthDate": ""}, True),
        ({"PatientName": "PHANTOM^EVE"}, True),  # a name may change, the birth date says that it is she
        ({"PatientName": "PHANTOM^EVE", "PatientBirthDate": ""}, False),
        ({"PatientName": "", "PatientBirthDate": ""}, True),
        ({"IssuerOfPatientID": "OTHER"}, True),
    ],
)
def test_same_patient(change, same):
    one, other = opened(**ADA), opened(**(ADA | change))
    assert same_patient(one, other) is same
    assert same_patient(other, one) is same


def test_two_issuers_are_two_patients():
    one, other = (opened(**ADA, IssuerOfPatientID=name) for name in ("HERE", "THERE"))
    assert not same_patient(one, other)


def test_files_without_an_identifier_are_of_nobody():
    nameless = opened(PatientID="", PatientName="PHANTOM^ADA", PatientBirthDate="19600101")
    assert not same_patient(nameless, nameless)
    assert not same_patient(picture(), picture())


@pytest.mark.parametrize(
    ("current", "prior", "days"),
    [
        ("20240301", "20240228", 2),  # a leap year
        ("20240228", "20240301", -2),
        ("20240228", "20240228", 0),
        ("20240228", "", None),
        ("20241399", "20240228", None),
    ],
)
def test_interval(current, prior, days):
    assert interval_days(opened(StudyDate=current), opened(StudyDate=prior)) == days


def test_interval_of_a_picture():
    assert interval_days(picture(), opened()) is None
