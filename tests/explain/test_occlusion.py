"""Occlusion: cells of the grid, and what is lost with each."""

import numpy as np
import pytest

from medimg_core.decision import decision
from medimg_core.engine import forward
from medimg_core.explain.hiding import WAYS, hide
from medimg_core.explain.occlusion import blocks, occlusion
from tests.explain.map_models import batch_for


@pytest.mark.parametrize(("grid", "size"), [((4, 6), (32, 48)), ((3, 5), (10, 12)), ((1, 1), (4, 7))])
def test_each_pixel_lies_in_one_block(grid, size):
    masks = blocks(grid, size)
    assert masks.shape == (grid[0] * grid[1], *size)
    assert (masks.sum(axis=0) == 1).all()
    assert masks.any(axis=(1, 2)).all()
    assert masks[0][0, 0]
    assert masks[-1][-1, -1]
    assert masks[grid[1] - 1][0, -1]  # row by row


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("model", ["dense", "nested"])
def test_the_map_is_what_the_log_odds_lose(map_models, model, how):
    card, _ = map_models[model]
    image, question = batch_for(card)[0], decision(card)
    own = question.log_odds(forward(card, image[None]).logits)[0]
    found = occlusion(image, (4, 6), card, question, how=how)
    assert found.dtype == np.float32
    assert found.min() < 0 < found.max()
    for row, column in ((0, 5), (2, 1), (3, 3)):
        mask = np.zeros((1, 32, 48), bool)
        mask[0, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8] = True
        without = question.log_odds(forward(card, hide(image, mask, how)).logits)[0]
        assert found[row, column] == pytest.approx(own - without, abs=1e-4)


def test_the_opposite_question_turns_the_map_over(map_models):
    card, _ = map_models["dense"]
    image = batch_for(card)[1]
    yes, no = (occlusion(image, (4, 6), card, decision(card, label=label)) for label in ("presence", "no presence"))
    np.testing.assert_allclose(yes, -no, atol=1e-5)
