"""What the tests of maps share."""

from pathlib import Path

import numpy as np
import pytest

from medimg_core.registry import ModelCard, read_card
from tests.explain.map_models import LAYERS
from tests.keras_process import run_keras
from tests.made_once import made_once

Reference = tuple[ModelCard, dict[str, np.ndarray]]


@pytest.fixture(scope="session")
def map_models(tmp_path_factory: pytest.TempPathFactory, medimg_cache: Path) -> dict[str, Reference]:
    """The networks of :mod:`tests.explain.map_models` by id: card, and what the reference says of its batch."""
    work = made_once(tmp_path_factory, "map_models", lambda folder: run_keras("tests.explain.map_models", folder))
    found = {}
    for name in LAYERS:
        with np.load(work / f"{name}.npz") as file:
            found[name] = read_card(work / name), {key: file[key] for key in file.files}
    return found
