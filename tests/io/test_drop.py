"""Studies of a drop: no study may come under a UID that somebody else's study has."""

import pytest
from pydicom.dataset import Dataset

from medimg_core.io import open_study
from medimg_core.study import Study
from tests.io import made

CLAIMED = "files of several patients have this study's StudyInstanceUID: each patient's are kept apart"


def unnamed(patient: str = "TEST-1", index: int = 0, **tags: str) -> Dataset:
    return made.ct_slice(index, StudyInstanceUID="", SeriesInstanceUID="", PatientID=patient, **tags)


def opened(*files: Dataset) -> tuple[Study, ...]:
    return open_study(made.named(*files)).studies


@pytest.mark.parametrize(
    "other", [{"PatientID": "TEST-2"}, {"PatientID": "", "PatientName": "", "PatientBirthDate": ""}]
)
def test_two_patients_under_one_study_uid_get_two_uids_and_a_warning(other):
    files = made.ct_slice(0), made.ct_slice(1, **other)
    studies = opened(*files)
    uids = {study.uid for study in studies}
    assert len(uids) == 2
    assert all(uid.startswith(f"{made.STUDY}.") and uid.replace(".", "").isdecimal() for uid in uids)
    assert [study.warnings for study in studies] == [(CLAIMED,), (CLAIMED,)]
    assert {study.uid for study in opened(*reversed(files))} == uids


def test_one_patient_keeps_the_uid_of_the_study():
    (study,) = opened(made.ct_slice(0), made.ct_slice(1), made.header(made.SR, "SR"))
    assert (study.uid, study.warnings) == (made.STUDY, ())


def test_without_a_uid_a_later_drop_takes_nobodys_place():
    first, second = unnamed(), unnamed("TEST-2")
    (mine,), (other,), (again,) = opened(first), opened(second), opened(first)
    assert mine.uid == again.uid != other.uid
    assert mine.uid.startswith("2.25.")


def test_without_a_uid_files_of_one_patient_are_one_study_in_any_order():
    files = unnamed(), unnamed(index=1), unnamed(PatientName=""), made.header(made.SR, "SR", StudyInstanceUID="")
    studies = opened(*files)
    assert len(studies) == 1
    assert [study.uid for study in opened(*reversed(files))] == [studies[0].uid]
