"""What a card says of the data that a training read."""

import numpy as np
import pytest

from medimg_core.errors import InputError
from medimg_core.evaluation.seen import seen
from medimg_core.registry import read_card
from medimg_core.training import train
from medimg_core.training.finish import sets_of
from medimg_core.training.provenance import DataSet, claim, data_set, source_rows, strange_limit
from medimg_core.training.stages import read_data
from tests.training.lesions import picture, write_index, write_lesions
from tests.training.small import recipe, write_folders

ROWS = [
    {"name": "a", "licence": "CC0", "n": {"train": 9, "val": 3}, "split": "by patient"},
    {"name": "b", "licence": "CC BY", "n": {"train": 5}, "split": "by group"},
    {"name": "photographs", "licence": "none", "n": {}, "split": "theirs"},
]


def read(*names):
    return [DataSet(name, {"train": 4, "val": 2}) for name in names]


def told(name, licence):
    return {"name": name, "licence": licence, "n": {"train": 4, "val": 2}, "split": "index.csv"}


A, B, PHOTOGRAPHS = ROWS
X, Y = (told("x", f"not known to this recipe; {of}") for of in ("a: CC0", "b: CC BY"))


@pytest.mark.parametrize(
    ("names", "meant", "expected"),
    [
        ("a b", "a b", ROWS),
        ("b a", "a b", ROWS),
        ("a", "a", ROWS),
        ("a.npz", "a", ROWS),
        ("x", "a", [X, B, PHOTOGRAPHS]),
        ("x b", "a b", [X, B, PHOTOGRAPHS]),
        ("a x", "a b", [A, {**Y, "name": "x"}, PHOTOGRAPHS]),
        ("x y", "a b", [X, {**Y, "name": "y"}, PHOTOGRAPHS]),
        ("a z", "a", [A, told("z", "not known to this recipe"), B, PHOTOGRAPHS]),
        ("photographs", "a", [told("photographs", X["licence"]), B, PHOTOGRAPHS]),
    ],
)
def test_a_card_names_what_was_read(names, meant, expected):
    assert source_rows(ROWS, read(*names.split()), meant.split()) == expected


@pytest.mark.parametrize(
    ("names", "expected"), [("a b", []), ("x b", ["Trained on x, "]), ("x y", ["Trained on x and y, "])]
)
def test_a_card_says_that_its_texts_were_written_for_other_data(names, expected):
    found = strange_limit(ROWS, read(*names.split()), ["a", "b"])
    assert [text[: len(begins)] for text, begins in zip(found, expected, strict=True)] == expected
    assert all("it was written for a and b" in text for text in found)


def index(folder, splits):
    images = [picture(folder / f"{number}.png", np.zeros((8, 8), np.uint8)).name for number in range(len(splits))]
    if any(splits):
        return write_index(folder, zip(images, splits, strict=True), ("image", "split"))
    return write_index(folder, ([image] for image in images), ("image",))


def test_rows_of_an_index_are_counted(tmp_path):
    split = DataSet("s", {"train": 3, "val": 2})
    whole = DataSet("w", {"train": 2, "val": 2}, "index.csv, which names no split: train and val are the same rows")
    assert data_set(index(tmp_path / "s", ["train", "val", "train", "test", "val", "train"]), {}) == split
    assert data_set(index(tmp_path / "w", ["", ""]), {}) == whole


def test_without_an_index_what_was_read_is_counted(tmp_path):
    (tmp_path / "m.npz").write_bytes(b"")
    assert data_set(tmp_path, {"train": 7, "val": 1}) == DataSet(
        tmp_path.name, {"train": 7, "val": 1}, "folders train, val"
    )
    assert data_set(tmp_path / "m.npz", {"train": 7}) == DataSet("m.npz", {"train": 7}, "the file's own")


@pytest.mark.parametrize(("rows", "names"), [(ROWS[:1], ["part"]), (ROWS, ["part", "chest_lungs"])])
def test_lung_masks_are_named_where_the_recipe_names_them(tmp_path, rows, names):
    write_folders(tmp_path).rename(tmp_path / "part")
    found, meant = sets_of({"data": rows}, read_data([tmp_path / "part"], recipe()))
    assert [one.name for one in found] == names
    assert meant == ("a", "b")[: len(names)]
    claim(tmp_path, found, meant, resume=True)  # JSON takes them
    assert [dict(one.n) for one in found] == [{"train": 30, "val": 15}, {"train": 15, "val": 9}][: len(names)]


# --- going on with a run ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noted", "names", "resume", "outcome"),
    [
        ("x", "x", True, "goes on"),
        ("x", "y", True, "refused"),
        ("x", "y", False, "begins"),
        ("x", "x", False, "goes on"),
        ("", "a", True, "goes on"),
        ("", "x", True, "refused"),
        ("", "x", False, "begins"),
    ],
)
def test_a_run_goes_on_with_its_own_data_only(tmp_path, noted, names, resume, outcome):
    if noted:
        claim(tmp_path, read(noted), ["a"], resume=True)
    checkpoint = tmp_path / "checkpoint.npz"
    checkpoint.write_bytes(b"weights")
    if outcome == "refused":
        with pytest.raises(InputError, match=f"the data that it began with, {noted or 'a'} as it was then"):
            claim(tmp_path, read(names), ["a"], resume=resume)
    else:
        claim(tmp_path, read(names), ["a"], resume=resume)
        claim(tmp_path, read(names), ["a"], resume=True)
    assert checkpoint.exists() == (outcome != "begins")


# --- from a folder of another name to the card ----------------------------------------------------

RECIPE = """
[plan]
modality = "mr"
size = 32
cache_side = 32
encoder = "residual"
widths = [4, 8]
head = 8
decoder = [8, 4]
epochs = 2
batch = 4

[[plan.masks]]
name = "blob"

[card]
title = "Blobs"
task = "segmentation"
intended_use = "Tests only."
modality = ["MR"]
body_part = ["HEAD"]
weights_licence = "CC0-1.0"
limits = ["Says nothing."]

[card.mask]
extent = "image"

[card.population]
sites = "drawn"
never_measured = ["everything"]

[[card.data]]
name = "lesions"
licence = "CC0 (drawn)"
n = { train = 70, val = 20 }
split = "none"
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a model that was trained on a folder of another name than its recipe's."""
    root = tmp_path_factory.mktemp("other")
    (root / "models" / "blobs").mkdir(parents=True)
    (root / "models" / "blobs" / "recipe.toml").write_text(RECIPE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDIMG_MODELS", str(root / "models"))
        train("blobs", [write_lesions(root / "my part", (4, 2))], out=root / "out")
        with pytest.raises(InputError, match="my part as it was then"):
            train("blobs", [write_lesions(root / "lesions", (4, 2))], out=root / "out")
    return root / "out" / "blobs"


def test_the_card_carries_the_folders_name(trained):
    card = read_card(trained)
    (source,) = card.data
    assert (source.name, dict(source.n), source.split) == ("my part", {"train": 12, "val": 6}, "index.csv")
    assert source.licence == "not known to this recipe; lesions: CC0 (drawn)"
    assert {figure.data for figure in card.metrics} == {"my part val"}
    assert [seen(card, name, "val") for name in ("my part", "lesions")] == ["tuned", None]
    assert seen(card, "my part", "train") == "trained"
    assert any("Trained on my part, which the recipe does not know" in text for text in card.limits)


def test_recipe_and_licence_come_with_the_model(trained):
    assert (trained / "recipe.toml").read_text() == RECIPE
    assert "- my part: not known to this recipe; lesions: CC0 (drawn)" in (trained / "LICENSE").read_text()
    assert "medimg train blobs 'my part'" in (trained / "README.md").read_text()
