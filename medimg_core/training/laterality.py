"""Fitting the weights by which :mod:`medimg_core.laterality` tells mirrored radiographs of the chest."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medimg_core.errors import InputError
from medimg_core.evaluation.folder import read_folder
from medimg_core.laterality import SIDE, thumbnail_difference
from medimg_core.perturb import Grey
from medimg_core.training.datasets import decode
from medimg_core.training.postures import vary

__all__ = ["fit_laterality", "fit_weights", "mirror_figures"]

Floats = NDArray[np.float64]

ALARMS = 0.01
"""Share of held-out training images, plain and varied, that the limit lets pass for mirrored."""

PENALTY, VARIED, FOLDS = 0.03, 3, 4


def fit_weights(images: Sequence[Grey], groups: Sequence[str], *, seed: int = 0) -> tuple[Floats, float]:
    """Fit an antisymmetric logistic regression, and choose its limit on held-out folds.

    Each image counts as it is and three times mildly varied (turned, zoomed, shifted, exposed), and all of these
    mirrored as the other class.

    Args:
        images: Upright, the patient's left at the right edge, grey, 0 to 1.
        groups: Patient of each image; the folds keep them whole.
        seed: Of the variations.

    Returns:
        Weights ``(24, 12)`` of :func:`medimg_core.laterality.thumbnail_difference`, and the limit.

    Raises:
        InputError: There are fewer than 20 images or four patients.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    if len(images) < 20 or len(set(groups)) < FOLDS:
        raise InputError(f"fitting laterality needs 20 images of {FOLDS} patients, got {len(images)}")
    rng = np.random.default_rng(seed)
    versions = [[image, *(vary(image, rng) for _ in range(VARIED))] for image in images]
    rows = np.array([[thumbnail_difference(one).ravel() for one in version] for version in versions])

    def fitted(chosen: NDArray[np.int64]) -> Floats:
        part = rows[chosen].reshape(-1, rows.shape[2])
        model = LogisticRegression(C=PENALTY, fit_intercept=False, max_iter=500)
        model.fit(np.concatenate([part, -part]), np.repeat([0, 1], len(part)))
        return np.asarray(model.coef_[0], dtype=np.float64)

    held_out = np.empty(rows.shape[:2])
    for train, test in GroupKFold(FOLDS).split(rows, groups=groups):
        held_out[test] = rows[test] @ fitted(train)
    return fitted(np.arange(len(rows))).reshape(SIDE, SIDE // 2), float(np.quantile(held_out, 1 - ALARMS))


def mirror_figures(images: Sequence[Grey], weights: Floats, limit: float) -> dict[str, float]:
    """Share of plain images that give an alarm, and of the same images mirrored.

    Args:
        images: As for :func:`fit_weights`.
        weights: As it returns them.
        limit: Likewise.
    """
    scores = np.array([(thumbnail_difference(image) * weights).sum() for image in images])
    return {
        "n": float(len(scores)),
        "false_alarms": float(np.mean(scores > limit)),
        "sensitivity": float(np.mean(-scores > limit)),
    }


def fit_laterality(folder: Path, out: Path, *, seed: int = 0) -> dict[str, float]:
    """Fit on the ``train`` split of a folder of frontal radiographs, write the weights, measure on ``val``.

    Args:
        folder: With ``index.csv``; images as for :func:`fit_weights`.
        out: The ``.npz`` to write.
        seed: Of the variations.

    Returns:
        :func:`mirror_figures` on ``val``.
    """
    train, val = (read_folder(folder, split) for split in ("train", "val"))
    greys = [np.asarray(decode(row.image, 224), dtype=np.float32) / np.float32(255) for row in train]
    weights, limit = fit_weights(greys, [row.group for row in train], seed=seed)
    stored = weights.astype(np.float32)
    np.savez_compressed(out, allow_pickle=False, weights=stored, limit=np.array(limit))
    held = [np.asarray(decode(row.image, 224), dtype=np.float32) / np.float32(255) for row in val]
    return mirror_figures(held, stored.astype(np.float64), limit)
