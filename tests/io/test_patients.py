import re

import pytest

from medimg_core.io import open_study
from medimg_core.io.patients import Register, iso_date, patient_of
from tests.io import made


def people(*tags: dict[str, str]) -> list[int]:
    register = Register()
    return [register.person_of(made.header(**chosen)).number for chosen in tags]


ADA = {"PatientID": "1", "PatientName": "A^B", "PatientBirthDate": "20200101"}


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (ADA, True),
        (ADA | {"PatientName": "a b"}, True),
        (ADA | {"PatientID": " 1 "}, True),
        (ADA | {"PatientName": ""}, True),
        (ADA | {"PatientName": "C^D"}, True),
        (ADA | {"PatientName": "C^D", "PatientBirthDate": "19900101"}, False),
        (ADA | {"PatientName": "C^D", "PatientBirthDate": ""}, False),
        (ADA | {"PatientBirthDate": ""}, True),
        (ADA | {"PatientBirthDate": "19900101"}, True),
        (ADA | {"PatientID": "2"}, False),
        (ADA | {"PatientID": ""}, False),
    ],
)
def test_same_person(other, same):
    assert people(ADA, other) == people(other, ADA) == ([0, 0] if same else [0, 1])


def test_without_identity_every_study_is_a_person():
    nobody = {"PatientID": "", "PatientName": "", "PatientBirthDate": ""}
    assert people(nobody, nobody | {"StudyInstanceUID": "1.2"}, nobody) == [0, 1, 0]


def test_pseudonym_is_stable_and_tells_nothing():
    first, again, other = (Register().person_of(made.header(**ADA, PatientSex=sex)) for sex in "FFM")
    tag = patient_of(first, made.header(**ADA, PatientAge="003Y"), "1.2")
    assert re.fullmatch(r"P-[0-9A-F]{6}", tag.pseudonym)
    assert tag.pseudonym == again.pseudonym("1.3") == other.pseudonym("1.4")
    assert (tag.age, tag.sex) == (3.0, "F")
    assert "2020" not in repr(first) + repr(tag)


NOBODY = {"PatientID": "", "PatientName": "", "PatientBirthDate": ""}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ADA, ADA | {"PatientName": "C^D", "PatientBirthDate": "19900101"}),
        (ADA | {"PatientBirthDate": ""}, ADA | {"PatientName": "C^D", "PatientBirthDate": ""}),
        (NOBODY, NOBODY | {"StudyInstanceUID": "1.2"}),
        (NOBODY | {"StudyInstanceUID": ""}, NOBODY | {"StudyInstanceUID": "", "ImageComments": "another"}),
        (NOBODY, ADA),
    ],
)
def test_two_persons_have_two_pseudonyms_dropped_together_or_not(one, other):
    files = [made.ct_slice(**tags) for tags in (one, other)]
    apart = [open_study(made.named(data)).studies[0].patient.pseudonym for data in files]
    assert len(set(apart)) == 2
    assert all(re.fullmatch(r"P-[0-9A-F]{6}", pseudonym) for pseudonym in apart)
    if one.get("StudyInstanceUID") != "":  # without any identifier nothing tells the files of one drop apart
        opened = open_study(made.named(*files))
        assert {study.patient.pseudonym for study in opened} == set(apart)
        assert opened.mixed_patients


@pytest.mark.parametrize(("sex", "shown"), [("F", "F"), ("male", "M"), ("O", "O"), ("", None), ("?", None)])
def test_sex(sex, shown):
    register = Register()
    header = made.header(PatientSex=sex)
    assert patient_of(register.person_of(header), header, "1.2").sex == shown


@pytest.mark.parametrize(
    ("value", "date"),
    [("20261123", "2026-11-23"), ("2026.11.23", "2026-11-23"), ("20260230", None), ("", None), ("today", None)],
)
def test_dates(value, date):
    assert iso_date(value) == date
