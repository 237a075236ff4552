"""Recipes for further organs: each is a plan that can be trained, and a card's text."""

import pytest

from medimg_core.errors import UnknownModelError
from medimg_core.training.plan import read_plan
from medimg_core.training.recipe import read_about
from medimg_core.training.stages import SHIPPED, places

RECIPES = sorted(SHIPPED.glob("*.toml"))

WANTED = {
    "brain_flair_without_masks": (1, 0, "any", 0),
    "gi_polyps": (3, 0, "any", 1),
    "heart_mri": (1, 0, "any", 3),
    "hippocampus_mri": (1, 48, "any", 3),
    "sarcoma_pet": (1, 0, "SUVbw", 1),
}
"""Channels, depth and unit of the input, and logits a pixel."""


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_it_is_a_plan_and_a_text(path):
    plan, about = read_plan(path), read_about(path)
    spec = plan.input
    assert (spec.channels, spec.depth, spec.unit, plan.mask_channels) == WANTED[path.stem]
    assert plan.task == about["task"] == ("segmentation" if plan.masks else "classification")
    assert about["limits"]
    assert about["population"]["never_measured"]
    assert about["intended_use"].endswith("Not for diagnosis.")
    sets = {source["name"]: source["n"] for source in about["data"]}
    (counts,) = [count for count in sets.values() if count]
    assert set(counts) == {"train", "val"}
    assert ("ImageNet-1k (encoder's first weights)" in sets) == (plan.start == "imagenet")


def test_all_are_here():
    assert {path.stem for path in RECIPES} == set(WANTED)


def test_a_model_s_own_recipe_goes_first(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDIMG_MODELS", str(tmp_path / "models"))
    recipe, folder, run = places("gi_polyps", None)
    assert recipe == SHIPPED / "gi_polyps.toml"
    assert (folder, run) == (tmp_path / "models" / "gi_polyps", tmp_path / "runs" / "gi_polyps")
    own = folder / "recipe.toml"
    own.parent.mkdir(parents=True)
    own.write_text("[plan]\n")
    assert places("gi_polyps", None)[0] == own
    assert places("gi_polyps", tmp_path / "out")[1] == tmp_path / "out" / "gi_polyps"


def test_another_name_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDIMG_MODELS", str(tmp_path))
    with pytest.raises(
        UnknownModelError,
        match="one of brain_flair_without_masks, gi_polyps, heart_mri, hippocampus_mri, sarcoma_pet, got 'spleen'",
    ):
        places("spleen", None)
