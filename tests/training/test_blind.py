"""Heads that do not read what images with hidden lungs tell."""

import numpy as np
import pytest

from medimg_core.evaluation.metrics import Decision, metric
from medimg_core.training.blind import Hidden, blind, hidden_kinds, hidden_sets
from medimg_core.training.datasets import find_regions_folder
from medimg_core.training.heads import Head, log_odds, sigmoid
from medimg_core.training.stages import read_data
from tests.training.small import SIDE, recipe, write_folders


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = write_folders(tmp_path_factory.mktemp("data"), (4, 2))
    return read_data([folder, find_regions_folder([folder])], recipe())


def test_each_way_hides_the_lungs_of_training_images(data):
    kinds = hidden_kinds(data, recipe())
    assert set(kinds) == {"frame", "mean", "smooth", "black", "box"}
    masks = dict(zip(data.regions.cases, data.regions.masks, strict=True))
    for name, (chosen, make) in kinds.items():
        assert set(chosen) <= set(range(len(data.train)))
        for index in chosen[:3]:
            shown = make(int(index))
            mask = masks.get(data.train.cases[index], np.zeros((SIDE, SIDE), bool))
            assert float(shown[mask].std() if mask.any() else 0) < 0.06, name
            assert np.array_equal(shown[0], data.train.grey(index)[0])
    assert len(kinds["mean"][0]) == 6  # every second image has a mask


def test_sets_carry_the_truth_of_their_images(data):
    def embed(images):
        return np.array([[float(image.mean()), 1.0] for image in images], np.float32)

    sets = hidden_sets(data, recipe(), embed)
    assert [len(one.truth) for one in sets] == [12, 6, 6, 6, 6]
    assert [int(one.truth.sum()) for one in sets] == [8, 4, 4, 4, 4]


def area(head, one):
    score = sigmoid(log_odds(head(one.embedding), recipe()))
    return metric("auc", Decision(one.truth, score, score >= 0.5))


def test_the_area_goes_to_one_half_even_where_the_distribution_is_skewed():
    rng = np.random.default_rng(0)
    truth = np.arange(4000) % 2 > 0
    plain = rng.normal(0, 1, (4000, 5)) + np.outer(truth, [3, 0.5, 0, 0, 0])
    skewed = rng.normal(0, 0.3, (4000, 5))
    skewed[:, 1] += truth * rng.exponential(1.0, 4000)
    one = Hidden(skewed, truth)
    head = Head(np.array([[-1, 1, 1], [-1, 1, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]], float), np.zeros(3))
    changed = blind(head, [one], plain, recipe())
    assert area(head, one) > 0.7
    assert area(changed, one) == pytest.approx(0.5, abs=0.03)
    assert area(changed, Hidden(plain, truth)) > area(head, Hidden(plain, truth)) - 0.02


def test_without_hidden_images_a_head_stays():
    head = Head(np.ones((2, 3)), np.zeros(3))
    assert blind(head, [], np.zeros((4, 2)), recipe()) is head
