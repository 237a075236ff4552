"""How strong the evidence of a map usually is, so that a faint map looks faint."""

import zipfile
from functools import lru_cache
from pathlib import Path

import numpy as np

from medimg_core.errors import WeightsError
from medimg_core.registry import ModelCard

__all__ = ["usual_peak"]


def usual_peak(card: ModelCard) -> float | None:
    """Median peak of the Grad-CAM maps of validation images with a positive label.

    A map stretched to its own peak shows noise in full colour where there is hardly any evidence; on
    this scale maps of one model can be compared.

    Args:
        card: The model; its ``reference.npz`` holds the peaks (``cam_max``) and labels (``outcome``).

    Returns:
        Unit of the native map (log-odds before temperature, per cell), above zero; None where the model
        records no peaks.

    Raises:
        WeightsError: The file is damaged, or belongs to other weights.
    """
    if not card.reference.is_file():
        return None
    return _usual(card.reference, card.reference.stat().st_mtime_ns, card.sha256, card.id)


@lru_cache(maxsize=8)
def _usual(path: Path, _mtime: int, sha256: str, model_id: str) -> float | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            if str(file["sha256"]) != sha256:
                raise WeightsError(f"reference.npz of {model_id} must belong to its weights; it belongs to others")
            if "cam_max" not in file or "outcome" not in file:
                return None
            peaks = file["cam_max"][file["outcome"] == 1]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise WeightsError(f"reference.npz of {model_id} must be a readable archive of arrays; it is not") from error
    middle = float(np.median(peaks)) if peaks.size else 0.0
    return middle if middle > 0 else None
