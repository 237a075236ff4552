"""Results under the images they speak of."""

from dataclasses import replace

import numpy as np
import pytest

from medimg_core.results import GateOutcome, MaskLabel, Segmentation
from pages._ui.findings import Findings
from tests.pages.conftest import SHA, make_case, make_ct, make_explanation, make_prediction, make_series, make_study

KEY = ("1.9.1", "1.3", "")
OTHER = ("1.9.2", "1.3", "")


def segmented(volume, *, slices=None, frame=0, model_id="tiny_masks"):
    """A model's masks: a block of two labels."""
    mask = np.zeros(volume.shape, np.uint8)
    mask[:, 1:4, 2:5] = 1
    mask[:, 4, 2:5] = 2
    return Segmentation(
        model_id=model_id,
        weights_sha256=SHA,
        fingerprint=volume.fingerprint,
        frame=frame,
        slices=slices or (0, volume.shape[0] - 1),
        labels=(MaskLabel(1, "one"), MaskLabel(2, "two")),
        mask=mask,
        raw=mask,
        regions=(),
        volumes_ml={"one": None, "two": None},
        flags=(),
        agreement={"one": 1.0, "two": 1.0},
        threshold=0.5,
        gate=GateOutcome(),
    )


STACK = make_ct(6).volume
FILMS = replace(make_series(3).volume, array=np.zeros((3, 12, 16), np.int16))


@pytest.mark.parametrize(
    ("volume", "kept", "place", "found"),
    [
        (STACK, [(0, 5)], 2, (0, 5)),
        (STACK, [(2, 3)], 2, (2, 3)),
        (STACK, [(2, 3)], 5, (2, 3)),  # a stack is read once, from slice to slice
        (STACK, [(0, 1), (3, 4)], 5, (3, 4)),  # the newest
        (STACK, [(0, 1), (3, 4)], 0, (0, 1)),
        (STACK, [(0, 2), (2, 4)], 0, (2, 4)),  # takes the place of what it shares a slice with
        (STACK, [], 0, None),
        (FILMS, [(0, 0), (2, 2)], 0, (0, 0)),
        (FILMS, [(0, 0), (2, 2)], 1, None),  # another film of the series is no part of this one's result
        (FILMS, [(0, 0), (2, 2)], 2, (2, 2)),
    ],
)
def test_the_masks_of_a_slice(volume, kept, place, found):
    findings = Findings()
    for slices in kept:
        findings = findings.with_segmentation(KEY, segmented(volume, slices=slices))
    made = findings.segmentation((KEY, "tiny_masks", place, 0), volume)
    assert (None if made is None else made.slices) == found


@pytest.mark.parametrize("asked", [(OTHER, "tiny_masks", 1, 0), (KEY, "other_masks", 1, 0), (KEY, "tiny_masks", 1, 1)])
def test_masks_of_another_series_model_or_frame_are_not_these(asked):
    findings = Findings().with_segmentation(KEY, segmented(STACK))
    assert findings.segmentation(asked, STACK) is None


def test_masks_of_other_voxels_are_not_given_out():
    findings = Findings().with_segmentation(KEY, segmented(STACK))
    brighter = replace(STACK, array=STACK.array + np.int16(1))
    assert findings.segmentation((KEY, "tiny_masks", 1, 0), brighter) is None
    assert findings.segmentation((KEY, "tiny_masks", 1, 0), None) is None


def test_results_go_with_their_series():
    findings = Findings()
    for key in (KEY, OTHER):
        findings = findings.with_prediction(key, make_prediction(STACK)).with_explanation(key, make_explanation(STACK))
        findings = findings.with_segmentation(key, segmented(STACK))
    left = findings.without(lambda key: key == KEY)
    kept = (left.predictions, left.explanations, left.segmentations)
    assert [{key[0] for key in each} for each in kept] == [{OTHER}] * 3
    assert len(findings.predictions_of("1.9.1")) == 1
    assert left.predictions_of("1.9.1") == ()


def test_a_case_keeps_the_masks_of_what_is_open():
    case = make_case(make_study(1, make_ct(6)))
    made = segmented(case.volume)
    held = case.with_segmentation(case.series_key, made)
    assert held.segmentation("tiny_masks") is made
    assert held.with_view(slice_index=5).segmentation("tiny_masks") is made
    assert held.with_declared("a word").segmentation("tiny_masks") is None
    closed = held.without_studies({"1.9.1"})
    assert not closed.findings.segmentations
    assert not closed.with_segmentation(case.series_key, made).findings.segmentations  # too late
    stranger = segmented(make_series(5).volume)
    assert not case.with_segmentation(case.series_key, stranger).findings.segmentations


def test_what_a_run_said_of_its_slices_is_kept_with_its_masks():
    case = make_case(make_study(1, make_ct(6)))
    each = tuple(replace(make_prediction(case.volume, score=0.1 * n), slice_index=n) for n in range(6))
    made = replace(segmented(case.volume, model_id="tiny_model"), predictions=each)
    held = case.with_segmentation(case.series_key, made)
    assert [held.with_view(slice_index=n).prediction("tiny_model") for n in (0, 3, 5)] == [each[0], each[3], each[5]]
    assert len(held.results_of(held.study)) == 6
    map_of_third = replace(make_explanation(case.volume), slice_index=3)
    mapped = held.with_explanation(case.series_key, map_of_third).with_view(slice_index=3)
    assert mapped.explanation("tiny_model") is map_of_third
    assert held.findings.segmentations_of("1.9.1") == (made,)
    assert held.findings.segmentations_of("1.9.2") == ()
