"""Networks: their size, their grid, the names that the rest of the house asks for."""

import pytest

from medimg_core.registry import models_dir
from medimg_core.training.architectures import plain, residual, unet
from medimg_core.training.package import build
from medimg_core.training.recipe import read_recipe


def test_the_shipped_recipe_builds_what_the_card_promises():
    import keras

    network = build(read_recipe(models_dir() / "chest_xray_pneumonia" / "recipe.toml"))
    assert network.count_params() <= 3_000_000
    assert network.get_layer("features").output.shape[1:3] == (10, 10)
    assert network.get_layer("embedding").output.shape[1] == network.get_layer("features").output.shape[3]
    assert network.get_layer("logits").output.shape[1] == 3
    assert not [layer for layer in network.layers if isinstance(layer, keras.Model)]  # a flat graph
    norms = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert norms
    assert all(layer.momentum == 0.9 for layer in norms)


@pytest.mark.parametrize(("size", "stages", "grid"), [(160, 3, 10), (48, 2, 6), (50, 2, 7)])
def test_each_stage_halves_the_grid(size, stages, grid):
    network = residual(size=size, stem=4, widths=(8,) * stages, blocks=(1,) * stages, classes=2)
    assert network.get_layer("features").output.shape[1:3] == (grid, grid)


def test_the_baseline_is_as_large_as_the_articles():
    assert plain(size=256, classes=3).count_params() == pytest.approx(15.8e6, rel=0.02)


def test_the_unet_answers_on_its_inputs_grid():
    network = unet(size=64, base=4, depth=3)
    assert network.output.shape[1:] == (64, 64, 1)
