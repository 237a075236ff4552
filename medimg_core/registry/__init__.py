"""Model cards: what a model is, what it was trained and measured on, and where its weights lie.

Reads ``models/<id>/card.toml`` and checks it against the schema. Imports nothing heavy, so that the
list of models is there before any library that could run one.
"""

import os
from pathlib import Path

from medimg_core.errors import UnknownModelError
from medimg_core.registry.card import Curve, DataSource, Figure, ModelCard, Population, Threshold, sha256_of
from medimg_core.registry.learning import read_curve
from medimg_core.registry.network import CamSpec, InputSpec, MaskSpec, OutputSpec, Reading, Target
from medimg_core.registry.reading import read_card

__all__ = [
    "CamSpec",
    "Curve",
    "DataSource",
    "Figure",
    "InputSpec",
    "MaskSpec",
    "ModelCard",
    "OutputSpec",
    "Population",
    "Reading",
    "Target",
    "Threshold",
    "list_models",
    "load_card",
    "models_dir",
    "read_card",
    "read_curve",
    "sha256_of",
]


def models_dir() -> Path:
    """Folder of the models: ``MEDIMG_MODELS`` where set, else ``models/`` beside the package."""
    chosen = os.environ.get("MEDIMG_MODELS")
    return Path(chosen) if chosen else Path(__file__).resolve().parents[2] / "models"


def list_models(folder: Path | None = None) -> tuple[ModelCard, ...]:
    """Read every card, by id.

    Args:
        folder: Folder of the models; :func:`models_dir` by default.

    Raises:
        InvalidCardError: One of the cards breaks the schema.

    Examples:
        >>> [card.id for card in list_models()]
        ['chest_xray_pneumonia']
    """
    root = folder or models_dir()
    folders = sorted(path.parent for path in root.glob("*/card.toml"))
    return tuple(read_card(path) for path in folders)


def load_card(model_id: str, folder: Path | None = None) -> ModelCard:
    """Read the card of one model.

    Args:
        model_id: The model's id, which is its folder's name.
        folder: Folder of the models; :func:`models_dir` by default.

    Raises:
        UnknownModelError: No model has this id.
        InvalidCardError: Its card breaks the schema.
    """
    root = folder or models_dir()
    known = sorted(path.parent.name for path in root.glob("*/card.toml"))
    if model_id not in known:
        raise UnknownModelError(
            f"model id must be one of {', '.join(known) or '(none installed)'}, got {model_id[:60]!r}"
        )
    return read_card(root / model_id)
