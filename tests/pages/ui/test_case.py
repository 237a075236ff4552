"""The case and its arrows."""

from dataclasses import FrozenInstanceError, replace

import pytest

from medimg_core.measuring import measure
from medimg_core.study import Opened, Refused
from pages._ui.state import Case
from pages._ui.view import View, key_of
from tests.pages.conftest import (
    case_with_result,
    make_case,
    make_ct,
    make_explanation,
    make_prediction,
    make_series,
    make_study,
)


def test_a_case_is_frozen():
    with pytest.raises(FrozenInstanceError):
        Case().drop = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        Case().looks.views["a"] = View()  # type: ignore[index]


def test_its_repr_names_no_patient():
    assert "P-000001" not in repr(make_case(make_study(1)))


def test_opening_shows_the_first_study_and_keeps_the_others():
    case = make_case(make_study(1)).with_opened(Opened((make_study(2), make_study(3)), (Refused("f", "why"),)))
    assert [study.uid for study in case.studies] == ["1.9.2", "1.9.3", "1.9.1"]
    assert case.study_uid == "1.9.2"
    assert len(case.refused) == 1


def test_a_study_opened_again_replaces_itself_and_its_results():
    case = case_with_result(make_study(1)).with_opened(Opened((make_study(1),)))
    assert len(case.studies) == 1
    assert case.prediction("tiny_model") is None


def test_another_patient_with_the_same_study_uid_replaces_nobody():
    first, second = make_study(1, patient="P-A"), make_study(1, patient="P-B")
    case = make_case(first).with_opened(Opened((second,)))
    assert [study.patient.pseudonym for study in case.studies] == ["P-B", "P-A"]
    assert case.study is not None
    assert case.study.patient.pseudonym == "P-B"
    assert len(case.with_opened(Opened((second,))).studies) == 2


def test_the_middle_slice_is_shown_first_and_steps_stay_inside():
    case = make_case(make_study(1, make_ct(7)))
    assert case.view.slice_index == 3
    assert case.with_view(slice_index=99).view.slice_index == 6
    assert case.with_view(slice_index=-4).view.slice_index == 0


def test_each_slice_has_its_own_result():
    case = make_case(make_study(1, make_ct(3)))
    at_one = replace(make_prediction(case.volume), slice_index=1)
    case = case.with_prediction(case.series_key, at_one)
    assert case.prediction("tiny_model") is at_one
    assert case.with_view(slice_index=2).prediction("tiny_model") is None


def test_a_late_result_of_a_closed_study_is_dropped():
    case = make_case(make_study(1))
    key, late = case.series_key, make_prediction(case.volume)
    closed = case.without_studies({"1.9.1"})
    assert not closed.with_prediction(key, late).findings.predictions
    assert not closed.with_explanation(key, make_explanation(case.volume)).findings.explanations


def test_a_result_of_other_voxels_is_refused():
    case = make_case(make_study(1))
    other = make_prediction(make_series(5).volume)
    assert not case.with_prediction(case.series_key, other).findings.predictions


def test_the_same_voxels_in_two_studies_do_not_share_results():
    twin = replace(make_study(2), series=make_study(1).series)
    case = make_case(make_study(1), twin)
    case = case.with_prediction(case.series_key, make_prediction(case.volume))
    assert case.with_study("1.9.2").prediction("tiny_model") is None


def test_a_map_needs_the_prediction_it_explains():
    case = case_with_result(make_study(1), mapped=True)
    assert case.explanation("tiny_model") is not None
    other = replace(case.explanation("tiny_model"), weights_sha256="cd" * 32)
    assert case.with_explanation(case.series_key, other).explanation("tiny_model") is None
    gone = replace(case, findings=replace(case.findings, predictions={}))
    assert gone.explanation("tiny_model") is None


def test_what_the_reader_says_takes_back_results_made_without_it():
    case = case_with_result(make_study(1), mapped=True).with_declared("a word")
    assert case.prediction("tiny_model") is None
    assert not case.findings.explanations
    assert case.declared[case.series_key] == "a word"


def test_another_study_shows_neither_name_nor_map():
    case = make_case(make_study(1), make_study(2)).with_name(shown=True).with_overlay(shown=True)
    other = case.with_study("1.9.2")
    assert other.named is None
    assert not other.overlay.shown


def test_closing_the_current_study_moves_to_another():
    case = make_case(make_study(1), make_study(2)).without_studies({"1.9.1"})
    assert case.study_uid == "1.9.2"
    assert case.without_studies({"1.9.2"}).study is None


def test_one_patient_is_kept_of_a_mixed_drop_and_earlier_studies_stay():
    mixed = Opened((make_study(2), make_study(3)), warnings=("two patients",), mixed_patients=True)
    case = make_case(make_study(1)).with_opened(mixed)
    kept = case.with_patient(frozenset({"1.9.3"}))
    assert {study.uid for study in kept.studies} == {"1.9.1", "1.9.3"}
    assert not kept.mixed
    assert not kept.warnings


def test_closing_one_of_two_mixed_patients_settles_the_choice():
    case = make_case().with_opened(Opened((make_study(2), make_study(3)), mixed_patients=True))
    assert not case.without_studies({"1.9.2"}).mixed


def mixed_drop(*numbers):
    return Opened(tuple(make_study(number) for number in numbers), warnings=("patients",), mixed_patients=True)


def test_a_second_mixed_drop_leaves_the_first_guarded_until_one_of_it_is_picked():
    case = make_case().with_opened(mixed_drop(1, 2)).with_opened(mixed_drop(3, 4))
    assert [set().union(*drop) for drop in case.mixed] == [{"1.9.1", "1.9.2"}, {"1.9.3", "1.9.4"}]
    first = case.with_patient(frozenset({"1.9.3"}))
    assert {study.uid for study in first.studies} == {"1.9.1", "1.9.2", "1.9.3"}
    assert [set().union(*drop) for drop in first.mixed] == [{"1.9.1", "1.9.2"}]
    assert first.warnings
    both = first.with_patient(frozenset({"1.9.2"}))
    assert {study.uid for study in both.studies} == {"1.9.2", "1.9.3"}
    assert not both.mixed
    assert not both.warnings


@pytest.mark.parametrize("again", [Opened((make_study(1),)), mixed_drop(2, 1), Opened((make_study(5),))])
def test_no_later_drop_settles_a_choice_that_nobody_made(again):
    case = make_case().with_opened(mixed_drop(1, 2)).with_opened(again)
    assert [set(drop) for drop in case.mixed] == [{frozenset({"1.9.1"}), frozenset({"1.9.2"})}]


def test_a_patient_keeps_all_studies_of_the_drop():
    drop = (make_study(1, patient="P-A"), make_study(2, patient="P-B"), make_study(3, patient="P-A"))
    case = make_case().with_opened(Opened(drop, mixed_patients=True))
    kept = case.with_patient(frozenset({"1.9.1", "1.9.3"}))
    assert {study.uid for study in kept.studies} == {"1.9.1", "1.9.3"}
    assert not kept.mixed


@pytest.mark.parametrize(("percent", "share"), [(20.0, 0.2), (None, None)])
def test_prevalence(percent, share):
    stated = Case().with_prevalence("pneumonia", 5.0).with_prevalence("tumour", 7.0)
    assert stated.with_prevalence("pneumonia", percent).prevalence.get("pneumonia") == share
    assert stated.with_prevalence("pneumonia", percent).prevalence["tumour"] == pytest.approx(0.07)


def test_unknown_studies_and_series_change_nothing():
    case = make_case(make_study(1))
    assert case.with_study("nowhere") is case
    assert case.with_series(9) is case


def test_a_study_that_arrives_does_not_take_the_place_of_the_one_being_read():
    before = case_with_result(make_study(1), mapped=True).with_name(shown=True)
    after = before.with_opened(Opened((make_study(2),)))
    assert after.study_uid == "1.9.2"
    stayed = after.reading_on(before)
    assert (stayed.study_uid, stayed.named, stayed.overlay.shown) == ("1.9.1", "1.9.1", True)
    assert len(stayed.studies) == 2
    assert after.without_studies({"1.9.1"}).reading_on(before).study_uid == "1.9.2"
    assert make_case(make_study(1)).reading_on(make_case()).study_uid == "1.9.1"


def test_what_was_measured_belongs_to_its_series_as_read_or_straightened():
    case = make_case(make_study(1, make_ct(), make_series(2)))
    made = measure(case.volume, id="a", kind="probe", points=[(0, 0, 0)], axis=0)
    case = case.with_measurements(case.series_key, (made,), straight=False)
    assert case.measurements_of() == (made,)
    assert case.measurements_of(straight=True) == ()
    assert case.with_series(1).measurements_of() == ()
    assert case.without_studies({case.study_uid}).looks.measurements == {}


def test_a_series_beside_and_a_straightened_view_go_with_their_study():
    case = make_case(make_study(1, make_ct(), make_series(2)), make_study(2))
    other = key_of(case.studies[1].uid, case.studies[1].series[0])
    case = case.with_beside(other).with_straightened(on=True)
    assert (case.beside_key, case.straightened) == (other, True)
    assert (case.with_series(1).beside_key, case.with_series(1).straightened) == (None, False)
    assert not case.with_straightened(on=False).straightened
    closed = case.without_studies({case.study_uid})
    assert (closed.looks.beside, closed.looks.straight) == ({}, frozenset())
