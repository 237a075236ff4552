"""What is given: every path ends as a file or as a refusal that does not quote it."""

from pathlib import Path

import pytest

from medimg_core.errors import UnreadableFileError
from medimg_core.io import open_study
from medimg_core.io.inputs import gather


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("DOE^JANE" * 1000, "the path cannot be read: file name too long"),
        ("DOE^JANE/" * 1000, "the path cannot be read: file name too long"),
        ("DOE^JANE\0", "a path must not hold characters that no file name has"),
        ("DOE^JANE\ud800", "a path must not hold characters that no file name has"),
        ("DOE^JANE", "there is no such file"),
        (f"{Path(__file__)}/DOE^JANE", "there is no such file"),
    ],
)
def test_a_path_that_cannot_be_asked_for_is_refused_unquoted(path, reason):
    (given,) = gather([path])
    assert isinstance(given.reason, UnreadableFileError)
    assert str(given.reason) == reason
    opened = open_study([path, ("notes.txt", b"text")])
    assert opened.refused[0].reason == reason
    assert len(opened.refused) == 2


def test_a_loop_of_links_is_refused_unquoted(tmp_path: Path):
    (tmp_path / "DOE").symlink_to(tmp_path / "JANE")
    (tmp_path / "JANE").symlink_to(tmp_path / "DOE")
    (given,) = gather([tmp_path / "DOE"])
    assert str(given.reason) == "the path cannot be read: too many levels of symbolic links"
