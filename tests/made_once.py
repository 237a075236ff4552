"""What is dear to make and the same for every test: made once a run, whichever of its processes asks first."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def shared_folder(factory: pytest.TempPathFactory, name: str) -> Path:
    """A private folder of this run, the same for all of its worker processes.

    Args:
        factory: Pytest's own; each worker has its folder below that of the run.
        name: Of the folder.
    """
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder = base / f"shared_{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that ``make`` fills; who asks while it does so waits, and one that was not filled is begun anew.

    Args:
        factory: Pytest's own.
        name: What is made.
        make: Fills the empty folder it is given. What it raises goes to whoever asked.
    """
    place = shared_folder(factory, "made")
    folder, done = place / name, place / f"{name}.done"
    with (place / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # goes with the process, so a crash leaves none behind
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder
