"""Image files of validation cases."""

import pytest

from medimg_core.errors import UnreadableFileError
from medimg_core.evaluation.pictures import FOLDER, pictures


def index(folder, *rows: str, columns: str = "image,split") -> None:
    folder.mkdir(exist_ok=True)
    (folder / "index.csv").write_text("\n".join([columns, *rows]) + "\n", encoding="utf-8")
    for row in rows:
        path = folder / row.split(",")[0]
        path.parent.mkdir(exist_ok=True)
        path.touch()


def test_no_folder_is_guessed(monkeypatch, tmp_path):
    monkeypatch.delenv(FOLDER, raising=False)
    monkeypatch.chdir(tmp_path)
    index(tmp_path, "a.png,val")
    assert pictures() == {}


def test_the_setting_or_the_caller_names_the_folder(monkeypatch, tmp_path):
    index(tmp_path / "one", "a.png,val")
    index(tmp_path / "two", "b.png,val")
    monkeypatch.setenv(FOLDER, str(tmp_path / "one"))
    assert pictures() == {"a": tmp_path / "one" / "a.png"}
    assert pictures(tmp_path / "two") == {"b": tmp_path / "two" / "b.png"}


def test_a_folder_without_an_index_holds_no_known_case(monkeypatch, tmp_path):
    monkeypatch.setenv(FOLDER, str(tmp_path / "nowhere"))
    assert pictures() == {}


def test_only_validation_rows_with_a_name_of_their_own(tmp_path):
    index(tmp_path, "x/a.png,val", "x/b.png,train", "x/c.png,val", "y/c.png,val")
    assert pictures(tmp_path) == {"a": tmp_path / "x" / "a.png"}


def test_without_splits_all_rows_count(tmp_path):
    index(tmp_path, "a.png", "b.png", columns="image")
    assert set(pictures(tmp_path)) == {"a", "b"}


def test_a_damaged_index_is_told(tmp_path):
    index(tmp_path, "a.png", columns="picture")
    with pytest.raises(UnreadableFileError, match="column `image`"):
        pictures(tmp_path)
