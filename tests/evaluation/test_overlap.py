"""Masks whose agreement is known: squares shifted by so many pixels."""

import math

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - its own short name
from scipy.ndimage import gaussian_filter

from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.evaluation.bootstrap import group_weights
from medimg_core.evaluation.overlap import Overlap, hd95, overlap, summarise, weighted_mean

GRID = (24, 40)


def square(top=6, left=10, rows=8, columns=12, grid=GRID):
    mask = np.zeros(grid, bool)
    mask[top : top + rows, left : left + columns] = True
    return mask


def of(predicted, true, spacing=None):
    return overlap(predicted[None], true[None], spacing)


@pytest.mark.parametrize(
    ("predicted", "dice", "iou", "distance", "bias"),
    [
        (square(), 1.0, 1.0, 0.0, 0.0),
        (square(left=13), 2 * 72 / 192, 72 / 120, 3.0, 0.0),  # three columns to the right
        (square(top=8), 2 * 72 / 192, 72 / 120, 2.0, 0.0),
        (square(top=4, left=8, rows=12, columns=16), 2 * 96 / 288, 0.5, 2 * math.sqrt(2), 1.0),  # corners count
        (square(rows=4), 2 * 48 / 144, 0.5, 4.0, -0.5),
        (square(top=0, left=30, rows=2, columns=2), 0.0, 0.0, None, 4 / 96 - 1),
    ],
)
def test_squares(predicted, dice, iou, distance, bias):
    found = of(predicted, square())
    assert found.dice == pytest.approx(dice)
    assert found.iou == pytest.approx(iou)
    assert found.volume_bias == pytest.approx(bias)
    assert found.volume_error == pytest.approx(abs(bias))
    assert found.unit == "px"
    if distance is not None:
        assert found.hd95 == pytest.approx(distance, abs=0.3)


def test_the_percentile_leaves_most_of_an_outlier_out():
    """One voxel apart from a square of 3 x 3, whose middle is no border: nine distances, eight of them 0."""
    true = square(9, 9, 3, 3)
    true[1, 1] = True
    predicted = square(9, 9, 3, 3)
    assert hd95(predicted, true) == pytest.approx(0.6 * math.hypot(8, 8))
    assert hd95(true, predicted) == pytest.approx(0.6 * math.hypot(8, 8))


@pytest.mark.parametrize(
    ("spacing", "distance", "unit"),
    [
        (None, 3.0, "px"),
        ((None, 2.0, 0.5), 1.5, "mm"),  # a planar image: nothing between slices
        ((9.0, 2.0, 0.5), 1.5, "mm"),
    ],
)
def test_spacing_counts_along_its_axis(spacing, distance, unit):
    found = of(square(left=13), square(), spacing)
    assert (found.hd95, found.unit) == (pytest.approx(distance), unit)


def test_volumes():
    true = np.zeros((10, 12, 14), bool)
    true[2:6, 3:9, 4:10] = True
    moved = np.roll(true, 2, axis=0)
    assert overlap(moved, true, (3.0, 1.0, 1.0)).hd95 == pytest.approx(6.0)
    assert overlap(moved, true, (None, 1.0, 1.0)).unit == "px"
    assert overlap(moved, true).hd95 == pytest.approx(2.0)
    assert overlap(moved, true).dice == pytest.approx(0.5)


def blobs(seed, shape):
    """A smooth random shape that stays off the edge of the image."""
    field = gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 2.0)
    mask = np.zeros(shape, bool)
    inner = tuple(slice(2, -2) for _ in shape)
    mask[inner] = field[inner] > 0.04
    return mask


def of_simpleitk(predicted, true, spacing):
    images = [sitk.GetImageFromArray(mask.astype(np.uint8)) for mask in (predicted, true)]
    for image in images:
        image.SetSpacing(spacing[::-1])  # columns first
    borders = [sitk.LabelContour(image) for image in images]
    maps = [sitk.SignedMaurerDistanceMap(b, squaredDistance=False, useImageSpacing=True) for b in borders]
    values = [np.abs(sitk.GetArrayFromImage(m)) for m in maps]
    where = [sitk.GetArrayFromImage(b) > 0 for b in borders]
    return max(np.percentile(values[1][where[0]], 95), np.percentile(values[0][where[1]], 95))


@pytest.mark.parametrize(("shape", "spacing"), [((40, 52), (2.0, 0.7)), ((14, 30, 26), (3.0, 1.0, 0.5))])
def test_distances_equal_those_of_simpleitk(shape, spacing):
    predicted, true = blobs(1, shape), blobs(2, shape)
    assert hd95(predicted, true, spacing) == pytest.approx(of_simpleitk(predicted, true, spacing), rel=1e-4)


@pytest.mark.parametrize(
    ("predicted", "true", "dice", "distance"),
    [
        (np.zeros(GRID, bool), square(), 0.0, math.hypot(24 * 2, 40 * 0.5)),  # the image's diagonal
        (square(), np.zeros(GRID, bool), None, None),
        (np.zeros(GRID, bool), np.zeros(GRID, bool), None, None),
    ],
)
def test_empty_masks(predicted, true, dice, distance):
    found = of(predicted, true, (None, 2.0, 0.5))
    for value, expected in ((found.dice, dice), (found.iou, dice), (found.hd95, distance)):
        assert math.isnan(value) if expected is None else value == pytest.approx(expected)


def test_the_diagonal_is_that_of_the_brats_challenge():
    true = np.zeros((155, 240, 240), bool)
    true[3, 4, 5] = True
    assert overlap(np.zeros_like(true), true, (1.0, 1.0, 1.0)).hd95 == pytest.approx(373.13, abs=0.01)


@pytest.mark.parametrize(
    ("predicted", "true", "spacing"),
    [
        (square(), square()[:-1], None),
        (square().astype(np.uint8), square(), None),
        (square(), square(), (1.0,)),
        (square(), square(), (1.0, 0.0)),
    ],
)
def test_what_is_refused(predicted, true, spacing):
    with pytest.raises(IncompatibleInputError, match=r"masks must be|spacing must give"):
        hd95(predicted, true, spacing)


def rows():
    """Two patients of two images, one of one; the last image has no drawn mask."""
    return [
        Overlap(50, 100, 100, 4.0, "px"),  # Dice 0.5
        Overlap(0, 0, 0, math.nan, "px"),  # empty, nothing found
        Overlap(0, 30, 0, math.nan, "px"),  # empty, found
        Overlap(80, 80, 80, 0.0, "px"),  # Dice 1
        Overlap(0, 0, 10, 60.0, "px"),  # missed
        None,
    ]


GROUPS = ["a", "a", "b", "b", "c", "c"]


def test_means_over_the_rows_that_have_a_target():
    answer = summarise({"lesion": rows()}, GROUPS, patients=True)
    table = answer["targets"]["lesion"]
    assert (table["n"], table["empty_n"], table["missed_n"], table["hd95_unit"]) == (5, 2, 1, "px")
    assert table["dice"] == pytest.approx((0.5 + 1 + 0) / 3)
    assert table["iou"] == pytest.approx((50 / 150 + 1 + 0) / 3)
    assert table["hd95"] == pytest.approx(64 / 3)
    assert table["volume_error"] == pytest.approx(1 / 3)
    assert table["volume_bias"] == pytest.approx(-1 / 3)
    assert table["false_positive"] == pytest.approx(0.5)
    # Pooled: a 100 of 200 voxels, b 160 of 190, c 0 of 10.
    assert table["dice_by_patient"] == pytest.approx((0.5 + 160 / 190 + 0) / 3)
    assert {key: value for key, value in answer.items() if key != "targets"} == {
        key: value for key, value in table.items() if key != "n"
    }
    for name in ("dice", "iou", "hd95", "false_positive", "dice_by_patient"):
        low, high = answer[f"{name}_ci"]
        assert low <= answer[name] <= high


def test_means_over_targets():
    half = [Overlap(1, 2, 2, 1.0, "px")] * 4
    whole = [Overlap(2, 2, 2, 0.0, "px"), Overlap(0, 0, 0, math.nan, "px"), None, None]
    answer = summarise({"one": half, "two": whole, "three": [None] * 4}, list("abcd"))
    assert answer["dice"] == pytest.approx(0.75)
    assert answer["hd95"] == pytest.approx(0.5)
    assert answer["empty_n"] == 0.5
    assert answer["false_positive"] == 0.0
    assert answer["targets"]["three"]["n"] == 0
    assert answer["targets"]["three"]["dice"] is None
    assert "dice_by_patient" not in answer


def test_intervals_draw_whole_groups():
    values = np.repeat([0.2, 0.9, 0.4, 0.8, 0.6], 6)
    same = [Overlap(int(v * 100), 100, 100, 1.0, "px") for v in values]
    by_group = summarise({"t": same}, [str(i // 6) for i in range(30)])["dice_ci"]
    by_row = summarise({"t": same}, [str(i) for i in range(30)])["dice_ci"]
    assert by_group[1] - by_group[0] > 1.5 * (by_row[1] - by_row[0])


def test_weighted_mean_equals_a_loop():
    values = np.array([1.0, math.nan, 3.0, 5.0])
    weights = group_weights(list("aabc"), replicates=20)
    expected = []
    for row in weights:
        known = ~np.isnan(values)
        expected.append((row * np.nan_to_num(values))[known].sum() / row[known].sum() if row[known].sum() else math.nan)
    np.testing.assert_allclose(weighted_mean(values, weights), expected)


def test_millimetres_and_pixels_have_no_mean():
    mixed = [Overlap(1, 2, 2, 1.0, "px"), Overlap(1, 2, 2, 1.0, "mm")]
    answer = summarise({"t": mixed}, ["a", "b"])
    assert (answer["hd95"], answer["hd95_unit"], answer["dice"]) == (None, "mixed", 0.5)


def test_no_drawn_mask_at_all():
    with pytest.raises(NotApplicableError, match="has none"):
        summarise({"t": [None, None]}, ["a", "b"])
