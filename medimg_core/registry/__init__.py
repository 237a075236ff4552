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
from medimg_core.registry.reading import card_problems, read_card

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
    "broken_models",
    "card_problems",
    "list_models",
    "load_card",
    "model_folders",
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
    """Read every card, by id; folders whose card breaks the schema are left to :func:`broken_models`.

    Args:
        folder: Folder of the models; :func:`models_dir` by default.

    Examples:
        >>> "chest_xray_pneumonia" in [card.id for card in list_models()]
        True
    """
    return tuple(read_card(path) for path in model_folders(folder) if not card_problems(path))


def broken_models(folder: Path | None = None) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Folders that cannot be listed as models, and why.

    Args:
        folder: Folder of the models; :func:`models_dir` by default.

    Returns:
        Name of each folder and what is wrong with its card, by name.

    Examples:
        >>> broken_models(Path("nowhere"))
        ()
    """
    found = ((path.name, card_problems(path)) for path in model_folders(folder))
    return tuple((name, problems) for name, problems in found if problems)


def model_folders(folder: Path | None = None) -> tuple[Path, ...]:
    """Folders that are meant as models: those with a card or with weights, by name.

    Args:
        folder: Folder of the models; :func:`models_dir` by default.
    """
    root = folder or models_dir()
    return tuple(sorted({path.parent for name in ("card.toml", "weights.keras") for path in root.glob(f"*/{name}")}))


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
    known = [path.name for path in model_folders(root)]
    if model_id not in known:
        raise UnknownModelError(
            f"model id must be one of {', '.join(known) or '(none installed)'}, got {model_id[:60]!r}"
        )
    return read_card(root / model_id)
