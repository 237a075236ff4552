"""Long work off the page: progress, cancel, and queues that keep sessions from blocking each other.

Files are read by two threads. ONNX Runtime uses all cores by itself, so its tasks go through a queue with
one slot. TensorFlow and training run in a worker process, one at a time. A page asks how far its tasks are
from a fragment; when one has ended, the whole page runs again and ``collect`` puts its result into the case.
"""

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import streamlit as st

from medimg_core.errors import Cancelled, MedImgError
from pages._ui.errors import tell
from pages._ui.language import _
from pages._ui.plain import plain
from pages._ui.settings import SETTINGS
from pages._ui.state import Case, change
from pages._ui.worker import run_in_worker

__all__ = ["Job", "Progress", "collect", "pending", "start", "start_process", "watch"]

Progress = Callable[[int, int, str], None]
KEY = "medimg_jobs"
FAILED = "medimg_failed"


@dataclass(frozen=True)
class Step:
    """How far a task is: ``done`` of ``total`` (0 when unknown), and what it is doing."""

    done: int = 0
    total: int = 0
    text: str = ""


class Job:
    """One task on its way, and what to do with its result."""

    def __init__(self, title: str, apply: Callable[[Case, Any], Case]) -> None:
        self.title = title
        self.apply = apply
        self.step = Step()
        self.future: Future[Any] | None = None
        self._stop = threading.Event()

    def progress(self, done: int, total: int, text: str = "") -> None:
        """Take note of how far the task is.

        Raises:
            Cancelled: The user stopped it.
        """
        if self._stop.is_set():
            raise Cancelled("the task was stopped by the user")
        self.step = Step(done, total, text)

    def cancel(self) -> None:
        """Ask the task to stop: at once while it waits, else at its next report of progress."""
        self._stop.set()
        if self.future is not None:
            self.future.cancel()

    @property
    def cancelled(self) -> bool:
        """Whether the user asked to stop it."""
        return self._stop.is_set()

    @property
    def waiting(self) -> bool:
        """True while another task is in front of it."""
        return self.future is not None and not self.future.running() and not self.future.done()

    @property
    def ended(self) -> bool:
        """True when there is a result, an error, or it was stopped."""
        return self.future is not None and self.future.done()

    def wait(self, seconds: float) -> None:
        """Give a quick task the time to end, so that no progress bar flashes up."""
        if self.future is not None and not self.future.cancelled():
            try:
                self.future.exception(timeout=seconds)
            except (FutureTimeout, CancelledError):
                return  # not ended yet, or stopped meanwhile: collect() tells which

    def result(self) -> Any:
        """What the task gave.

        Raises:
            Cancelled: It was stopped.
            MedImgError: It failed with one.
        """
        if self.future is None or self.future.cancelled() or self.cancelled:
            raise Cancelled("the task was stopped by the user")
        return self.future.result()


@cache
def _queue(name: str) -> ThreadPoolExecutor:
    """``reading`` has two slots, ``onnx`` and ``worker`` one each."""
    return ThreadPoolExecutor(max_workers=2 if name == "reading" else 1, thread_name_prefix=f"medimg-{name}")


def _jobs() -> list[Job]:
    if KEY not in st.session_state:
        st.session_state[KEY] = []
    jobs: list[Job] = st.session_state[KEY]
    return jobs


def start(queue: str, title: str, work: Callable[[Progress], Any], apply: Callable[[Case, Any], Case]) -> Job:
    """Start a task in a thread.

    Args:
        queue: ``"reading"``, ``"onnx"`` or ``"worker"``.
        title: What it does, as the page says it.
        work: Takes ``progress(done, total, text)``, which raises :class:`Cancelled` when the user stops
            the task; gives the result. Must not touch Streamlit.
        apply: Puts the result into the case.
    """
    job = Job(title, apply)
    job.future = _queue(queue).submit(work, job.progress)
    _jobs().append(job)
    job.wait(SETTINGS.grace_seconds)
    return job


def start_process(
    title: str, work: Callable[..., Any], arguments: tuple[Any, ...], apply: Callable[[Case, Any], Case]
) -> Job:
    """Start a task in the worker process, for TensorFlow and training; stopping it ends the process.

    Args:
        title: What it does, as the page says it.
        work: A function of a module of the core that takes ``arguments`` and ``progress=``.
        arguments: Pickled for the way.
        apply: Puts the result into the case.
    """
    return start("worker", title, partial(run_in_worker, work, arguments), apply)


def pending() -> tuple[Job, ...]:
    """Tasks of this session that have not been collected."""
    return tuple(_jobs())


def collect() -> None:
    """Put the results of ended tasks into the case; failures are kept for :func:`watch` to tell."""
    for job in [job for job in _jobs() if job.ended or job.cancelled]:
        _jobs().remove(job)
        try:
            result = job.result()
            change(lambda case, job=job, result=result: job.apply(case, result))  # type: ignore[misc]
        except MedImgError as error:
            st.session_state.setdefault(FAILED, []).append(error)


def watch() -> None:
    """Tell failures once, and show tasks that are on their way with a button to stop each."""
    for error in st.session_state.pop(FAILED, []):
        tell(error)
    if pending():
        _bars()


@st.fragment(run_every=SETTINGS.poll_seconds)
def _bars() -> None:
    if any(job.ended or job.cancelled for job in pending()):
        st.rerun()
    for number, job in enumerate(pending()):
        step = job.step
        share = min(step.done / step.total, 1.0) if step.total else 0.0
        text = (step.text[:1].upper() + step.text[1:]) or job.title
        if job.waiting:
            text = _("{title}: waiting for another task").format(title=job.title)
        elif step.total:
            text = _("{title}: {done} of {total}").format(title=text, done=step.done, total=step.total)
        st.progress(share, text=plain(text))
        st.button(_("Stop"), key=f"stop-{number}", on_click=job.cancel)
