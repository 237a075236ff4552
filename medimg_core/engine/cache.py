"""Exported models on disk: private, written atomically, rebuilt once when damaged.

The folder is ``MEDIMG_CACHE`` where set, else ``~/.cache/medimg``, mode 0700. An entry is named by the
weights' SHA-256, the export's format and the layers exported, so it never has to be refreshed. It holds
nothing of any patient.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from medimg_core.engine.export import FORMAT, spec_of
from medimg_core.errors import ModelError
from medimg_core.registry import ModelCard, sha256_of

__all__ = ["cache_dir", "discard", "entry", "entry_folder", "is_whole"]

_EXPORT_SECONDS = 600
_FILES = ("model.onnx", "head.npz")


def cache_dir() -> Path:
    """Folder of exported models; made with mode 0700 where there is none.

    Raises:
        ModelError: It cannot be made or written to.
    """
    chosen = os.environ.get("MEDIMG_CACHE")
    folder = Path(chosen) if chosen else Path.home() / ".cache" / "medimg"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(f"the cache folder must be one that can be made (MEDIMG_CACHE): {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ModelError("the cache folder must be writable (MEDIMG_CACHE); it is not")
    return folder


def entry(card: ModelCard) -> Path:
    """Folder of a card's exported model; made and filled when missing or damaged.

    Two processes that ask at the same time export once: the second waits for the first.

    Args:
        card: The model; its weights must have been checked.

    Raises:
        ModelError: The export fails, or the cache folder cannot be used.
    """
    folder = entry_folder(card)
    if is_whole(folder, card.sha256):
        return folder
    with _locked(folder):
        if not is_whole(folder, card.sha256):
            _build(card, folder)
    return folder


def discard(card: ModelCard) -> None:
    """Take a card's entry away, so that the next :func:`entry` builds it again."""
    folder = entry_folder(card)
    with _locked(folder):
        shutil.rmtree(folder, ignore_errors=True)


def is_whole(folder: Path, weights_sha256: str) -> bool:
    """Whether an entry is complete and its files are those that were written."""
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        return (
            isinstance(meta, dict)
            and meta["format"] == FORMAT
            and meta["weights_sha256"] == weights_sha256
            and set(_FILES) <= set(meta["files"])
            and all(found == sha256_of(folder / name) for name, found in meta["files"].items())
        )
    except (OSError, ValueError, KeyError, TypeError):  # missing, cut short, or not what was written
        return False


def entry_folder(card: ModelCard) -> Path:
    """Where a card's exported model lies, or will."""
    spec = spec_of(card)
    layers = hashlib.sha256(spec.key().encode()).hexdigest()
    return cache_dir() / f"{card.sha256[:32]}-{FORMAT}-{layers[:8]}"


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the entry's lock file; it goes with the process, so a crash leaves none behind."""
    with folder.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(card: ModelCard, folder: Path) -> None:
    work = Path(tempfile.mkdtemp(prefix=".export-", dir=folder.parent))
    try:
        filled = work / "filled"
        filled.mkdir(mode=0o700)
        spec = work / "spec.json"
        spec.write_text(json.dumps(asdict(spec_of(card))), encoding="utf-8")
        _run(card.id, spec, filled)
        if not is_whole(filled, card.sha256):
            raise ModelError(f"the export of model {card.id} must be complete; what came is not")
        shutil.rmtree(folder, ignore_errors=True)
        filled.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _run(model_id: str, spec: Path, out: Path) -> None:
    """Export in a process of its own; its chatter is kept away from standard output."""
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, environment.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "medimg_core.engine.export", str(spec), str(out)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, arguments are paths that we made
            command, env=environment, capture_output=True, text=True, timeout=_EXPORT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"the export of model {model_id} must end within {_EXPORT_SECONDS} s; it did not") from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise ModelError(f"model {model_id} could not be exported to ONNX: {lines[-1][:300] if lines else 'no reason'}")
