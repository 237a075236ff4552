"""Recipes."""

import pytest

from medimg_core.errors import InvalidCardError
from medimg_core.registry import models_dir
from medimg_core.training.recipe import Recipe, input_of, read_about, read_recipe


def test_keys_left_out_keep_their_default(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text("[training]\nepochs = 3\nlearning_rate = 1\nwidths = [4, 8]\nblocks = [1, 1]\n")
    recipe = read_recipe(path)
    assert (recipe.epochs, recipe.learning_rate, recipe.widths) == (3, 1.0, (4, 8))
    assert recipe.batch == Recipe().batch


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epochs = 3", "hold the tables training, plan, .*got \\['epochs'\\]"),
        ("[training]\nepoch = 3", "unknown key: epoch"),
        ("[training]\nepochs = 'many'", "`epochs` must be int, got str"),
        ("[training]\nepochs = true", "`epochs` must be int, got bool"),
        ("[training]\nmixed = 1", "`mixed` must be bool, got int"),
        ("[training]\nnull_share = 0.9", "at most 1"),
        ("[training]\nblocks = [1]", "one number of blocks a stage"),
        ("[training]\nlabels = ['a']", "one label a class"),
        ("[training", "valid TOML"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, message):
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(InvalidCardError, match=message):
        read_recipe(path)


def test_the_baseline_is_the_plain_network():
    baseline = Recipe().baseline()
    assert (baseline.architecture, baseline.size, baseline.augment) == ("plain", 256, False)
    assert input_of(baseline).size == (256, 256)


def test_the_shipped_recipe_is_read():
    path = models_dir() / "chest_xray_pneumonia" / "recipe.toml"
    assert read_recipe(path).classes == ("normal", "bacterial", "viral")
    assert read_about(path)["population"]["age_years"] == [1, 5]
