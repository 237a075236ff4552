"""Maps of a network that forgets what it learned, and what is written down of a method."""

import copy

import numpy as np
import pytest

from medimg_core.engine.randomised import randomised
from medimg_core.errors import NotApplicableError
from medimg_core.explain.audit.forgetting import CUTS, PAIRS, Drawn, Images, Trained
from medimg_core.explain.audit.record import QUANTILES
from medimg_core.explain.planted import planted_card, planted_image

COUNT = 12


@pytest.fixture(scope="module")
def planted(planted_models):
    made = [planted_image(seed) for seed in range(3 * COUNT)]
    batch = np.stack([one.image[..., None] for one in made]).astype(np.float32) / 255
    truth = np.array([one.label == "mark_a" for one in made])
    return Images("planted", batch, truth), np.stack([one.truth("mark_a") for one in made])


@pytest.fixture(scope="module")
def trained(planted):
    images, _ = planted
    return Trained(planted_card(), images, "grad_cam", COUNT, seed=0)


def test_the_trained_network_is_like_itself(trained):
    stage = trained.stage("none", planted_card())
    assert (stage.ssim, stage.rank, stage.empty, stage.ssim_sd) == pytest.approx((1, 1, 0, 0))


def test_what_is_written_down(trained, planted):
    images, masks = planted
    held = np.flatnonzero(masks.any(axis=(1, 2)))[:4]
    drawn = Drawn("planted train, 4 images", images.batch[held], masks[held])
    record = trained.record((trained.stage("none", planted_card()),), drawn, 0)
    assert (record.layer, record.label, record.images, record.pairs) == (
        "features",
        trained.question.label,
        COUNT,
        PAIRS,
    )
    assert record.pair_ssim < 0.9
    assert {len(values) for values in record.peaks.values()} == {QUANTILES}
    assert record.peaks["positive"][-1] > 0
    assert record.cut in CUTS
    assert record.cut_data == "planted train, 4 images"


def test_images_without_a_map_are_left_out(trained):
    assert (np.abs(trained.maps).max(axis=(1, 2)) == 1).all()
    blank = Images("blank", np.full((20, 96, 96, 1), 0.5, np.float32))
    with pytest.raises(NotApplicableError, match="needs 12 images with a map"):
        Trained(planted_card(), blank, "grad_cam", COUNT, seed=0)


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    return randomised(planted_card(), tmp_path_factory.mktemp("copies"))


def test_copies_forget_from_the_head_downwards(copies):
    names = [name for name, _ in copies]
    assert names[0] == "logits"
    assert len(names) == len(set(names)) >= 3
    assert len({copy.sha256 for _, copy in copies} | {planted_card().sha256}) == len(copies) + 1


def test_a_network_that_forgot_has_other_maps(trained, copies):
    stage = trained.stage(*copies[-1])
    assert stage.ssim < 0.8
    assert -1 <= stage.rank < 0.5


def test_an_empty_map_is_like_no_other(trained):
    blank = copy.copy(trained)
    blank.images = Images("blank", np.full_like(trained.images.batch, 0.5))
    stage = blank.stage("none", planted_card())
    assert (stage.empty, stage.ssim, stage.rank) == (1, 0, 0)
