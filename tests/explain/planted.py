"""The planted networks for tests, exported by one process."""

import pytest

from medimg_core.explain.planted import planted_card, planted_folder
from medimg_core.explain.planted.cards import IDS
from medimg_core.registry import ModelCard
from tests.keras_process import run_keras
from tests.made_once import made_once


@pytest.fixture(scope="session")
def planted_models(tmp_path_factory: pytest.TempPathFactory, medimg_cache: object) -> dict[str, ModelCard]:
    """Cards of the planted networks by id, exported into the session's cache."""
    folders = [planted_folder(model_id) for model_id in IDS]
    made_once(tmp_path_factory, "planted", lambda _: run_keras("tests.exports", *folders))
    return {model_id: planted_card(model_id) for model_id in IDS}
