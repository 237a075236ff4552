"""What the engine's tests share."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medimg_core.registry import ModelCard, read_card
from tests.engine.own_models import batch_of_two
from tests.keras_process import run_keras
from tests.made_once import made_once


@pytest.fixture(scope="session")
def keras_work(tmp_path_factory: pytest.TempPathFactory, medimg_cache: Path) -> Path:
    """Folder of what :mod:`tests.engine.keras_work` wrote."""

    def make(folder: Path) -> None:
        np.save(folder / "batch.npy", batch_of_two())
        run_keras("tests.engine.keras_work", folder)

    return made_once(tmp_path_factory, "engine", make)


@pytest.fixture(scope="session")
def judged_networks(keras_work: Path) -> dict[str, dict[str, Any]]:
    """What the engine makes of the networks of :mod:`tests.engine.networks`, by name."""
    return dict(json.loads((keras_work / "networks.json").read_text()))


@pytest.fixture(scope="session")
def own_models(keras_work: Path) -> tuple[ModelCard, ModelCard, np.ndarray, dict[str, np.ndarray]]:
    """Cards of both of :mod:`tests.engine.own_models`, a batch for the first, and what Keras says of it."""
    with np.load(keras_work / "said.npz") as file:
        said = {name: file[name] for name in file.files}
    cards = (read_card(keras_work / name) for name in ("own_nested", "own_masks"))
    return *cards, np.load(keras_work / "batch.npy"), said


@pytest.fixture(scope="session")
def normalised_model(keras_work: Path) -> tuple[ModelCard, np.ndarray, np.ndarray, np.ndarray]:
    """Card of a network with normalisation layers, a batch, Keras' scores of it, and the kernel of the last layer."""
    with np.load(keras_work / "said.npz") as file:
        scores, kernel = file["normalised_scores"], file["normalised_kernel"]
    return read_card(keras_work / "own_normalised"), np.load(keras_work / "batch.npy"), scores, kernel
