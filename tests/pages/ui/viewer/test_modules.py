"""The viewer's modules, tested by node's own runner; what the core gives too is computed here, in Python."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.pages.ui.viewer.reference import EXPECTED

HERE = Path(__file__).parent
MODULES = HERE.parents[3] / "pages" / "_ui" / "viewer"
TESTS = sorted(HERE.glob("*.test.mjs"))
OLDEST = 18
IN_THE_BROWSER = {"icons", "panels", "viewer"}
"""Modules of the page's own elements: tests/browser drives them in a real browser."""


def _version(node: str) -> int:
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=60)
    return int(done.stdout.removeprefix("v").split(".")[0])


@pytest.fixture(scope="session")
def node() -> str:
    """The machine's node when it is new enough, else the one that Playwright carries: nothing has to be installed."""
    found = shutil.which("node")
    if found and _version(found) >= OLDEST:
        return found
    from playwright._impl._driver import compute_driver_executable

    return str(compute_driver_executable()[0])


@pytest.fixture(scope="session")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("expected")
    for name, make in EXPECTED.items():
        (folder / f"{name}.json").write_text(json.dumps(make(), allow_nan=False), encoding="utf-8")
    return folder


def test_every_module_has_a_test() -> None:
    tested = {path.name.removesuffix(".test.mjs") for path in TESTS}
    assert tested == {path.stem for path in MODULES.glob("*.js")} - IN_THE_BROWSER


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name.removesuffix(".test.mjs"))
def test_module(path: Path, node: str, expected: Path) -> None:
    environment = os.environ | {"MEDIMG_EXPECTED": str(expected), "NO_COLOR": "1"}
    done = subprocess.run(
        [node, "--test", str(path)], capture_output=True, encoding="utf-8", check=False, env=environment, timeout=120
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert re.search(r"^\S+ pass [1-9]", done.stdout, re.MULTILINE), done.stdout
