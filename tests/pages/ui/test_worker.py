"""The worker process."""

import os
import time

import pytest

from medimg_core.errors import Cancelled, LimitError
from pages._ui.worker import WorkerError, run_in_worker


def count(to, progress):
    """Runs in the worker: prints, reports, answers with its process."""
    print("noise of a library")  # noqa: T201 - must not reach the pipe
    for done in range(to):
        progress(done + 1, to, "counting")
    return os.getpid(), sum(range(to))


def fail(progress):
    raise LimitError("a worker may do so much")


def die(progress):
    os._exit(3)


def sleep(progress):
    time.sleep(600)


def quiet(done, total, text):
    """Take no note."""


def test_it_answers_from_a_process_of_its_own():
    steps = []
    pid, result = run_in_worker(count, (4,), lambda *step: steps.append(step))
    assert result == 6
    assert pid != os.getpid()
    assert [step for step in steps if step[1]] == [(n, 4, "counting") for n in (1, 2, 3, 4)]


@pytest.mark.parametrize(("work", "error"), [(fail, LimitError), (die, WorkerError)])
def test_its_errors_arrive(work, error):
    with pytest.raises(error):
        run_in_worker(work, (), quiet)


def test_stopping_ends_the_process():
    def stop(done, total, text):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        run_in_worker(sleep, (), stop)
