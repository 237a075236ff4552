"""Tasks off the page."""

import threading
from concurrent.futures import Future

import pytest
from streamlit.testing.v1 import AppTest

from medimg_core.errors import Cancelled, LimitError
from pages._ui.jobs import KEY, Job, _queue
from tests.pages.conftest import settled


def page():
    """A page whose button starts a task that the test supplies."""
    import streamlit as st

    from pages._ui import jobs
    from pages._ui.state import load

    jobs.collect()
    if st.button("go"):
        jobs.start(st.session_state["queue"], "Counting", st.session_state["work"], st.session_state["apply"])
        st.rerun()
    jobs.watch()
    st.text(f"drops: {load().drop}")


@pytest.fixture
def run():
    def start(work, *, queue="reading"):
        app = AppTest.from_function(page, default_timeout=30)
        app.session_state["work"] = work
        app.session_state["queue"] = queue
        app.session_state["apply"] = lambda case, result: [case := case.with_drop() for _ in range(result)][-1]
        return app.run().button[0].click().run()

    return start


def test_a_quick_task_shows_no_bar_and_its_result_is_applied(run):
    app = settled(run(lambda progress: 3))
    assert app.text[0].value == "drops: 3"
    assert not app.session_state[KEY]


def test_a_long_task_shows_done_of_total_and_can_be_stopped(run):
    gate, stopped = threading.Event(), threading.Event()

    def work(progress):
        progress(2, 5, "Reading files")
        gate.wait(20)
        try:
            progress(3, 5, "Reading files")
        except Cancelled:
            stopped.set()
            raise
        return 1

    app = run(work)
    assert app.get("progress")[0].proto.text == "Reading files: 2 of 5"
    app.button(key="stop-0").click().run()
    gate.set()
    assert stopped.wait(20)
    app.run()
    assert app.text[0].value == "drops: 0"
    assert not app.session_state[KEY]


def test_a_failure_is_told_once(run):
    def work(progress):
        raise LimitError("a file may have 5 bytes, got 6")

    app = settled(run(work))
    assert "A file may have 5 bytes, got 6." in app.error[0].value
    assert "close a study" in app.error[0].value
    assert not app.run().error


def test_one_onnx_task_at_a_time_and_the_next_says_that_it_waits(run):
    gate = threading.Event()
    first = run(lambda progress: int(gate.wait(20)), queue="onnx")
    second = run(lambda progress: 2, queue="onnx")
    try:
        assert "waiting for another task" in second.get("progress")[0].proto.text
    finally:
        gate.set()
    assert settled(first).text[0].value == "drops: 1"
    assert settled(second).text[0].value == "drops: 2"


def test_a_waiting_task_is_stopped_at_once():
    job = Job("Waiting", lambda case, result: case)
    job.future = Future()
    job.cancel()
    assert job.ended
    with pytest.raises(Cancelled, match="stopped"):
        job.result()


def test_a_task_stopped_while_the_page_waits_for_it_counts_as_stopped():
    class StoppedMeanwhile(Future):
        def exception(self, timeout=None):
            job.cancel()
            return super().exception(timeout)

    job = Job("Quick", lambda case, result: case)
    job.future = StoppedMeanwhile()
    job.wait(20)
    assert job.ended
    with pytest.raises(Cancelled, match="stopped"):
        job.result()


def test_the_onnx_queue_has_one_slot():
    assert _queue("onnx")._max_workers == 1
    assert _queue("onnx") is _queue("onnx")
