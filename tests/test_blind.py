"""Readings made before the model was revealed."""

import csv
import io

import pytest

from medimg_core.blind import COLUMNS, Answer, BlindReading, Said, summary, to_csv
from medimg_core.errors import IncompatibleInputError


def reading(before="present", score=0.9, after=None, truth=None, **changes) -> BlindReading:
    """One question; the model's threshold is 0.5."""
    facts = {
        "before": Answer(before, 70, changes.pop("seconds", 10.0)),
        "model": "m",
        "said": Said(score, 0.5) if score != "unasked" else None,
        "after": None if after is None else Answer(after, 90, 4.0),
        "truth": truth,
    }
    return BlindReading("P-00A1", "5f", "pneumonia", **{**facts, **changes})


@pytest.mark.parametrize(
    ("score", "finding"), [(0.5, "present"), (0.499, "absent"), (0.0, "absent"), (1.0, "present"), (None, None)]
)
def test_a_model_finds_what_reaches_its_threshold(score, finding):
    assert Said(score, 0.5).finding == finding


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [("present", None, None), ("present", "present", False), ("present", "unsure", True), ("absent", "present", True)],
)
def test_a_change_is_of_the_finding(before, after, changed):
    assert reading(before, after=after).changed is changed


def test_counts():
    found = summary(
        [
            reading("present", 0.9, "present", "present"),  # agreed and right all along
            reading("absent", 0.9, "present", "present", seconds=20.0),  # followed the model to the truth
            reading("absent", 0.9, "present", "absent"),  # followed the model away from it
            reading("present", 0.9, "absent", "present", seconds=30.0),  # left the model and the truth
            reading("unsure", 0.1, "absent", "absent"),  # had no opinion, then the model's
            reading("absent", None, "absent"),  # the gate refused
            reading("present", "unasked"),  # no model has spoken
            reading("present", 0.9, "absent", "present", seen_before=True),  # was not blind
        ]
    )
    assert (found.read, found.seen_before) == (7, 1)
    assert str(found.agreed_before) == "2 of 4"  # of five that the model decided, one reader was unsure
    assert str(found.agreed_after) == "4 of 5"
    assert str(found.changed) == "4 of 6"
    assert (found.towards, found.away) == (3, 1)
    assert str(found.right_before) == "3 of 4"
    assert str(found.right_after) == "3 of 5"
    assert str(found.model_right) == "4 of 5"
    assert (found.seconds_before, found.seconds_after) == (10.0, 4.0)


def test_nothing_read_is_nothing_counted():
    found = summary([])
    assert (found.read, str(found.agreed_before), found.seconds_before, found.seconds_after) == (
        0,
        "0 of 0",
        None,
        None,
    )


def test_accuracy_only_where_the_truth_is_stated():
    found = summary([reading(after="present"), reading(after="absent", truth="present")])
    assert [str(each) for each in (found.right_before, found.right_after, found.model_right)] == [
        "1 of 1",
        "0 of 1",
        "1 of 1",
    ]


def test_every_column_of_the_table():
    text = to_csv([reading("absent", 0.75, "present", "present", seen_before=True), reading("unsure", None), reading()])
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == COLUMNS
    assert rows[0] == {
        "case": "P-00A1",
        "series": "5f",
        "model": "m",
        "question": "pneumonia",
        "finding_before": "absent",
        "confidence_before": "70",
        "seconds_to_finding": "10.0",
        "seen_before": "yes",
        "score": "0.7500",
        "threshold": "0.5000",
        "images": "1",
        "model_finding": "present",
        "finding_after": "present",
        "confidence_after": "90",
        "changed": "yes",
        "seconds_after_reveal": "4.0",
        "truth": "present",
    }
    assert (rows[1]["score"], rows[1]["model_finding"], rows[1]["changed"]) == ("", "refused", "")
    assert to_csv([]).strip() == ",".join(COLUMNS)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (("maybe", 50, 1.0), "finding must be one of present, absent, unsure, got 'maybe'"),
        (("present", 101, 1.0), r"confidence must lie in \[0, 100\] %, got 101"),
        (("present", -1, 1.0), r"confidence must lie in \[0, 100\] %, got -1"),
        (("present", 50, -1.0), "seconds must not be below zero"),
        (("present", 50, float("nan")), "seconds must not be below zero"),
    ],
)
def test_an_answer_has_a_finding_a_confidence_and_a_time(facts, message):
    with pytest.raises(IncompatibleInputError, match=message):
        Answer(*facts)


def test_truth_is_one_of_two():
    with pytest.raises(IncompatibleInputError, match="truth must be present, absent or unknown"):
        reading(truth="unsure")
