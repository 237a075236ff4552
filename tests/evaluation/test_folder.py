"""Folders with an index."""

import pytest

from medimg_core.errors import UnreadableFileError
from medimg_core.evaluation.folder import read_folder


def write(folder, text, files=("a.png", "b.png", "m.png")):
    for name in files:
        (folder / name).write_bytes(b"x")
    (folder / "index.csv").write_text(text, encoding="utf-8")
    return folder


def test_rows_carry_label_group_split_and_masks(tmp_path):
    text = "image,mask,epi_mask,label,subtype,patient,split\na.png,m.png,,yes,fine,p1,train\nb.png,,,no,,p2,val\n"
    first, second = read_folder(write(tmp_path, text))
    assert (first.label, first.subtype, first.group, first.split, first.case) == ("yes", "fine", "p1", "train", "a")
    assert dict(first.masks) == {"mask": tmp_path / "m.png"}
    assert dict(second.masks) == {}
    assert (first.columns["patient"], second.columns["patient"]) == ("p1", "p2")
    assert "subtype" not in second.columns


def test_further_columns_are_kept(tmp_path):
    first, second = read_folder(write(tmp_path, "image,age,grade\na.png,44,2\nb.png,,1\n"))
    assert (first.columns["age"], first.columns["grade"], dict(second.columns)) == (
        "44",
        "2",
        {"image": "b.png", "grade": "1"},
    )


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("image,group\na.png,g1\nb.png,g1\n", ["g1", "g1"]),
        ("image\na.png\nb.png\n", ["a.png", "b.png"]),
    ],
)
def test_group_column(tmp_path, text, groups):
    assert [row.group for row in read_folder(write(tmp_path, text))] == groups


def test_split_is_kept_where_there_is_one(tmp_path):
    with_split = write(tmp_path, "image,split\na.png,train\nb.png,val\n")
    assert [row.case for row in read_folder(with_split, "val")] == ["b"]
    without = write(tmp_path, "image\na.png\nb.png\n")
    assert len(read_folder(without, "val")) == 2


def test_no_patient_in_the_representation(tmp_path):
    (row, _) = read_folder(write(tmp_path, "image,patient\na.png,Doe\nb.png,Doe\n"))
    assert "Doe" not in repr(row)


@pytest.mark.parametrize(
    ("text", "split", "message"),
    [
        ("name\na.png\n", None, "column `image`, got name"),
        ("image\n", None, "at least one row"),
        ("image\n\nmissing.png\n", None, "line 2 names a file that is not there"),
        ("image\n../a.png\n", None, "inside the folder"),
        ("image,mask\na.png,../m.png\n", None, "inside the folder"),
        ("image,label\n,yes\n", None, "line 2 must name an image"),
        ("image,split\na.png,train\n", "test", "one of train, got 'test'"),
        ("image\na.png,one,two\n", None, "line 2 must have 1 fields"),
        ("image\na\0.png\n", None, "fields of plain text|comma-separated values"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, split, message):
    with pytest.raises(UnreadableFileError, match=message):
        read_folder(write(tmp_path, text), split)


def test_an_index_is_needed(tmp_path):
    with pytest.raises(UnreadableFileError, match=r"must hold index\.csv"):
        read_folder(tmp_path)


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path):
    assert len(read_folder(write(tmp_path, "\ufeffimage\na.png\n"))) == 1


def test_an_index_in_another_encoding_is_refused(tmp_path):
    write(tmp_path, "image\n")
    (tmp_path / "index.csv").write_bytes(b"image,label\na.png,Lungenentz\xfcndung\n")
    with pytest.raises(UnreadableFileError, match="UTF-8"):
        read_folder(tmp_path)


def test_what_the_system_does_not_let_be_read_is_told(tmp_path):
    with pytest.raises(UnreadableFileError, match="must be readable"):
        read_folder(tmp_path / ("x" * 300))
