"""A process of its own: answers, errors, stops and deaths. Nothing heavy is loaded here."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from medimg_core.engine.process import Process, ProcessEndedError
from medimg_core.errors import Cancelled, LimitError

ROOT = Path(__file__).resolve().parents[2]


def count(to, progress):
    """Runs in the process: prints, reports, answers."""
    print("noise of a library")  # noqa: T201 - must not reach the pipe
    for done in range(to):
        progress(done + 1, to, "counting")
    return os.getpid(), sum(range(to))


def fail(kind, progress):
    if kind == "ours":
        raise LimitError("a process may do so much")
    raise type("OfALibrary", (Exception,), {})("first line\nsecond line")


def die(progress):
    os._exit(3)


def until_stopped(progress):
    while True:
        progress(1, 2, "still here")
        time.sleep(0.02)


def deaf(progress):
    progress(0, 1, "begun")
    time.sleep(600)


@pytest.fixture(scope="module")
def process():
    with Process(patience=20) as made:
        yield made


def test_one_process_answers_all_tasks(process):
    steps = []
    first, result = process.run(count, (4,), lambda *step: steps.append(step))
    assert result == 6
    assert first != os.getpid()
    assert [step for step in steps if step[1]] == [(n, 4, "counting") for n in (1, 2, 3, 4)]
    assert process.run(count, (3,)) == (first, 3)


@pytest.mark.parametrize(
    ("kind", "error", "text"),
    [("ours", LimitError, "may do so much"), ("theirs", RuntimeError, "^OfALibrary: first line$")],
)
def test_errors_arrive_and_the_process_goes_on(process, kind, error, text):
    before = process.run(count, (1,))[0]
    with pytest.raises(error, match=text):
        process.run(fail, (kind,))
    assert process.run(count, (1,))[0] == before


def test_after_a_death_there_is_another_one(process):
    before = process.run(count, (1,))[0]
    with pytest.raises(ProcessEndedError, match="ended before its task was done"):
        process.run(die, ())
    assert process.run(count, (1,))[0] != before


def stopped(*_):
    raise Cancelled("stopped")


def test_a_stop_that_is_heard_keeps_the_process(process):
    before = process.run(count, (1,))[0]
    with pytest.raises(Cancelled):
        process.run(until_stopped, (), stopped)
    assert process.run(count, (1,))[0] == before


def stopped_once_begun(done, total, text):
    if text == "begun":  # before it the function could still hear the stop
        raise Cancelled("stopped")


def test_a_stop_that_is_not_heard_ends_it():
    with Process(patience=0.1) as impatient:
        with pytest.raises(Cancelled):
            impatient.run(deaf, (), stopped_once_begun)
        assert not impatient.alive


def test_threads_take_turns_and_those_that_wait_can_be_stopped(process):
    begun, answers = threading.Event(), []

    def long(done, total, text):
        begun.set()
        if len(answers) == 1:
            raise Cancelled("enough")

    def first():
        with pytest.raises(Cancelled):
            process.run(until_stopped, (), long)

    thread = threading.Thread(target=first)
    thread.start()
    assert begun.wait(60)
    with pytest.raises(Cancelled):
        process.run(count, (1,), stopped)
    answers.append("the second has been stopped while the first runs")
    assert process.run(count, (2,))[1] == 1
    thread.join()


def test_it_rests_when_nobody_asks():
    with Process(idle=0.05) as resting:
        before = resting.run(count, (1,))[0]
        end = time.monotonic() + 60
        while resting.alive and time.monotonic() < end:
            time.sleep(0.02)
        assert not resting.alive
        assert resting.run(count, (1,))[0] != before


def test_it_dies_with_its_parent():
    program = """
import os
from medimg_core.engine.process import Process
from tests.engine.test_process import count
print(Process().run(count, (1,))[0], flush=True)
os._exit(1)  # without any chance to tidy up
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=120, check=False
    )
    child, end = int(done.stdout), time.monotonic() + 60
    while alive(child) and time.monotonic() < end:
        time.sleep(0.02)
    assert not alive(child)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # a dead child that nobody has waited for is still listed
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
