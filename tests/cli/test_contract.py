"""The command line's contract: one JSON object out, clear exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medimg_core.cli import main


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "medimg_core", *arguments], capture_output=True, text=True, timeout=240, check=False
    )


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "ramp.png"
    ramp = np.add.outer(np.arange(40), np.arange(60)).astype(np.uint8)
    Image.fromarray(ramp).save(path)
    return path


def test_standard_output_holds_one_json_object_and_nothing_else(picture: Path) -> None:
    done = run("inspect", str(picture), "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert set(answer) >= {"studies", "refused"}
    (series,) = answer["studies"][0]["series"]
    assert (series["slices"], series["rows"], series["columns"], series["frames"]) == (1, 40, 60, 1)
    assert series["spacing_mm"] is None
    assert series["unit"] == "unknown"
    assert series["files"] == 1


def test_a_file_that_cannot_be_read_is_refused_with_a_reason(tmp_path: Path, picture: Path) -> None:
    broken = tmp_path / "broken.bin"
    broken.write_bytes(b"not an image at all")
    done = run("inspect", str(picture), str(broken), "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert len(answer["studies"]) == 1
    (refused,) = answer["refused"]
    assert refused["file"].endswith("broken.bin")
    assert refused["reason"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["bogus"], 2, "invalid choice"),
        (["predict"], 2, "required"),
        ([], 2, "required"),
        (["predict", "no_such_model", "x.png"], 1, "model id must be one of"),
        (["models", "no_such_model"], 1, "model id must be one of"),
        (["evaluate", "no_such_model", "folder", "--robustness-n", "0"], 2, "whole number of 1 or more"),
    ],
)
def test_exit_codes(arguments: list[str], code: int, words: str) -> None:
    done = run(*arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_missing_file_is_a_clear_error_or_refusal(tmp_path: Path) -> None:
    done = run("predict", "chest_xray_pneumonia", str(tmp_path / "missing.png"), "--json")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("command", [["predict"], ["segment"], ["explain"]])
def test_an_empty_folder_is_said_to_be_empty(
    tmp_path: Path, command: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    out = [] if command == ["predict"] else ["--out", str(tmp_path / "out.png")]
    (tmp_path / "empty").mkdir()
    assert main([*command, "breast_ultrasound", str(tmp_path / "empty"), *out]) == 1
    assert "the folder must hold files; it is empty" in capfd.readouterr().err


def test_models_answer_carries_every_figure_with_its_context() -> None:
    done = run("models", "--json")
    assert done.returncode == 0, done.stderr
    models = {row["id"]: row for row in json.loads(done.stdout)["models"]}
    for figure in models["chest_xray_pneumonia"]["metrics"]:
        assert set(figure) == {"name", "value", "ci", "n", "data", "note"}


def test_main_returns_the_exit_code_in_process(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "no_such_model"]) == 1
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "model id must be one of" in captured.err
