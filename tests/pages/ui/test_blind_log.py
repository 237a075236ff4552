"""What may be shown while a reader reads blind, and what is recorded."""

import pytest

from medimg_core.blind import Answer, BlindReading, Said
from pages._ui.blind_log import BlindLog
from tests.pages.conftest import case_with_result, make_case, make_masks, make_series, make_study

FIRST, SECOND = ("1.9.1", "1.2.1", ""), ("1.9.2", "1.2.2", "")


def reading(model="tiny_model", finding="absent") -> BlindReading:
    return BlindReading("P-000001", "tag", "pneumonia", Answer(finding, 60, 3.0), model)


def two_cases():
    """Two studies; a model has spoken of both."""
    case = make_case(make_study(1), make_study(2))
    for number in (1, 2):
        one = case_with_result(make_study(number))
        key = one.series_key
        case = case.with_prediction(key, one.prediction("tiny_model"))
        case = case.with_segmentation(key, make_masks(make_series(number).volume, (1, (0, 0), (2, 5), (3, 8))))
    return case


def test_off_nothing_is_hidden():
    case = two_cases()
    assert BlindLog().veiled(case) is case
    assert not BlindLog().hides(FIRST)


def test_on_everything_is_hidden_until_it_was_read():
    case, log = two_cases(), BlindLog(on=True)
    veiled = log.veiled(case)
    assert not veiled.findings.predictions
    assert not veiled.findings.segmentations
    assert case.findings.predictions
    assert case.findings.segmentations  # they are only not given out
    read = log.with_reading(FIRST, reading(), 5.0)
    assert {key[0] for key in read.veiled(case).findings.predictions} == {FIRST}
    assert {key[0] for key in read.veiled(case).findings.segmentations} == {FIRST}
    assert (read.hides(FIRST), read.hides(SECOND)) == (False, True)


def test_what_had_been_on_show_is_no_blind_reading():
    case = make_case(make_study(1), make_study(2))
    one = case_with_result(make_study(1))
    case = case.with_prediction(one.series_key, one.prediction("tiny_model"))
    log = BlindLog().turned(case, on=True)
    assert log.hides(FIRST)
    made = log.with_reading(FIRST, reading(), 5.0).with_reading(SECOND, reading(), 6.0)
    assert [each.seen_before for each in (*made.readings_of(FIRST), *made.readings_of(SECOND))] == [True, False]


def test_clearing_the_record_hides_again_and_remembers_what_was_seen():
    log = BlindLog(on=True).with_reading(FIRST, reading(), 5.0).emptied()
    assert log.hides(FIRST)
    assert not log.readings
    assert log.with_reading(FIRST, reading(), 9.0).readings_of(FIRST)[0].seen_before


def test_only_the_first_sight_starts_the_clock():
    log = BlindLog(on=True).with_sight(FIRST, 5.0).with_sight(FIRST, 9.0)
    assert dict(log.begun) == {FIRST: 5.0}
    assert not BlindLog().with_sight(FIRST, 5.0).begun
    read = BlindLog(on=True).with_reading(FIRST, reading(), 1.0)
    assert not read.with_sight(FIRST, 5.0).begun


def test_time_after_the_reveal_runs_from_when_the_model_was_on_show():
    log = BlindLog(on=True).with_reading(FIRST, reading(), 10.0)
    assert log.with_answer(FIRST, "tiny_model", "present", 80, 30.0) is log  # the model has not spoken
    log = log.with_said(FIRST, Said(0.9, 0.5), "tiny_model", 40.0)
    log = log.with_said(FIRST, Said(0.95, 0.5, 2), "tiny_model", 44.0)  # another image was read
    (found,) = log.with_answer(FIRST, "tiny_model", "present", 80, 52.0).readings_of(FIRST)
    assert found.after == Answer("present", 80, 12.0)
    assert found.said == Said(0.95, 0.5, 2)
    assert found.changed


def test_an_answer_stands_to_what_it_was_given_to():
    log = BlindLog(on=True).with_reading(FIRST, reading(), 10.0)
    log = log.with_said(FIRST, Said(0.9, 0.5), "tiny_model", 40.0).with_answer(FIRST, "tiny_model", "present", 80, 52.0)
    assert log.with_said(FIRST, Said(0.1, 0.5), "tiny_model", 60.0).readings_of(FIRST)[0].said == Said(0.9, 0.5)


def test_where_no_model_asks_the_reveal_is_the_record():
    log = BlindLog(on=True).with_reading(FIRST, reading(""), 10.0)
    (found,) = log.with_answer(FIRST, "", "present", 80, 15.0).readings_of(FIRST)
    assert found.after.seconds == 5.0


@pytest.mark.parametrize("model", ["tiny_model", "another"])
def test_what_nobody_recorded_is_not_changed(model):
    log = BlindLog(on=True)
    assert log.with_said(FIRST, Said(0.9, 0.5), model, 1.0) is log
    assert log.with_truth(FIRST, model, "present") is log
    known = log.with_reading(FIRST, reading(), 1.0).with_truth(FIRST, "tiny_model", "present")
    assert known.readings_of(FIRST)[0].truth == "present"
    assert known.with_truth(FIRST, "tiny_model", None).readings_of(FIRST)[0].truth is None


def test_turned_off_and_on_again_times_begin_anew():
    case = make_case(make_study(1))
    log = BlindLog(on=True).with_sight(FIRST, 5.0).turned(case, on=False)
    assert not log.begun
    assert not log.hides(FIRST)
    assert not log.turned(case, on=True).begun


def test_its_repr_says_nothing_of_a_patient():
    log = BlindLog(on=True, seen=frozenset({FIRST})).with_sight(FIRST, 1.0).with_reading(FIRST, reading(), 2.0)
    assert "1.9.1" not in repr(log)
    assert "P-000001" not in repr(log)
