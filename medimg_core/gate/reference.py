"""What a model's ``reference.npz`` holds for the gate: fits on its training data, never an image."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.errors import WeightsError
from medimg_core.gate.posture import PostureFit
from medimg_core.gate.thumbnail import ThumbnailFit
from medimg_core.registry import ModelCard

__all__ = ["EmbeddingFit", "Reference", "load_reference"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class EmbeddingFit:
    """Training embeddings, d channels.

    Attributes:
        means: Mean of each class, shape ``(classes, d)``.
        precision: Inverse of the covariance shared by the classes, shape ``(d, d)``.
        background_mean: Mean of all, shape ``(d,)``.
        background_precision: Inverse covariance of all, shape ``(d, d)``.
        sample: Some of them, shape ``(n, d)``.
    """

    means: Array
    precision: Array
    background_mean: Array
    background_precision: Array
    sample: Array

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> "EmbeddingFit":
        """From ``reference.npz``; raises KeyError for one that lacks the fit."""
        return cls(
            means=arrays["train_mean"].astype(np.float64),
            precision=arrays["train_precision"].astype(np.float64),
            background_mean=arrays["background_mean"].astype(np.float64),
            background_precision=arrays["background_precision"].astype(np.float64),
            sample=arrays["train_embedding_sample"].astype(np.float64),
        )


@dataclass(frozen=True, eq=False)
class Reference:
    """All fits of one model."""

    embedding: EmbeddingFit
    thumbnail: ThumbnailFit
    posture: PostureFit


def load_reference(card: ModelCard) -> Reference:
    """Read a model's fits; remembered until the file changes.

    Raises:
        WeightsError: The file is missing, lacks a fit, is damaged, or belongs to other weights.
    """
    if not card.reference.is_file():
        raise WeightsError(f"model {card.id} has gate settings, so it needs reference.npz; there is none")
    return _load(card.reference, card.reference.stat().st_mtime_ns, card.sha256, card.id)


@lru_cache(maxsize=8)
def _load(path: Path, _mtime: int, sha256: str, model_id: str) -> Reference:
    try:
        with np.load(path, allow_pickle=False) as file:
            found = str(file["sha256"])
            if found != sha256:
                raise WeightsError(
                    f"reference.npz of {model_id} must belong to weights {sha256[:12]}, it belongs to {found[:12]}"
                )
            return Reference(
                EmbeddingFit.from_arrays(file), ThumbnailFit.from_arrays(file), PostureFit.from_arrays(file)
            )
    except (KeyError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise WeightsError(f"reference.npz of {model_id} must hold the gate's fits; {type(error).__name__}") from error
