"""A Python process of its own for functions that load heavy libraries; it is started when first needed.

The parent sends a function of a module and its arguments; the child answers with progress and, last, the result or
the error, each as one pickled message with its length in front. ``multiprocessing`` would run the caller's main
program again in the child: under Streamlit that is the page. What libraries print goes to standard error: standard
output carries answers alone. The child ends as soon as its parent's end of the pipe is gone, however the parent ended.
"""

import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from medimg_core.errors import Cancelled, MedImgError

__all__ = ["Process", "ProcessEndedError", "serve"]

Progress = Callable[[int, int, str], None]

_ROOT = Path(__file__).resolve().parents[2]
_POLL_SECONDS = 0.2


class ProcessEndedError(MedImgError):
    """The process ended without an answer."""


class Process:
    """Runs functions one at a time, in the order of the threads that ask.

    Args:
        environment: Variables on top of this process's own.
        patience: Seconds that a function which was stopped may take until its next report of progress; after them
            the process is killed, and the next function starts another one.
        idle: Seconds without work after which the process ends, and with it the memory of its libraries; it is
            started again when it is needed. None to keep it.

    Examples:
        >>> import math
        >>> with Process() as process:
        ...     process.run(_without_progress, (math.hypot, 3, 4))
        5.0
    """

    def __init__(
        self, environment: Mapping[str, str] | None = None, *, patience: float = 5.0, idle: float | None = None
    ) -> None:
        self._environment = dict(environment or {})
        self._patience, self._idle = patience, idle
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._timer: threading.Timer | None = None
        self._busy = False

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether the process runs now."""
        child = self._child
        return child is not None and child.poll() is None

    def run(self, work: Callable[..., Any], arguments: tuple[Any, ...], progress: Progress | None = None) -> Any:
        """Run a function there and wait for it.

        Args:
            work: A function of a module; called with ``arguments`` and ``progress=``.
            arguments: Pickled for the way.
            progress: Called with what the function reports, and again every moment in between, also while another
                thread's function runs. When it raises, the function is stopped.

        Returns:
            What the function returned.

        Raises:
            ProcessEndedError: The process died.
            Exception: What the function or ``progress`` raised.
        """
        report = progress or _silent
        while not self._lock.acquire(timeout=_POLL_SECONDS):
            report(0, 0, "")
        try:
            if self._timer is not None:
                self._timer.cancel()
            self._send((work, arguments))
            try:
                return self._result(report)
            except BaseException:
                self._settle()
                raise
        finally:
            if self._idle is not None and self.alive:
                self._timer = threading.Timer(self._idle, self._rest)
                self._timer.daemon = True
                self._timer.start()
            self._lock.release()

    def close(self) -> None:
        """End the process, whatever it does."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            if child.stdin is not None:
                child.stdin.close()

    def _rest(self) -> None:
        if self._lock.acquire(blocking=False):  # else it is at work again
            try:
                self.close()
            finally:
                self._lock.release()

    def _send(self, task: Any) -> None:
        body = pickle.dumps(task)
        for again in (False, True):
            if not self.alive:
                self._start()
            assert self._child is not None
            assert self._child.stdin is not None
            self._busy = True
            try:
                _write(self._child.stdin, ("task", body))
            except BrokenPipeError:  # it died between two tasks
                self.close()
                if again:
                    raise ProcessEndedError("the process must take its task; it ended instead") from None
            else:
                return

    def _start(self) -> None:
        self.close()
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-c", "from medimg_core.engine.process import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path, **self._environment},
            start_new_session=True,  # Ctrl-C is the parent's to answer; with it the pipe goes, and so does the child
        )
        assert self._child.stdout is not None
        self._answers = queue.Queue()
        threading.Thread(target=_collect, args=(self._child.stdout, self._answers), daemon=True).start()

    def _result(self, progress: Progress) -> Any:
        step = (0, 0, "")
        while True:
            try:
                kind, value = self._answers.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                progress(*step)  # raises when the user stopped the task
                continue
            if kind == "progress":
                step = value
                progress(*step)
                continue
            self._busy = False
            if kind == "result":
                return value
            if isinstance(value, ProcessEndedError):
                self.close()
            raise value

    def _settle(self) -> None:
        """After a stop: wait until the function has noticed, or end the process."""
        if not self._busy:
            return
        if self._patience > 0 and self.alive:
            assert self._child is not None
            assert self._child.stdin is not None
            end = time.monotonic() + self._patience
            try:
                _write(self._child.stdin, ("stop", None))
                while (left := end - time.monotonic()) > 0:
                    if self._answers.get(timeout=left)[0] != "progress":
                        return
            except (BrokenPipeError, queue.Empty):
                pass  # it is ended below
        self.close()


def _silent(done: int, total: int, text: str) -> None:
    """Progress that nobody follows."""


def _collect(pipe: IO[bytes], answers: "queue.Queue[tuple[str, Any]]") -> None:
    with pipe:
        while (message := _read(pipe)) is not None:
            answers.put(message)
    answers.put(("error", ProcessEndedError("the process must answer; it ended before its task was done")))


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


# --- in the child ----------------------------------------------------------------------------------


def serve() -> None:
    """Serve tasks, one after another, until the parent is gone."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # libraries print; the pipe is for answers alone
    tasks: queue.Queue[bytes] = queue.Queue()
    stop = threading.Event()
    threading.Thread(target=_listen, args=(tasks, stop), daemon=True).start()

    def progress(done: int, total: int, text: str = "") -> None:
        if stop.is_set():
            raise Cancelled("the task was stopped by the user")
        _write(answers, ("progress", (done, total, text)))

    while True:
        body = tasks.get()
        stop.clear()
        try:
            work, arguments = pickle.loads(body)  # noqa: S301 - from our own parent, over our own pipe
            message = ("result", work(*arguments, progress=progress))
        except Exception as error:  # noqa: BLE001 - it is raised again in the parent
            message = ("error", _portable(error))
        _write(answers, message)


def _listen(tasks: "queue.Queue[bytes]", stop: threading.Event) -> None:
    while (message := _read(sys.stdin.buffer)) is not None:
        if message[0] == "stop":
            stop.set()
        else:
            tasks.put(message[1])
    os._exit(0)  # the parent is gone; whatever runs here is for nobody


def _portable(error: Exception) -> Exception:
    """The error, or its name and first line: another library's would load that library in the parent."""
    if isinstance(error, MedImgError) or type(error).__module__ == "builtins":
        return error
    first = next(iter(str(error).splitlines()), "")
    return RuntimeError(f"{type(error).__name__}: {first[:200]}")


def _without_progress(work: Callable[..., Any], *arguments: Any, progress: Progress) -> Any:
    """Call a function that reports nothing."""
    return work(*arguments)
