"""The networks that lie in the package are what the builder builds."""

import json
import zipfile
from pathlib import Path

import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.explain.planted import planted_folder
from medimg_core.explain.planted.cards import IDS
from medimg_core.training.planted import build_planted


def shape_of(path: Path) -> object:
    """Every layer of a Keras file: its class, name and settings, without what changes from one process to the next."""
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))["config"]
    return without_ids([(one["class_name"], one["config"], one["inbound_nodes"]) for one in config["layers"]])


def without_ids(value: object) -> object:
    if isinstance(value, dict):
        return {key: without_ids(inner) for key, inner in value.items() if key != "shared_object_id"}
    return [without_ids(inner) for inner in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("model_id", IDS)
def test_what_is_built_is_what_is_shipped(tmp_path: Path, model_id: str) -> None:
    import keras
    import numpy as np

    built = build_planted(model_id)
    built.save(tmp_path / "weights.keras")
    assert shape_of(tmp_path / "weights.keras") == shape_of(planted_folder(model_id) / "weights.keras")
    shipped = keras.saving.load_model(planted_folder(model_id) / "weights.keras", compile=False)
    for one, other in zip(built.get_weights(), shipped.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_no_other_network_is_built() -> None:
    with pytest.raises(IncompatibleInputError, match="planted_flat"):
        build_planted("chest_xray_pneumonia")
