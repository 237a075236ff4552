"""Which folders may be read, and what their indexes hold."""

import os

import pytest

from medimg_core.errors import IncompatibleInputError, UnreadableFileError
from pages._ui.evaluation import folders
from tests.pages.ui.evaluation.made import write_folder


@pytest.fixture
def root(tmp_path, monkeypatch):
    """MEDIMG_DATA with one folder in it, beside one that is not."""
    write_folder(tmp_path / "data" / "inside")
    write_folder(tmp_path / "outside")
    (tmp_path / "data" / "empty").mkdir()
    (tmp_path / "data" / "link").symlink_to(tmp_path / "outside")
    monkeypatch.setenv("MEDIMG_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def test_folders_with_an_index_are_offered(root, monkeypatch):
    assert folders.offered() == ("inside", "link")
    monkeypatch.setenv("MEDIMG_DATA", str(root / "nowhere"))
    assert folders.offered() == ()
    monkeypatch.delenv("MEDIMG_DATA")
    assert folders.offered() == ()
    assert folders.data_root() is None


def test_on_this_computer_alone_any_folder_is_read(root, tmp_path):
    assert folders.checked(f" {tmp_path / 'outside'} ", confine=False, root=root) == tmp_path / "outside"


@pytest.mark.parametrize("text", ["inside", "{root}/inside", "./inside/../inside", "{root}"])
def test_below_the_data_folder_is_read_where_others_come_in(root, text):
    path = folders.checked(text.format(root=root), confine=True, root=root)
    assert path.is_relative_to(os.path.realpath(root))


@pytest.mark.parametrize(
    "text", ["../outside", "{root}/../outside", "/etc", "link", "~", "{root}-beside", "inside/../../outside", "/"]
)
def test_nothing_else_is(root, text):
    if text == "~":  # no home of anybody: a folder of that name below the root, which is not there
        assert folders.checked(text, confine=True, root=root).name == "~"
        return
    with pytest.raises(IncompatibleInputError, match="must lie below MEDIMG_DATA; this one does not"):
        folders.checked(text.format(root=root), confine=True, root=root)


def test_a_folder_that_is_not_there_is_refused_in_the_same_words(root, tmp_path):
    said = set()
    for name in ("outside", "nowhere"):
        with pytest.raises(IncompatibleInputError) as caught:
            folders.checked(str(tmp_path / name), confine=True, root=root)
        said.add(str(caught.value))
    assert len(said) == 1
    assert str(tmp_path) not in said.pop()


def test_without_a_data_folder_nothing_is_read_where_others_come_in():
    with pytest.raises(IncompatibleInputError, match="MEDIMG_DATA alone, which is not set"):
        folders.checked("/data", confine=True, root=None)


@pytest.mark.parametrize("text", ["", "   ", "a\0b", "~nobody-of-this-name/x"])
def test_what_is_no_path(text):
    with pytest.raises(IncompatibleInputError, match="must be given as a path"):
        folders.checked(text, confine=False, root=None)


def test_what_an_index_holds(root):
    held = folders.contents(root / "inside")
    assert held.splits == {"val": 6}
    assert held.labels == {"val": {"benign": 3, "malignant": 3}}
    assert held.masks == {"val": {"mask": 6}}
    assert str(root) not in repr(held)


def test_an_index_is_read_again_only_when_it_changed(root):
    held = folders.contents(root / "inside")
    assert folders.contents(root / "inside", held) is held
    write_folder(root / "inside", count=4, split="")
    again = folders.contents(root / "inside", held)
    assert again.splits == {"": 4}


def test_a_folder_without_an_index_is_told(root):
    with pytest.raises(UnreadableFileError, match=r"must hold index\.csv"):
        folders.contents(root / "empty")


def test_what_the_system_does_not_let_be_read_is_told(tmp_path):
    with pytest.raises(UnreadableFileError, match="must be readable"):
        folders.contents(tmp_path / ("x" * 300))
