"""A process of its own for TensorFlow and training, so that the pages' process never loads them.

The parent sends a function of the core and its arguments; the child answers with progress and, last, the
result or the error, each as one pickled message with its length in front. ``multiprocessing`` would run
the page again in the child, because Streamlit puts the page in the place of ``__main__``.
"""

import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from medimg_core.errors import MedImgError

__all__ = ["WorkerError", "run_in_worker"]

_ROOT = Path(__file__).resolve().parents[2]
_POLL_SECONDS = 0.2


class WorkerError(MedImgError):
    """The worker process ended without an answer."""


def run_in_worker(
    work: Callable[..., Any], arguments: tuple[Any, ...], progress: Callable[[int, int, str], None]
) -> Any:
    """Run a function in a fresh process and wait for it.

    Args:
        work: A function of a module; called with ``arguments`` and ``progress=``.
        arguments: Pickled for the way.
        progress: Called with what the function reports, and again every moment in between; when it
            raises, the process is killed.

    Returns:
        What the function returned.

    Raises:
        WorkerError: The process died.
        Exception: What the function or ``progress`` raised.
    """
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    process = subprocess.Popen(
        [sys.executable, "-m", "pages._ui.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        _write(process.stdin, (work, arguments))
        answers: queue.Queue[tuple[str, Any]] = queue.Queue()
        threading.Thread(target=_collect, args=(process.stdout, answers), daemon=True).start()
        return _result(answers, progress)
    finally:
        process.kill()
        process.wait()
        process.stdin.close()


def _result(answers: "queue.Queue[tuple[str, Any]]", progress: Callable[[int, int, str], None]) -> Any:
    step = (0, 0, "")
    while True:
        try:
            kind, value = answers.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            progress(*step)  # raises when the user stopped the task
            continue
        if kind == "progress":
            step = value
            progress(*step)
        elif kind == "error":
            raise value
        else:
            return value


def _collect(pipe: IO[bytes], answers: "queue.Queue[tuple[str, Any]]") -> None:
    with pipe:
        kind = ""
        while kind not in ("result", "error"):
            message = _read(pipe)
            if message is None:
                answers.put(("error", WorkerError("the worker process ended before its task was done")))
                return
            kind = message[0]
            answers.put(message)


def _write(pipe: IO[bytes], message: Any) -> None:
    body = pickle.dumps(message)
    pipe.write(len(body).to_bytes(8, "big") + body)
    pipe.flush()


def _read(pipe: IO[bytes]) -> Any:
    head = pipe.read(8)
    if len(head) < 8:
        return None
    body = pipe.read(int.from_bytes(head, "big"))
    return pickle.loads(body)  # noqa: S301 - from our own process, over our own pipe


def main() -> None:
    """Serve one task: read it, run it, answer."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # libraries print; the pipe is for answers alone
    work, arguments = _read(sys.stdin.buffer)

    def progress(done: int, total: int, text: str = "") -> None:
        _write(answers, ("progress", (done, total, text)))

    try:
        message = ("result", work(*arguments, progress=progress))
    except Exception as error:  # noqa: BLE001 - it is raised again in the parent
        message = ("error", error)
    _write(answers, message)


if __name__ == "__main__":
    main()
