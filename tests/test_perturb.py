"""Corruptions and region filling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimg_core import perturb
from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.perturb import Subject


def ramp(rows=48, columns=64):
    return np.linspace(0.1, 0.9, rows * columns, dtype=np.float32).reshape(rows, columns)


def block(top, left, bottom, right, shape=(48, 64)):
    mask = np.zeros(shape, np.float32)
    mask[top:bottom, left:right] = 1
    return mask


def centre(image):
    rows, columns = np.indices(image.shape)
    return float((image * rows).sum() / image.sum()), float((image * columns).sum() / image.sum())


# --- geometry


def test_the_identity_changes_nothing():
    assert perturb.warp(ramp(), perturb.affine((48, 64))) == pytest.approx(ramp(), abs=1e-6)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"shift": (0.25, 0.0)}, (22.0 + 12.0, 40.0)),
        ({"shift": (0.0, -0.25)}, (22.0, 40.0 - 16.0)),
        ({"zoom": (1.5, 1.0)}, (23.5 + 1.5 * (22.0 - 23.5), 40.0)),
        ({"angle": 90.0}, (23.5 - (40.0 - 31.5), 31.5 + (22.0 - 23.5))),
    ],
)
def test_affine_moves_a_spot(change, expected):
    spot = block(21, 39, 24, 42)
    moved = perturb.warp(spot, perturb.affine((48, 64), **change))
    assert centre(moved) == pytest.approx(expected, abs=0.05)


def test_outside_is_filled():
    moved = perturb.warp(ramp(), perturb.affine((48, 64), shift=(0.5, 0)), fill=0.33)
    assert moved[0, 0] == pytest.approx(0.33)


@given(
    st.tuples(st.integers(0, 15), st.integers(0, 20), st.integers(20, 48), st.integers(30, 64)),
    st.tuples(st.integers(0, 15), st.integers(0, 20), st.integers(20, 48), st.integers(30, 64)),
)
def test_box_to_box_maps_edges(source, target):
    matrix = perturb.box_to_box(source, target)
    for k in (0, 2):  # pixel centres half a pixel inside the edges' coordinates
        point = matrix @ np.array([target[k] - 0.5, target[k + 1] - 0.5, 1])
        assert point == pytest.approx((source[k] - 0.5, source[k + 1] - 0.5), abs=1e-9)


def test_box_to_box_moves_the_picture():
    moved = perturb.warp(block(10, 10, 20, 30), perturb.box_to_box((10, 10, 20, 30), (0, 0, 48, 64)))
    assert float(moved[2:-2, 2:-2].min()) == pytest.approx(1.0, abs=1e-5)


# --- grey values


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (perturb.gamma(np.array([[0.25]], np.float32), 0.5), 0.5),
        (perturb.expose(np.array([[0.5]], np.float32), 1.5, 0.1), 0.85),
        (perturb.expose(np.array([[0.5]], np.float32), 3.0, 0.0), 1.0),
    ],
)
def test_grey_curves(changed, expected):
    assert float(changed[0, 0]) == pytest.approx(expected, abs=1e-6)


def test_gamma_must_be_positive():
    with pytest.raises(IncompatibleInputError, match=r"above zero, got -1"):
        perturb.gamma(ramp(), -1)


def test_histogram_is_taken_over_and_order_kept():
    other = ramp() ** 3
    matched = perturb.match_histogram(ramp(), other)
    assert np.sort(matched.ravel()) == pytest.approx(np.sort(other.ravel()), abs=0.02)
    assert (np.diff(matched.ravel()) >= 0).all()


@pytest.mark.parametrize(
    "change",
    [
        lambda image, rng: perturb.add_noise(image, rng, 0.05),
        lambda image, rng: perturb.shade(image, rng, 0.3),
        lambda image, rng: perturb.fill(image, block(10, 10, 30, 30), "noise", rng),
    ],
)
def test_what_is_random_follows_its_seed(change):
    first, again, other = (change(ramp(), np.random.default_rng(s)) for s in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert 0 <= float(first.min()) <= float(first.max()) <= 1


@pytest.mark.parametrize(
    "change",
    [lambda i: perturb.blur(i, 1.5), lambda i: perturb.coarsen(i, 2.5), lambda i: perturb.jpeg(i, 30)],
)
def test_detail_is_lost_and_the_mean_kept(change):
    noisy = np.clip(ramp() + np.random.default_rng(0).normal(0, 0.1, (48, 64)), 0, 1).astype(np.float32)
    changed = change(noisy)
    assert changed.shape == noisy.shape
    assert float(changed.mean()) == pytest.approx(float(noisy.mean()), abs=0.01)
    assert float(np.abs(np.diff(changed, axis=1)).mean()) < float(np.abs(np.diff(noisy, axis=1)).mean())


# --- regions


@pytest.mark.parametrize(("share", "count"), [(0.0, 0), (0.125, 64 * 48 - 36 * 48), (0.5, 64 * 48)])
def test_frame(share, count):
    assert int(perturb.frame_mask((48, 64), share).sum()) == count


def test_frame_share_is_checked():
    with pytest.raises(IncompatibleInputError, match=r"\[0, 0.5\], got 0.6"):
        perturb.frame_mask((8, 8), 0.6)


def test_bounding_box():
    assert perturb.bounding_box(block(5, 7, 20, 33)) == (5, 7, 20, 33)
    with pytest.raises(NotApplicableError, match="empty"):
        perturb.bounding_box(np.zeros((4, 4), np.float32))


def test_soften_covers_the_mask():
    mask = block(15, 20, 30, 40)
    wide = perturb.soften(mask, 4)
    assert float(wide[mask > 0].min()) > 0.99
    assert wide.sum() > mask.sum()
    assert float(wide[0, 0]) == 0


@pytest.mark.parametrize("how", perturb.FILLS)
def test_fill_leaves_the_rest_and_hides_the_region(how):
    mask = block(15, 20, 30, 40)
    rest = (1 + ramp()) / 2 if how == "white" else ramp() / 2
    image = np.where(mask > 0, 0.0 if how == "white" else 1.0, rest).astype(np.float32)
    filled = perturb.fill(image, mask, how, np.random.default_rng(0))
    assert np.array_equal(filled[mask == 0], image[mask == 0])
    assert abs(float(filled[mask > 0].mean()) - float(image[mask > 0][0])) > 0.1


@pytest.mark.parametrize("how", ["mean", "smooth"])
def test_a_filled_region_tells_nothing_of_what_was_there(how):
    mask = block(15, 20, 30, 40)
    first, second = (np.where(mask > 0, value, ramp()).astype(np.float32) for value in (0.0, 1.0))
    assert perturb.fill(first, mask, how) == pytest.approx(perturb.fill(second, mask, how), abs=1e-6)


def test_smooth_fill_continues_a_ramp():
    image = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (48, 1))
    filled = perturb.fill(image, block(18, 24, 30, 40), "smooth")
    assert np.abs(filled - image).max() < 0.15


@pytest.mark.parametrize(
    ("mask", "how", "message"),
    [
        (block(0, 0, 4, 4), "magic", "got 'magic'"),
        (block(0, 0, 4, 4), "noise", "with a generator"),
        (np.zeros((4, 4), np.float32), "mean", r"shape \(48, 64\), got \(4, 4\)"),
    ],
)
def test_fill_says_what_it_cannot_do(mask, how, message):
    with pytest.raises(IncompatibleInputError, match=message):
        perturb.fill(ramp(), mask, how)


def subject(value, box, other):
    mask = block(*box)
    image = np.where(mask > 0, value, other).astype(np.float32)
    return Subject(image, mask, perturb.bounding_box(mask))


@pytest.mark.parametrize("union", [True, False])
def test_exterior_swap_keeps_the_region_and_takes_the_rest(union):
    inside = subject(0.9, (12, 20, 36, 44), 0.2)
    outside = subject(0.5, (20, 10, 40, 30), 0.7)
    swapped = perturb.swap_exterior(inside, outside, radius=0, union=union)
    assert swapped[14:34, 22:42] == pytest.approx(np.full((20, 20), 0.9), abs=1e-5)
    assert float(swapped[12:36, :16].mean()) == pytest.approx(0.7, abs=0.02)
    assert not np.isclose(swapped, 0.2).any()
    assert not np.isclose(swapped, 0.5, atol=0.03).any()  # nothing of the other's region is left
