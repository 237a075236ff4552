"""Bytes of a file, wherever they are: read the same, and never from a file that has changed since."""

import os
from pathlib import Path

import pytest

from medimg_core.errors import UnreadableFileError
from medimg_core.io import open_study
from medimg_core.io.contents import HEAD, Content
from tests.io import made
from tests.io.test_opening import counted, only, voxels

BYTES = bytes(range(256)) * 20


@pytest.fixture(params=["at hand", "on disk"])
def content(request: pytest.FixtureRequest, tmp_path: Path) -> Content:
    if request.param == "at hand":
        return Content.of(BYTES)
    (tmp_path / "file").write_bytes(BYTES)
    return Content.at(tmp_path / "file")


def test_bytes_are_the_same_at_hand_and_on_disk(content: Content):
    assert (content.size, content.head, content.whole()) == (len(BYTES), BYTES[:HEAD], BYTES)
    assert content.digest() == Content.of(BYTES).digest()
    with content.stream() as stream:
        assert stream.read(300) == BYTES[:300]


@pytest.mark.parametrize(("start", "length"), [(0, 10), (5000, 10), (5100, 1000), (6000, 5), (10, 0)])
def test_parts_end_where_the_file_ends(content: Content, start: int, length: int):
    assert bytes(content.part(start, length)) == BYTES[start : start + length]


def test_a_file_that_changed_is_not_read(tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(BYTES)
    content = Content.at(path)
    path.write_bytes(BYTES[:-1])
    for read in (content.whole, content.digest, lambda: content.part(0, 4)):
        with pytest.raises(UnreadableFileError, match="changed while it was being read"):
            read()
    path.unlink()
    with pytest.raises(UnreadableFileError, match="the file cannot be read: no such file"):
        content.whole()


def test_files_that_change_while_they_are_opened_are_refused_and_the_others_read(tmp_path: Path):
    paths = [tmp_path / f"{index}.dcm" for index in range(4)]
    for index, path in enumerate(paths):
        path.write_bytes(made.packed(made.ct_slice(index, rows=200, columns=200)))

    def touch(done: int, total: int, text: str) -> None:
        if text == "Decoding images" and done == 0:
            os.utime(paths[2], ns=(1, 1))

    opened = open_study([*paths, ("memory", made.packed(made.ct_slice(4, rows=200, columns=200)))], progress=touch)
    assert [refused.reason for refused in opened.refused] == ["the file changed while it was being read"]
    assert counted(opened) == 5
    series = only(opened)
    assert voxels(series).array[:, 1, 1].tolist() == [11, 111, 311, 411]
    assert "1 file of this stack is left out" in series.warnings[0]


def test_names_are_not_in_repr(content: Content):
    assert repr(content) == f"Content(size={len(BYTES)})"
