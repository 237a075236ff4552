"""Hidden regions: continued from their border as Laplace's equation says, and nothing else is touched."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import spsolve

from medimg_core.errors import IncompatibleInputError
from medimg_core.explain.hiding import MARGIN, WAYS, hide, widened
from medimg_core.phantoms.brain_flair import brain_flair

SHAPE = (96, 131)
EVEN = (96, 128)


@pytest.fixture(scope="module")
def slice_without():
    """A slice of a phantom's head that its lesion does not reach."""
    scan = brain_flair(3)
    assert not scan.lesion[9].any()
    return scan.values[9].astype(np.float32)


def picture(shape=SHAPE, channels=1, seed=3):
    """An asymmetric image: a ramp, tissue-like noise, a bright corner."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices(shape)
    values = np.stack(
        [
            ndimage.gaussian_filter(rng.normal(size=shape), 4) * 8
            + rows / 60
            - columns / 90
            + (columns > 100) * channel
            for channel in range(channels)
        ],
        axis=-1,
    )
    values[:20, :30] += 2
    return values.astype(np.float32)


def box(top, left, bottom, right, shape=SHAPE):
    mask = np.zeros(shape, bool)
    mask[top:bottom, left:right] = True
    return mask


def blocks(share, shape=SHAPE, cell=16, seed=0):
    rows, columns = (-(-side // cell) for side in shape)
    chosen = np.random.default_rng(seed).permutation(rows * columns) < share * rows * columns
    return chosen.reshape(rows, columns).repeat(cell, 0).repeat(cell, 1)[: shape[0], : shape[1]]


def exact(plane, region):
    """Laplace's equation solved with a sparse factorisation; nothing flows through the image's edge."""
    numbers = np.full(region.shape, -1)
    numbers[region] = np.arange(region.sum())
    places = np.argwhere(region)
    entries, right, degree = [], np.zeros(len(places)), np.zeros(len(places))
    for step in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        beside = places + step
        inside = ((beside >= 0) & (beside < region.shape)).all(axis=1)
        degree += inside
        for own, place in zip(np.flatnonzero(inside), beside[inside], strict=True):
            other = numbers[tuple(place)]
            if other < 0:
                right[own] += plane[tuple(place)]
            else:
                entries.append((own, other, -1.0))
    entries += [(own, own, degree[own]) for own in range(len(places))]
    rows, columns, values = zip(*entries, strict=True)
    result = plane.astype(np.float64)
    result[region] = spsolve(csr_matrix((values, (rows, columns))), right)
    return result


REGIONS = {
    "a box": box(30, 40, 61, 77),
    "at the edge": box(50, 90, 96, 131),
    "a thin line": box(10, 5, 11, 120),
    "some blocks": blocks(0.2),
    "half the blocks": blocks(0.5),
    "nearly all blocks": blocks(0.93),
    "a frame": box(20, 20, 80, 110) & ~box(35, 40, 60, 90),
}


@pytest.mark.parametrize("shape", [SHAPE, EVEN])
@pytest.mark.parametrize("name", REGIONS)
def test_the_border_goes_on_as_laplaces_equation_says(name, shape):
    image, mask = picture(shape), REGIONS[name][: shape[0], : shape[1]]
    region = widened(mask[None])[0]
    wanted = exact(image[..., 0], region)
    away = np.abs(hide(image, mask[None])[0, ..., 0] - wanted)[region] / np.ptp(image)
    assert away.mean() < (0.005 if shape == EVEN else 0.01)
    assert away.max() < (0.02 if shape == EVEN else 0.06)


def test_regions_of_all_sizes_in_one_call_and_in_calls_of_their_own_agree():
    image = picture()
    masks = np.stack([*REGIONS.values(), np.zeros(SHAPE, bool)] * 3)  # more than one chunk
    together = hide(image, masks)
    assert together.shape == (len(masks), *SHAPE, 1)
    assert together.dtype == np.float32
    for mask, found in zip(masks, together, strict=True):
        np.testing.assert_allclose(found, hide(image, mask[None])[0], atol=0.06 * np.ptp(image))
    np.testing.assert_array_equal(together[-1], image)


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("channels", [1, 3])
def test_outside_the_widened_region_nothing_changes(how, channels):
    image = picture(channels=channels)
    masks = np.stack(list(REGIONS.values()))
    found, regions = hide(image, masks, how), widened(masks)
    for values, region in zip(found, regions, strict=True):
        np.testing.assert_array_equal(values[~region], image[~region])
        assert np.abs(values[region] - image[region]).mean() > 1e-3


@pytest.mark.parametrize("name", ["a box", "half the blocks", "a frame", "at the edge"])
def test_a_ramp_goes_on_as_a_ramp(name):
    rows, columns = np.indices(SHAPE)
    slope = 0.7 * rows if name == "at the edge" else 0.7 * rows - 0.3 * columns
    ramp = slope.astype(np.float32)[..., None]
    mask = box(30, 95, 60, 131) if name == "at the edge" else REGIONS[name]  # nothing flows through that edge
    if name == "half the blocks":
        mask = mask & box(8, 8, 88, 123)
    away = np.abs(hide(ramp, mask[None])[0] - ramp)
    assert away.max() < 0.02 * np.ptp(ramp)
    assert away.mean() < 0.002 * np.ptp(ramp)


def test_what_is_hidden_does_not_show_through():
    image, mask = picture(), REGIONS["half the blocks"]
    other = np.where(widened(mask[None])[0][..., None], np.float32(50), image)
    np.testing.assert_allclose(hide(image, mask[None]), hide(other, mask[None]), atol=1e-5)
    assert np.abs(hide(image, mask[None], "blur") - hide(other, mask[None], "blur")).max() > 10


def test_channels_are_filled_apart_and_grey_in_three_channels_once():
    image, mask = picture(channels=3), REGIONS["a box"][None]
    for channel in range(3):
        alone = hide(image[..., channel : channel + 1], mask)
        np.testing.assert_array_equal(hide(image, mask)[..., channel], alone[..., 0])
    grey = np.repeat(image[..., :1], 3, axis=2)
    np.testing.assert_array_equal(hide(grey, mask), np.repeat(hide(grey[..., :1], mask), 3, axis=3))


@pytest.mark.parametrize("radius", [8, 14, 20, 30])
def test_a_lesion_is_gone_from_its_border_and_much_of_it_stays_under_a_blur(slice_without, radius):
    """Contrast that a bright disc with a soft edge leaves behind, against the same slice without it."""
    rows, columns = np.indices(slice_without.shape)
    away = np.hypot(rows - 110, columns - 160)
    disc = away <= radius
    lesion = 500 * np.clip(radius + 1 - away, 0, 1)  # of white matter, 640, in which it lies
    left = {}
    for how in WAYS:
        with_it, without = (
            hide(values[..., None].astype(np.float32), disc[None], how)[0, ..., 0]
            for values in (slice_without + lesion, slice_without)
        )
        left[how] = float((with_it - without)[disc].mean() / lesion[disc].mean())
    assert abs(left["border"]) < 0.001
    assert left["blur"] > {8: 0.1, 14: 0.25, 20: 0.4, 30: 0.6}[radius]


def test_no_value_lies_outside_those_of_the_surroundings():
    rng = np.random.default_rng(5)
    for shape in ((7, 60), (64, 64), (97, 41), (150, 151)):
        for share in (0.02, 0.3, 0.8, 0.97):
            smooth = ndimage.gaussian_filter(rng.normal(size=shape), rng.uniform(1, 6))
            mask = smooth > np.quantile(smooth, 1 - share)
            region = widened(mask[None])[0]
            if region.all():
                continue
            image = rng.normal(size=(*shape, 1)).astype(np.float32)
            found = hide(image, mask[None])[0]
            assert image[~region].min() - 1e-4 <= found.min()
            assert found.max() <= image[~region].max() + 1e-4


def test_a_region_that_leaves_nothing_has_no_border():
    image = picture()
    everything = np.ones((1, *SHAPE), bool)
    with pytest.raises(IncompatibleInputError, match="needs a part of the image that stays"):
        hide(image, everything)
    almost = ~box(50, 50, 50 + 2 * MARGIN, 50 + 2 * MARGIN)[None]  # what stays goes with the margin
    with pytest.raises(IncompatibleInputError, match="needs a part of the image that stays"):
        hide(image, almost)
    smooth = hide(image, everything, "blur")[0]
    np.testing.assert_allclose(smooth.mean(), image.mean(), atol=0.1)


@pytest.mark.parametrize(
    ("image", "masks", "how"),
    [
        (np.zeros((8, 9, 1)), np.zeros((1, 9, 8), bool), "border"),
        (np.zeros((8, 9)), np.zeros((1, 8, 9), bool), "border"),
        (np.zeros((8, 9, 1)), np.zeros((1, 8, 9)), "border"),
        (np.zeros((8, 9, 1)), np.zeros((8, 9), bool), "border"),
        (np.zeros((8, 9, 1)), np.zeros((1, 8, 9), bool), "mean"),
    ],
)
def test_what_does_not_fit_is_an_error(image, masks, how):
    with pytest.raises(IncompatibleInputError):
        hide(image, masks, how)


@pytest.mark.parametrize("shape", [(16, 16), (16, 19), (23, 40), (160, 160)])
def test_any_size_works(shape):
    image = picture(shape)
    mask = np.zeros((2, *shape), bool)
    mask[0, 0, 0] = mask[1, shape[0] // 2, shape[1] - 1] = True
    found = hide(image, mask)
    for index in range(2):
        wanted = exact(image[..., 0], widened(mask)[index])
        assert np.abs(found[index, ..., 0] - wanted).max() <= 0.06 * np.ptp(image)


def test_no_masks_give_no_images():
    assert hide(picture(), np.zeros((0, *SHAPE), bool)).shape == (0, *SHAPE, 1)
