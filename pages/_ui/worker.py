"""A process of its own for TensorFlow and training, so that the pages' process never loads them."""

from collections.abc import Callable
from typing import Any

from medimg_core.engine.process import Process
from medimg_core.engine.process import ProcessEndedError as WorkerError

__all__ = ["WorkerError", "run_in_worker"]


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
    with Process(patience=0) as process:
        return process.run(work, arguments, progress)
