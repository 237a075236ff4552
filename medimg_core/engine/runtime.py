"""How ONNX Runtime runs every network here: its threads, its options, and what it raises."""

import os
from typing import Any

from medimg_core.errors import IncompatibleInputError

__all__ = ["refusals", "session_options", "threads"]


def threads() -> int:
    """Threads of a forward pass: ``MEDIMG_THREADS``, else 2.

    Raises:
        IncompatibleInputError: The setting is not a whole number of 1 to 64.
    """
    value = os.environ.get("MEDIMG_THREADS", "2")
    if not value.isdigit() or not 1 <= int(value) <= 64:
        raise IncompatibleInputError(f"MEDIMG_THREADS must be a whole number of 1 to 64, got {value[:20]!r}")
    return int(value)


def session_options(count: int | None = None) -> Any:
    """ONNX Runtime's ``SessionOptions`` for every network here.

    Args:
        count: Threads of a pass; :func:`threads` by default.

    Threads spin between the operators of a pass, and stop when it ends. Asleep they wake too late to help:
    on two quiet cores a pass takes 4.0 ms with spinning and 7.2 ms without, as long as on one core. On
    busy cores it is the other way round, which is why passes queue instead of running side by side.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads() if count is None else count
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return options


def refusals() -> tuple[type[Exception], ...]:
    """What a session raises when it cannot be loaded or run: ONNX Runtime's own classes have no base in common."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = [value for value in vars(state).values() if isinstance(value, type) and issubclass(value, Exception)]
    return (ValueError, *own)  # ValueError is what its Python part raises
