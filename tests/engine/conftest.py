"""What the engine's tests share."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.engine.own_models import own_models  # noqa: F401 - a fixture
from tests.keras_reference import ROOT


@pytest.fixture(scope="session")
def judged_networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the engine makes of the networks of :mod:`tests.engine.networks`, by name."""
    out = tmp_path_factory.mktemp("networks") / "out.json"
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-m", "tests.engine.networks", str(out)]
    subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, timeout=280)
    return dict(json.loads(out.read_text()))
