"""One of those who ask makes it, all of them get it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.keras_process import ROOT
from tests.made_once import made_once, shared_folder

WORKER = """
import os, sys, time
from pathlib import Path
from tests.made_once import made_once

class Factory:
    def getbasetemp(self):
        return Path(sys.argv[1])

def make(folder):
    time.sleep(0.3)  # the others ask meanwhile
    (folder / str(os.getpid())).touch()

print(*(path.name for path in made_once(Factory(), "thing", make).iterdir()))
"""


class Factory:
    """Pytest's own, as one process has it."""

    def __init__(self, base: Path) -> None:
        self.base = base

    def getbasetemp(self) -> Path:
        return self.base


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """Outside of the workers of the run that this test is in."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)


def test_processes_that_ask_at_once_get_one_and_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "any")
    asking = [
        subprocess.Popen([sys.executable, "-c", WORKER, str(tmp_path / name)], cwd=ROOT, stdout=subprocess.PIPE)
        for name in ("first", "second", "third")
    ]
    said = [process.communicate(timeout=60)[0].split() for process in asking]
    assert [process.returncode for process in asking] == [0, 0, 0]
    assert len(said[0]) == 1
    assert said == [said[0]] * 3


def test_it_is_made_once_and_what_failed_is_begun_anew(tmp_path):
    made = []

    def make(folder):
        assert list(folder.iterdir()) == []
        made.append(folder)
        (folder / "half").touch()
        if len(made) == 1:
            raise OSError("no room")
        (folder / "whole").touch()

    with pytest.raises(OSError, match="no room"):
        made_once(Factory(tmp_path), "thing", make)
    folders = [made_once(Factory(tmp_path), "thing", make) for _ in range(3)]
    assert made == [folders[0]] * 2
    assert folders == [folders[0]] * 3
    assert sorted(path.name for path in folders[0].iterdir()) == ["half", "whole"]
    assert made_once(Factory(tmp_path), "other", lambda folder: None) != folders[0]


def test_a_shared_folder_is_private(tmp_path):
    folder = shared_folder(Factory(tmp_path), "cache")
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o777 == 0o700
    assert shared_folder(Factory(tmp_path), "cache") == folder
