"""Folders of a training."""

import pytest

from medimg_core.errors import InputError
from medimg_core.training.course import check_name, find_folders, read
from tests.training import volumes
from tests.training.lesions import plan


def test_folders_that_the_plan_names_are_found_beside_the_first(tmp_path):
    for name in ("first", "second", "third"):
        (tmp_path / name).mkdir()
    chosen = plan(folders=("second",))
    assert [path.name for path in find_folders([tmp_path / "first"], chosen)] == ["first", "second"]
    given = [tmp_path / "first", tmp_path / "second", tmp_path / "third"]
    assert [path.name for path in find_folders(given, chosen)] == ["first", "second", "third"]
    with pytest.raises(InputError, match="needs the folder 'fourth' too"):
        find_folders([tmp_path / "first"], plan(folders=("fourth",)))


def test_volumes_of_two_folders_are_one_set(tmp_path):
    for name in ("first", "second"):
        volumes.write_volumes(tmp_path / name, counts=(2, 1))
    data = read([tmp_path / "first", tmp_path / "second"], volumes.plan(empty_share=0.0))
    assert len(data.train) == 2 * 2 * 3
    assert len(data.val) == 2 * 6
    assert data.train.stacks().max() == 3  # files of the same name in two folders are two volumes
    assert data.folders[0].name == "first"


@pytest.mark.parametrize(("name", "index", "refused"), [("a", 1, False), ("b", 1, True), ("b", 0, False)])
def test_the_first_folder_must_be_the_one_on_the_card(tmp_path, name, index, refused):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text("[[card.data]]\nname = 'a'\n")
    (tmp_path / name).mkdir()
    if index:
        (tmp_path / name / "index.csv").write_text("image\n")
    if refused:
        with pytest.raises(InputError, match="must have the name that the recipe's card gives it, 'a'"):
            check_name(tmp_path / name, recipe)
    else:
        check_name(tmp_path / name, recipe)
