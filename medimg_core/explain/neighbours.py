"""The validation cases that look most alike to the network, with what they turned out to be.

Likeness here is the network's: it says what the model takes for the same, not what a radiologist would. A model keeps
embeddings, outcomes and scores of its validation images in ``reference.npz``, and no image.
"""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from medimg_core.errors import IncompatibleInputError, NotApplicableError, WeightsError
from medimg_core.registry import ModelCard

__all__ = ["DISTANCE", "VERY_IMAGE", "Neighbour", "nearest"]

DISTANCE = "Euclidean distance between embeddings of length one, 0 (alike) to 2 (Sun et al., ICML 2022, section 3)"
"""What ``distance`` is, in words. Source: arXiv:2204.06507; the gate's ``knn`` measures the same."""

VERY_IMAGE = 0.003
"""Below this distance a case is taken for the very image: half-precision storage moves embeddings by up to 0.001."""


@dataclass(frozen=True)
class Neighbour:
    """One validation case.

    Attributes:
        case: Name of its image file without suffix, as the model's validation set has it.
        distance: See :data:`DISTANCE`.
        positive: Whether it was labelled as what the model is asked for.
        score: The model's, 0 to 1; None for a model that does not classify.
        picture: Its image file, where the caller has the data on this machine; else None.
    """

    case: str = field(repr=False)
    distance: float
    positive: bool
    score: float | None
    picture: Path | None = field(default=None, repr=False)

    @property
    def very_image(self) -> bool:
        """Whether it seems to be the image asked about: its label is then no evidence from another case."""
        return self.distance < VERY_IMAGE


@dataclass(frozen=True, eq=False)
class _Held:
    unit: npt.NDArray[np.float64]
    cases: tuple[str, ...]
    outcome: npt.NDArray[np.uint8]
    score: npt.NDArray[np.float32] | None


def nearest(
    embedding: npt.ArrayLike,
    card: ModelCard,
    count: int = 5,
    *,
    pictures: Mapping[str, Path] = MappingProxyType({}),
) -> tuple[Neighbour, ...]:
    """The validation cases nearest to an input.

    Args:
        embedding: Of the input's forward pass (:attr:`medimg_core.results.Activations.embedding`), shape ``(d,)``.
        card: The model that made it.
        count: How many, 1 or more; fewer where the model keeps fewer.
        pictures: Image file of each case on this machine, as far as the caller knows them.

    Returns:
        The nearest first.

    Raises:
        NotApplicableError: The model keeps no validation embeddings.
        IncompatibleInputError: The embedding has another length or none at all, or ``count`` is below 1.
        WeightsError: ``reference.npz`` is damaged or belongs to other weights.
    """
    if count < 1:
        raise IncompatibleInputError(f"count must be 1 or more, got {count}")
    if not card.reference.is_file():
        raise NotApplicableError(f"nearest cases need the model's validation embeddings; {card.id} keeps none")
    held = _held(card.reference, card.reference.stat().st_mtime_ns, card.sha256, card.id)
    if held is None:
        raise NotApplicableError(f"nearest cases need the model's validation embeddings; {card.id} keeps none")
    own = np.asarray(embedding, dtype=np.float64)
    if own.shape != held.unit.shape[1:] or not np.isfinite(own).all() or not own.any():
        raise IncompatibleInputError(
            f"the embedding must be finite, not all zero, of shape {held.unit.shape[1:]}, got {own.shape}"
        )
    distances = np.linalg.norm(held.unit - own / np.linalg.norm(own), axis=1)
    return tuple(
        Neighbour(
            case=held.cases[place],
            distance=float(distances[place]),
            positive=bool(held.outcome[place]),
            score=None if held.score is None else float(held.score[place]),
            picture=pictures.get(held.cases[place]),
        )
        for place in np.argsort(distances, kind="stable")[:count].tolist()
    )


@lru_cache(maxsize=8)
def _held(path: Path, _mtime: int, sha256: str, model_id: str) -> _Held | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            if str(file["sha256"]) != sha256:
                raise WeightsError(f"reference.npz of {model_id} must belong to its weights; it belongs to others")
            if any(name not in file for name in ("embedding", "case", "outcome")):
                return None
            embedding = file["embedding"].astype(np.float64)
            lengths = np.maximum(np.linalg.norm(embedding, axis=1, keepdims=True), 1e-12)
            cases = tuple(str(case) for case in file["case"])
            score = file.get("score")
            return _Held(embedding / lengths, cases, file["outcome"], score)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise WeightsError(f"reference.npz of {model_id} must be a readable archive of arrays; it is not") from error
