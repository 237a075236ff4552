"""The house rules that no linter knows."""

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import medimg_core

ROOT = Path(__file__).resolve().parent.parent
MODULES = [
    info.name
    for info in pkgutil.walk_packages(medimg_core.__path__, "medimg_core.")
    if not info.name.endswith("__main__")
]


@pytest.mark.parametrize(
    ("pattern", "limit"), [("medimg_core/**/*.py", 300), ("pages/*.py", 120)], ids=["core", "pages"]
)
def test_files_stay_short(pattern: str, limit: int) -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in ROOT.glob(pattern)}
    assert lengths
    assert {str(path): lines for path, lines in lengths.items() if lines > limit} == {}


def test_no_room_without_a_noun() -> None:
    names = {path.stem for folder in ("medimg_core", "pages") for path in (ROOT / folder).rglob("*.py")}
    assert names.isdisjoint({"utils", "helpers", "common", "constants", "misc"})


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith(("#", "-r"))]
    assert lines
    for line in lines:
        assert re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][0-9A-Za-z.]*", line), line


@pytest.mark.parametrize("name", MODULES)
def test_every_exported_name_exists(name: str) -> None:
    module = importlib.import_module(name)
    for exported in getattr(module, "__all__", ()):
        assert hasattr(module, exported), f"{name}.{exported}"


@pytest.mark.parametrize("name", [name for name in MODULES if name.count(".") == 1])
def test_importing_a_room_loads_no_heavy_library(name: str) -> None:
    heavy = ("tensorflow", "keras", "onnxruntime", "sklearn", "nibabel", "pydicom", "streamlit", "matplotlib")
    code = f"import sys, {name}; print(*[h for h in {heavy!r} if h in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []
