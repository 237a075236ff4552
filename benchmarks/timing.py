"""What benchmarks share: taking turns, claims, the machine, and how an answer is printed."""

import argparse
import contextlib
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from medimg_core.engine.session import threads
from medimg_core.registry import ModelCard

PAUSE = 0.005
"""Seconds before each call, in which the threads of the one before come to rest."""

Task = Callable[[], Any]


def data_folder(*names: str) -> Path:
    """Where real images are: ``MEDIMG_DATA``, or ``shared/data`` beside the checkout.

    Args:
        *names: Data sets that are needed.

    Raises:
        SystemExit: One of them is not there.
    """
    root = os.environ.get("MEDIMG_DATA")
    data = Path(root) if root else Path(__file__).resolve().parents[2] / "shared" / "data"
    for name in names:
        if not (data / name).is_dir():
            raise SystemExit(f"no {name} images on this machine (set MEDIMG_DATA)")
    return data


def medians(tasks: dict[str, Task], rounds: int) -> dict[str, float]:
    """Median time of each in ms; the tasks take turns, and the first two rounds do not count."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for number in range(rounds + 2):
        for name, task in tasks.items():
            time.sleep(PAUSE)
            start = time.perf_counter()
            task()
            if number >= 2:
                times[name].append((time.perf_counter() - start) * 1e3)
    return {name: statistics.median(values) for name, values in times.items()}


def input_of(card: ModelCard, n: int = 1) -> np.ndarray:
    """Prepared inputs of noise, shape ``(n, rows, columns, channels)``."""
    shape = (n, *card.input.size, card.input.channels)
    return np.random.default_rng(0).normal(size=shape).clip(-3, 3).astype(np.float32)


def claim(name: str, value: float, target: float, *, most: bool = False) -> dict[str, Any]:
    """One claim; ``most`` where the target is the largest value and not the smallest."""
    holds = value <= target if most else value >= target
    return {"name": name, "value": round(value, 3), "target": target, "unit": "x", "holds": bool(holds)}


def machine() -> dict[str, Any]:
    """What it ran on, and how busy that was."""
    import keras
    import onnxruntime
    import tensorflow as tf

    return {
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "threads": threads(),
        "load_average": round(os.getloadavg()[0], 2),
        "onnxruntime": onnxruntime.__version__,
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
    }


def run(text: str | None, measure: Callable[[int], dict[str, Any]], rounds: int) -> None:
    """Read ``--json`` and ``--rounds``, measure, and print claims, medians and machine.

    Args:
        text: What the benchmark is, for ``--help``.
        measure: From rounds to an answer with ``claims`` and ``medians_ms`` (by group, then name).
        rounds: Unless told otherwise.
    """
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--rounds", type=int, default=rounds)
    arguments = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with contextlib.redirect_stdout(sys.stderr):  # libraries chatter
        answer = {**measure(arguments.rounds), "rounds": arguments.rounds, "machine": machine()}
    if arguments.json:
        print(json.dumps(answer))
        return
    for group, times in answer["medians_ms"].items():
        print(group)
        for name, value in times.items():
            print(f"  {name:40} {value:9.3f} ms")
    for found in answer["claims"]:
        mark = "holds" if found["holds"] else "DOES NOT HOLD"
        print(f"{found['name']}: {found['value']} (target {found['target']}) {mark}")
    print(answer["machine"])
