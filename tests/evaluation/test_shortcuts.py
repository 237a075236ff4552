"""Shortcut tests on images whose truth is known: models that look here or there."""

import numpy as np
import pytest

from medimg_core.errors import NotApplicableError
from medimg_core.evaluation import shortcuts
from medimg_core.evaluation.shortcuts import Cases, marks_only, marks_painted_out

SHAPE = (40, 40)
REGION = (12, 10, 28, 30)


def cases(n=24, masks=True):
    """A pattern in the region follows the truth, and so does one in the frame; both leave the means alone."""
    rng = np.random.default_rng(0)
    truth = np.arange(n) % 3 > 0
    region = np.zeros(SHAPE, np.float32)
    region[REGION[0] : REGION[2], REGION[1] : REGION[3]] = 1
    images = []
    for yes in truth:
        image = rng.uniform(0.28, 0.32, SHAPE).astype(np.float32)
        sign = 0.2 if yes else -0.2
        image[16:20, 14:26] += sign
        image[20:24, 14:26] -= sign
        image[:3, :3] += sign
        image[:3, 37:] -= sign
        images.append(image)
    return Cases(images, truth, [f"p{i}" for i in range(n)], [region] * n if masks else ())


def reads_region(images):
    return np.array([float(image[16:20, 14:26].mean() - image[20:24, 14:26].mean()) for image in images])


def reads_frame(images):
    return np.array([float(image[:3, :3].mean() - image[:3, 37:].mean()) for image in images])


@pytest.mark.parametrize(
    ("test", "honest", "cheat"),
    [
        (shortcuts.frame_only, 0.5, 1.0),
        (shortcuts.centre_only, 1.0, 0.5),
        (shortcuts.region_filled, 0.5, 1.0),
        (shortcuts.region_box_filled, 0.5, 1.0),
        (shortcuts.region_only, 1.0, 0.5),
        (shortcuts.exterior_opposite, 1.0, 0.0),
        (shortcuts.exterior_label, 0.5, 1.0),
    ],
)
def test_honest_readers_and_cheats_are_told_apart(test, honest, cheat):
    for reader, expected in ((reads_region, honest), (reads_frame, cheat)):
        finding = test(reader, cases())
        # Where a reader has nothing left to go by, chance decides: 24 images leave it a wide band.
        assert finding.auc == pytest.approx(expected, abs=0.3 if expected == 0.5 else 0.02)
        assert finding.ci[0] <= finding.auc <= finding.ci[1]
        assert finding.n >= 24
        assert finding.note


@pytest.mark.parametrize(
    "test", [shortcuts.region_filled, shortcuts.region_only, shortcuts.exterior_opposite, shortcuts.exterior_label]
)
def test_regions_are_needed(test):
    with pytest.raises(NotApplicableError, match="true region"):
        test(reads_region, cases(masks=False))


def test_a_swap_needs_two_of_each_class():
    few = cases(3)
    with pytest.raises(NotApplicableError, match="two images of each class"):
        shortcuts.exterior_label(reads_region, few)


@pytest.mark.parametrize(
    ("region", "names"),
    [
        ("lungs", {"lungs_filled_black_auc", "lungs_filled_mean_auc", "lungs_box_filled_auc", "lungs_only_auc"}),
        ("breast tissue", {"breast_tissue_filled_black_auc", "breast_tissue_filled_mean_auc"}),
    ],
)
def test_figures_carry_the_word_of_the_region(region, names):
    some = Cases(**{**vars(cases()), "region": region})
    found = [shortcuts.region_filled(reads_region, some, how) for how in ("black", "mean")]
    found += [shortcuts.region_box_filled(reads_region, some), shortcuts.region_only(reads_region, some)]
    assert names <= {finding.name for finding in found}
    assert all(region in finding.note for finding in found)


def test_an_empty_region_borrows_another_so_that_the_patch_tells_nothing():
    """Lesions are there in positives only: a model that sees the filling itself must not gain by it."""
    some = cases()
    empty = np.zeros(SHAPE, np.float32)
    regions = [region if yes else empty for region, yes in zip(some.regions, some.truth, strict=True)]
    lesions = Cases(some.images, some.truth, some.groups, regions, "lesion")

    def sees_patches(images):
        return np.array([float(image[REGION[0] : REGION[2], REGION[1] : REGION[3]].std() < 1e-3) for image in images])

    finding = shortcuts.region_filled(sees_patches, lesions)
    assert finding.auc == 0.5
    assert finding.note.endswith("8 images without one: where another has it")
    assert "without one" not in shortcuts.region_filled(sees_patches, some).note


def test_all_regions_empty():
    some = cases()
    nothing = Cases(some.images, some.truth, some.groups, [np.zeros(SHAPE, np.float32)] * len(some.images))
    with pytest.raises(NotApplicableError, match="all of them are empty"):
        shortcuts.region_filled(reads_region, nothing)


def test_marks_are_painted_out_or_shown_alone():
    """The frame's corners stand for burnt-in marks."""

    def corners(image):
        mask = np.zeros(image.shape, bool)
        mask[:3, :3] = mask[:3, 37:] = True
        return mask

    def none(image):
        return np.zeros(image.shape, bool)

    for reader, painted, alone in ((reads_region, 1.0, 0.5), (reads_frame, 0.5, 1.0)):
        out = marks_painted_out(reader, cases(), corners)
        only = marks_only(reader, cases(), corners)
        assert out.auc == pytest.approx(painted, abs=0.3 if painted == 0.5 else 0.02)
        assert only.auc == pytest.approx(alone, abs=0.3 if alone == 0.5 else 0.02)
        assert out.note.endswith("found in 24 of 24 images")
    assert marks_painted_out(reads_frame, cases(), none).auc == 1.0


# --- colour ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "test",
    [
        shortcuts.frame_only,
        shortcuts.centre_only,
        shortcuts.region_filled,
        shortcuts.region_box_filled,
        shortcuts.region_only,
        lambda score, given: marks_painted_out(score, given, lambda image: image > 0.45),
        lambda score, given: marks_only(score, given, lambda image: image > 0.45),
    ],
)
def test_colours_are_hidden_alike(test):
    """Three equal colours are shown as the grey image is; a colour of its own stays apart."""
    grey = cases(6)
    shown = {}

    def score(name, reader):
        def read(images):
            shown[name] = images
            return reader(images)

        return read

    expected = test(score("grey", reads_region), grey)
    tripled = Cases([np.stack([i] * 3, axis=-1) for i in grey.images], grey.truth, grey.groups, grey.regions)
    found = test(score("colour", lambda images: reads_region([image[..., 1] for image in images])), tripled)
    assert found.auc == expected.auc
    for one, other in zip(shown["grey"], shown["colour"], strict=True):
        assert other.shape == (*SHAPE, 3)
        assert np.abs(other - one[..., None]).max() < 1e-6
