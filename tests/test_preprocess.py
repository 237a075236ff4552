"""Steps from values to a network's input."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimg_core.errors import IncompatibleInputError, InvalidCardError
from medimg_core.preprocess import CLIP_SD, along, letterboxed, placement, prepare, prepare_block, resize, squashed

STEPS = ("to_grey01", "squash", "standardise")
SIDES = st.integers(1, 4000)


def spec(size=(32, 32), channels=1, steps=STEPS, window=None):
    return SimpleNamespace(size=size, channels=channels, steps=steps, window=window)


def asymmetric(rows=60, columns=40):
    image = np.zeros((rows, columns), np.float32)
    image[: rows // 3, : columns // 2] = 1.0
    image[rows - 5 :, columns - 8 :] = 0.5
    return image


@pytest.mark.parametrize(
    ("source", "target", "point", "expected"),
    [
        ((300, 200), (10, 10), (0, 0), (14.5, 9.5)),
        ((300, 200), (10, 10), (9, 9), (284.5, 189.5)),
        ((10, 10), (10, 10), (3, 7), (3, 7)),
        ((224, 224), (160, 160), (-0.5, 159.5), (-0.5, 223.5)),
    ],
)
def test_squash_maps_centres_and_edges(source, target, point, expected):
    assert squashed(source, target).to_source(np.array(point, float)) == pytest.approx(expected)


@given(SIDES, SIDES, SIDES, SIDES, st.floats(-10, 5000), st.floats(-10, 5000))
def test_squash_there_and_back(a, b, c, d, row, column):
    transform = squashed((a, b), (c, d))
    point = np.array([[row, column]])
    assert transform.to_target(transform.to_source(point)) == pytest.approx(point, abs=1e-6)


@given(SIDES, SIDES, SIDES, SIDES)
def test_squash_keeps_outer_edges(a, b, c, d):
    corners = np.array([[-0.5, -0.5], [c - 0.5, d - 0.5]])
    assert squashed((a, b), (c, d)).to_source(corners) == pytest.approx(
        np.array([[-0.5, -0.5], [a - 0.5, b - 0.5]]), abs=1e-6
    )


def test_squash_refuses_an_empty_grid():
    with pytest.raises(IncompatibleInputError, match=r"at least one row.*\(0, 5\)"):
        squashed((0, 5), (10, 10))


def test_resize_puts_a_point_where_squash_says():
    image = np.zeros((90, 120), np.float32)
    image[60:63, 20:24] = 1
    small = resize(image, (30, 30))
    rows, columns = np.indices(small.shape)
    found = [float((small * axis).sum() / small.sum()) for axis in (rows, columns)]
    assert squashed((90, 120), (30, 30)).to_source(np.array(found)) == pytest.approx((61, 21.5), abs=0.01)


def test_resize_averages_when_shrinking():
    checker = np.indices((64, 64)).sum(axis=0) % 2
    assert resize(checker.astype(float), (16, 16)) == pytest.approx(np.full((16, 16), 0.5), abs=0.02)


def test_prepare_shape_and_values():
    batch = prepare(asymmetric(), spec())
    assert batch.shape == (1, 32, 32, 1)
    assert batch.dtype == np.float32
    assert not batch.flags.writeable
    assert abs(float(batch.mean())) < 0.05
    assert float(np.abs(batch).max()) <= CLIP_SD
    assert batch[0, 2, 2, 0] > batch[0, 2, 29, 0]  # rows and columns kept apart


def test_prepare_repeats_grey_for_colour_networks():
    batch = prepare(asymmetric(), spec(channels=3))
    assert batch.shape == (1, 32, 32, 3)
    assert np.array_equal(batch[..., 0], batch[..., 2])


@pytest.mark.parametrize(("gain", "offset"), [(2.0, 0.0), (0.01, -1000.0), (4095.0, 12.0)])
def test_global_brightness_and_contrast_do_not_matter(gain, offset):
    first = prepare(asymmetric(), spec())
    second = prepare(asymmetric().astype(np.float64) * gain + offset, spec())
    assert second == pytest.approx(first, abs=1e-2)


def test_integers_of_any_depth_are_taken():
    grey = (asymmetric() * 255).astype(np.uint8)
    deep = (asymmetric() * 255).astype(np.uint8).astype(np.int16) * 16
    assert prepare(deep, spec()) == pytest.approx(prepare(grey, spec()), abs=1e-5)


def test_a_flat_image_becomes_zero():
    assert not prepare(np.full((40, 40), 7.0), spec()).any()


@pytest.mark.parametrize(
    ("image", "wanted", "error", "message"),
    [
        (np.zeros((3, 4, 5)), spec(), IncompatibleInputError, r"\(rows, columns\), got \(3, 4, 5\)"),
        (np.zeros((0, 4)), spec(), IncompatibleInputError, r"got \(0, 4\)"),
        (np.array([[np.nan, 1.0]]), spec(), IncompatibleInputError, "finite"),
        (np.array([[1j, 1.0]]), spec(), IncompatibleInputError, "real"),
        (np.eye(8), spec(steps=("sharpen",)), InvalidCardError, "got 'sharpen'"),
        (np.eye(8), spec(steps=("to_grey01",)), IncompatibleInputError, "add squash"),
    ],
)
def test_what_cannot_be_prepared(image, wanted, error, message):
    with pytest.raises(error, match=message):
        prepare(image, wanted)


@pytest.mark.parametrize(
    ("source", "target", "box"),
    [
        ((300, 150), (32, 32), (0, 8, 32, 24)),
        ((150, 300), (32, 32), (8, 0, 24, 32)),
        ((512, 512), (160, 160), (0, 0, 160, 160)),
        ((5, 4000), (16, 16), (7, 0, 8, 16)),
    ],
)
def test_letterboxed_keeps_the_aspect_ratio(source, target, box):
    assert letterboxed(source, target).box == box


def test_a_letterboxed_image_comes_back_where_it_was():
    image = asymmetric(60, 40)
    where = spec(steps=("letterbox",))
    batch = prepare(image, where)
    assert batch[0, :, :5, 0].max() == 0
    back = placement(image.shape, where).restore(batch[0, :, :, 0])
    assert back.shape == image.shape
    assert np.corrcoef(back.ravel(), image.ravel())[0, 1] > 0.97


def test_the_matrix_takes_feature_cells_to_the_image():
    where = placement((300, 150), spec(steps=("letterbox",)))
    matrix = where.matrix((4, 4))
    assert (matrix @ (0, 1, 1))[:2] == pytest.approx((37, 37))
    assert (where.matrix() @ (3, 9, 1))[:2] == pytest.approx(where.to_source(np.array((3, 9))))


def test_window_cuts_and_scales():
    image = np.array([[-1000.0, 0.0], [127.5, 3000.0]], np.float32)
    batch = prepare(np.kron(image, np.ones((16, 16))), spec(steps=("window",), window=(0.0, 255.0)))
    assert sorted(set(batch.ravel().tolist())) == [0.0, 0.5, 1.0]


def test_window_needs_its_values():
    with pytest.raises(InvalidCardError, match="window"):
        prepare(np.zeros((32, 32)), spec(steps=("window",)))


def coloured(rows=60, columns=40):
    """Red, green and blue each in another corner."""
    image = np.zeros((rows, columns, 3), np.float32)
    image[: rows // 3, : columns // 2, 0] = 1.0
    image[rows - 5 :, columns - 8 :, 1] = 0.5
    image[: rows // 4, columns - 6 :, 2] = 0.25
    return image


@pytest.mark.parametrize("steps", [("squash",), ("letterbox",)])
def test_each_colour_is_resampled_alone(steps):
    batch = prepare(coloured(), spec(size=(30, 24), channels=3, steps=steps))
    assert batch.shape == (1, 30, 24, 3)
    assert not batch.flags.writeable
    for channel in range(3):
        alone = prepare(coloured()[..., channel], spec(size=(30, 24), steps=steps))
        assert batch[..., channel] == pytest.approx(alone[..., 0], abs=1e-6)


def test_a_margin_is_the_darkest_value_of_all_colours():
    batch = prepare(coloured(60, 20) + 0.1, spec(size=(30, 30), channels=3, steps=("letterbox",)))
    assert batch[0, :, 0] == pytest.approx(np.full((30, 3), 0.1))


def test_standardising_keeps_the_hue():
    flat = np.broadcast_to(np.array([0.2, 0.4, 0.6], np.float32), (32, 32, 3))
    batch = prepare(flat, spec(channels=3, steps=("standardise",)))
    assert batch[0, 0, 0] == pytest.approx([-1.2247, 0, 1.2247], abs=1e-3)


@pytest.mark.parametrize(
    ("step", "grey", "expected"),
    [
        ("minus_one_to_one", 0.25, (-0.5, -0.5, -0.5)),
        ("to_255", 0.2, (51, 51, 51)),
        ("imagenet", 0.485, (0, (0.485 - 0.456) / 0.224, (0.485 - 0.406) / 0.225)),
        ("imagenet_bgr", 0.4, (102 - 103.939, 102 - 116.779, 102 - 123.68)),
    ],
)
def test_values_as_applications_want_them(step, grey, expected):
    batch = prepare(np.full((32, 32), grey), spec(channels=3, steps=(step,)))
    assert batch[0, 7, 9] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("minus_one_to_one", (1, -1, 0)),
        ("to_255", (255, 0, 127.5)),
        ("imagenet", ((1 - 0.485) / 0.229, -0.456 / 0.224, (0.5 - 0.406) / 0.225)),
        ("imagenet_bgr", (127.5 - 103.939, -116.779, 255 - 123.68)),
    ],
)
def test_colours_as_applications_want_them(step, expected):
    image = np.broadcast_to(np.array([1, 0, 0.5], np.float32), (32, 32, 3))
    batch = prepare(image, spec(channels=3, steps=(step,)))
    assert batch[0, 7, 9] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("image", "wanted", "message"),
    [
        (coloured(), spec(channels=1), r"must have shape \(rows, columns\), got"),
        (np.zeros((8, 8, 4)), spec(channels=3), r"\(rows, columns\) or \(rows, columns, 3\), got \(8, 8, 4\)"),
        (np.zeros((2, 8, 8, 3)), spec(channels=3), r"got \(2, 8, 8, 3\)"),
    ],
)
def test_colour_goes_only_where_it_is_taken(image, wanted, message):
    with pytest.raises(IncompatibleInputError, match=message):
        prepare(image, wanted)


@pytest.mark.parametrize("step", ["imagenet", "imagenet_bgr"])
def test_the_colours_of_imagenet_need_a_colour_network(step):
    with pytest.raises(InvalidCardError, match="needs a network of 3 channels, got 1"):
        prepare(np.eye(32), spec(steps=(step,)))


# --- volumes --------------------------------------------------------------------------------------


def block_spec(depth=6, size=(16, 24), steps=("letterbox",), window=None):
    return SimpleNamespace(size=size, channels=1, steps=steps, window=window, depth=depth)


@pytest.mark.parametrize("count", [1, 3, 5, 12])
def test_slices_are_resampled_half_slice_centred(count):
    """A ramp along the slices stays a ramp: the outer edges coincide, not the centres of the first and last slice."""
    ramp = np.arange(6, dtype=np.float32)[:, None, None] * np.ones((6, 2, 3), np.float32)
    found = along(ramp, count)
    assert found.shape == (count, 2, 3)
    centres = (np.arange(count) + 0.5) * 6 / count - 0.5
    inner = (centres > 1.3) & (centres < 3.7) if count > 1 else np.array([True])
    assert found[inner, 0, 0] == pytest.approx(centres[inner], abs=0.05)


@pytest.mark.parametrize("step", ["letterbox", "squash"])
def test_a_slice_lies_in_a_volume_as_an_image_does(step):
    image = asymmetric()
    volume = np.stack([image * level for level in (1.0, 0.5, 0.25, 0.1, 0.7, 0.2)])
    spec = block_spec(steps=(step,))
    found = prepare_block(volume, spec)
    assert found.shape == (1, 6, 16, 24, 1)
    for plane, own in zip(found[0, ..., 0], volume, strict=True):
        assert plane == pytest.approx(prepare(own, spec)[0, ..., 0], abs=1e-6)


def test_greys_are_those_of_the_whole_volume():
    volume = np.random.default_rng(0).uniform(-3, 5, (5, 16, 24)).astype(np.float32)
    volume[2] *= 0.1
    scaled = prepare_block(volume, block_spec(5, steps=("to_grey01", "squash")))
    assert (float(scaled.min()), float(scaled.max())) == (0, 1)
    assert float(np.ptp(scaled[0, 2])) < 0.2
    standard = prepare_block(volume, block_spec(5, steps=("squash", "standardise")))
    assert float(standard.mean()) == pytest.approx(0, abs=1e-5)
    assert float(standard.std()) == pytest.approx(1, abs=0.02)
    window = prepare_block(volume, block_spec(5, steps=("window", "squash"), window=(0.0, 2.0)))
    assert window[0, ..., 0] == pytest.approx(np.clip(volume / 2, 0, 1), abs=1e-6)


@pytest.mark.parametrize(
    ("volume", "spec", "error", "message"),
    [
        (np.zeros((4, 5)), block_spec(), IncompatibleInputError, r"\(slices, rows, columns\), got \(4, 5\)"),
        (np.full((2, 3, 4), np.nan), block_spec(), IncompatibleInputError, "finite"),
        (np.zeros((2, 3, 4)), block_spec(steps=("to_grey01",)), IncompatibleInputError, r"size \(6, 16, 24\).*add sq"),
        (np.zeros((2, 3, 4)), block_spec(steps=("blur",)), InvalidCardError, "got 'blur'"),
    ],
)
def test_what_is_no_volume_for_the_network_is_refused(volume, spec, error, message):
    with pytest.raises(error, match=message):
        prepare_block(volume, spec)
