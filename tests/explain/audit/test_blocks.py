"""Blocks are the model's native grid; those without content are not spent on."""

from dataclasses import replace

import numpy as np
import pytest

from medimg_core.explain.audit.blocks import LEAST, _merged, blocks_of
from tests.explain.audit.planted import case


@pytest.mark.parametrize(
    ("cells", "side", "merged"), [(12, 192, 12), (12, 96, 12), (12, 48, 6), (10, 160, 10), (7, 224, 7), (5, 24, 3)]
)
def test_cells_are_merged_until_a_block_outlives_the_margin(cells, side, merged):
    assert _merged(cells, side) == merged
    assert side / merged >= LEAST


def test_blocks_are_the_native_grid(planted_models):
    blocks = blocks_of(case(0).asked())
    assert blocks.grid == (12, 12)
    assert blocks.of_pixel[8, 15] == 13
    assert blocks.of_pixel[95, 0] == 132
    assert (np.bincount(blocks.of_pixel.ravel()) == 64).all()


def test_masks_and_means_speak_of_the_same_pixels(planted_models):
    blocks = blocks_of(case(0).asked())
    values = np.arange(96 * 96, dtype=float).reshape(96, 96)
    chosen = np.zeros((2, 144), bool)
    chosen[0, 13] = chosen[1, 0] = chosen[1, 143] = True
    masks = blocks.masks(chosen)
    assert masks[0][8:16, 8:16].all()
    assert masks.sum(axis=(1, 2)).tolist() == [64, 128]
    np.testing.assert_allclose(blocks.means(values)[13], values[8:16, 8:16].mean())


def test_the_order_begins_with_the_largest_mean_and_draws_among_equals(planted_models):
    blocks = blocks_of(case(0).asked())
    first, last = int(blocks.used[5]), int(blocks.used[60])
    values = np.zeros((96, 96))
    values[blocks.of_pixel == first] = 2
    values[blocks.of_pixel == last] = -1
    order = blocks.order(values)
    assert order[0] == first
    assert order[-1] == last
    assert sorted(order) == blocks.used.tolist()
    assert (np.diff(order[1:-1]) < 0).any()
    assert (order == blocks.order(values)).all()
    assert (order != blocks.order(values, seed=1)).any()


def test_blocks_that_hold_nothing_are_left_out(planted_models):
    own = case(0)
    batch = own.query.batch.copy()
    batch[:, :, 48:] = 0.3
    changed = replace(own, query=replace(own.query, batch=batch))
    used = blocks_of(changed.asked()).used
    assert len(used)
    assert (used % 12 < 6).all()


def test_a_map_of_pixels_is_asked_in_the_models_own_blocks(planted_models):
    own = case(0)
    fine = np.random.default_rng(0).random((96, 96))
    asked = own.asked(fine, remap=None)
    assert blocks_of(asked).grid == (12, 12)
    order = blocks_of(asked).order(asked.on_input)
    means = blocks_of(asked).means(fine)
    assert (np.diff(means[order]) <= 0).all()
