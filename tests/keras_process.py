"""Where tests have Keras at work: in a process of its own, which keeps TensorFlow out of theirs."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run_keras(module: str, *arguments: str | Path) -> None:
    """Run a module of the tests as a program, within the test's own time limit; what it wrote is told when it fails."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{module}: {done.stdout[-1000:]}\n{done.stderr[-3000:]}"
