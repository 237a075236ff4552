"""Where the stage's page is, and how its server is started."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("page.py")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(address: str) -> bool:
    """Whether a Streamlit server is ready there."""
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:  # noqa: S310 - our own server
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


@contextmanager
def stage(patience: float = 180.0, **environment: str) -> Iterator[str]:
    """Run the stage's server; gives its address.

    Args:
        patience: Seconds until it must answer.
        environment: Variables for it.
    """
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "tests/stage/app.py", "--server.port", str(port)]
    known = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    process = subprocess.Popen(command, cwd=ROOT, env=known, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    end = time.monotonic() + patience
    try:
        while not answers(address):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the stage's server did not start")
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:  # a browser that hangs on keeps it waiting
            process.kill()
            process.wait()
