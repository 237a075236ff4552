"""Plans."""

import pytest

from medimg_core.errors import InvalidCardError
from medimg_core.registry import models_dir
from medimg_core.training.modality import MODALITIES
from medimg_core.training.plan import MaskTarget, Plan, read_plan
from medimg_core.training.tables import read_table
from tests.training.lesions import only_masks, plan
from tests.training.volumes import whole

PLANS = sorted(path for path in models_dir().glob("*/recipe.toml") if read_table(path, "plan"))


def written(tmp_path, text):
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    return path


def test_keys_left_out_keep_their_default(tmp_path):
    text = "[plan]\nsize = 64\nlearning_rate = 1\ndecoder = [4, 2]\n\n[[plan.masks]]\nname = 'a'\n"
    found = read_plan(written(tmp_path, text))
    assert (found.size, found.learning_rate, found.decoder) == (64, 1.0, (4, 2))
    assert found.masks == (MaskTarget("a", "mask", 0),)
    assert found.batch == Plan(masks=found.masks).batch


@pytest.mark.parametrize(
    ("made", "task", "channels"),
    [
        (plan(masks=()), "classification", 0),
        (plan(), "multi_task", 1),
        (only_masks(), "segmentation", 1),
        (only_masks(masks=(MaskTarget("a"), MaskTarget("b"))), "segmentation", 3),
    ],
)
def test_the_task_follows_from_what_there_is(made, task, channels):
    assert made.task == task
    assert made.mask_channels == channels


def test_the_input_is_the_cards():
    found = plan(steps=("window", "squash"), unit="HU", window=(-100.0, 300.0)).input
    assert (found.size, found.channels, found.unit, found.window) == ((32, 32), 1, "HU", (-100.0, 300.0))
    assert plan().input.window is None


def test_a_mask_may_hold_later_ones(tmp_path):
    text = "[plan]\n[[plan.masks]]\nname = 'wall'\ncolumn = 'epi_mask'\ntarget = 'epicardium'\ncovers = ['cavity']\n"
    found = read_plan(written(tmp_path, text + "[[plan.masks]]\nname = 'cavity'\n"))
    assert found.masks[0] == MaskTarget("wall", "epi_mask", 0, "epicardium", ("cavity",))
    assert found.cached.size == (found.cache_side, found.cache_side)


def test_a_depth_makes_an_input_of_three_sides():
    found = whole(depth=24, size=48, cache_side=64)
    assert found.input.sides == (24, 48, 48)
    assert found.cached.sides == (24, 64, 64)


DEEP = "[plan]\nencoder = 'unet'\nwidths = [4, 8, 16]\n"
MASKS = "\n[[plan.masks]]\nname = 'a'\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[plan]\nsize = 64", "classes, masks or both"),
        ("[plan]\nsize = 60" + MASKS, "multiple of 16, got 60"),
        ("[plan]\nsize = 0" + MASKS, "multiple of 16, got 0"),
        ("[plan]\nclasses = ['a', 'b']\nlabels = ['a']\npositive = ['b']", "one label a class"),
        ("[plan]\nclasses = ['a', 'b']\nlabels = ['a', 'b']\npositive = ['c']", "positive classes among them"),
        ("[plan]\nclasses = ['a', 'b']\nlabels = ['a', 'b']\npositive = ['a', 'b']", "positive classes among them"),
        ("[plan]\nwindow = [0, 1]" + MASKS, "if and only if a step names it"),
        ("[plan]\nsteps = ['window', 'squash']" + MASKS, "if and only if a step names it"),
        ("[plan]\nsteps = ['window', 'squash']\nwindow = [0.0]" + MASKS, "if and only if a step names it"),
        ("[plan]\nencoder = 'residual'\nstart = 'imagenet'" + MASKS, "lite0 only, got 'residual'"),
        ("[plan]\nstrength = -1" + MASKS, "`strength` must lie in 0 to 2, got -1"),
        ("[plan]\nsteps = ['window']\nwindow = [0, 1]\nunit = 'hu'" + MASKS, "`unit` must be one of any, HU, .*'hu'"),
        ("[plan]\nunit = 'SUVbw'" + MASKS, "must give a `window` of SUVbw"),
        ("[plan]\ndepth = 8" + MASKS, "encoder unet if and only if it has a depth, got 8"),
        ("[plan]\nencoder = 'unet'" + MASKS, "encoder unet if and only if it has a depth, got 0"),
        (DEEP + "depth = 6" + MASKS, "`depth` must lie in 2 to 512 and halve 2 times, got 6"),
        (DEEP + "depth = 8\nchannels = 3" + MASKS, "must train masks alone from fresh weights in grey"),
        (DEEP + "depth = 8\nnull_share = 0.1" + MASKS, "must train masks alone from fresh weights in grey"),
        ("[plan]\nmap_weight = 0.5" + MASKS, "`map_weight` above 0 only where it trains classes and masks"),
        ("[plan]\nmap_weight = -1" + MASKS, "`map_weight` above 0 only"),
        ("[plan]\nbits = 12" + MASKS, "8, 16 or 32, got 12"),
        ("[plan]\nempty_share = 1.5" + MASKS, "`empty_share` must lie in 0 to 1, got 1.5"),
        ("[plan]" + MASKS + "\n[[plan.masks]]\nname = 'b'\ncovers = ['a']", "`covers` of b must name masks .* after"),
        ("[plan]\nepoch = 1" + MASKS, "unknown key: epoch"),
        ("[plan]\ntask = 'segmentation'" + MASKS, "unknown key: task"),
        ("[plan]\nmasks = ['a']", "MaskTarget as a table, got str"),
        ("[plan]\n\n[[plan.masks]]\ncolumn = 'mask'", "must give name of each MaskTarget"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, message):
    with pytest.raises(InvalidCardError, match=message):
        read_plan(written(tmp_path, text))


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.parent.name)
def test_the_shipped_plans_are_read(path):
    found = read_plan(path)
    assert found.task == read_table(path, "card")["task"]
    assert found.modality in MODALITIES
    if found.positive:
        assert set(read_table(path, "card")["reading"]) == {"positive_text", "negative_text"}
