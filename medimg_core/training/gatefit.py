"""Fitting a model's gate on its training images, choosing its limits on ``val``, and measuring it."""

from collections.abc import Callable, Collection, Mapping, Sequence, Sized
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg_core.engine import forward
from medimg_core.errors import InputError
from medimg_core.gate.distribution import distance
from medimg_core.gate.posture import POSTURES, PostureFit
from medimg_core.gate.reference import EmbeddingFit
from medimg_core.gate.settings import METHODS
from medimg_core.gate.thumbnail import ThumbnailFit, thumbnail, thumbnails
from medimg_core.perturb import Grey
from medimg_core.registry import ModelCard, read_card
from medimg_core.training.cardfile import replace_gate
from medimg_core.training.gatefigures import measure_gate
from medimg_core.training.postures import posed_thumbnails, postures, vary
from medimg_core.training.samples import prepared, shown

__all__ = ["add_gate", "choose_limits", "choose_method", "fit_gate", "fit_posture", "measure_gate"]

Array = NDArray[np.float64]
Floats = NDArray[np.floating[Any]]
Progress = Callable[[int, int, str], None]

MARKED = 0.045
"""Share of ``val`` that all fits together may mark; below 5 %, for limits chosen on the images they mark."""

PARTS = {"posture": 0.6, "limit": 0.2, "thumbnail": 0.2}
"""How that share is divided: posture is the hardest question, and mirrored radiographs the hardest posture."""

STRANGE = 200
"""Validation images whose postures choose the distance."""

LEAST = (30, 10)
"""Training and validation images that a gate needs."""

NEIGHBOURS = 10
COMPONENTS = 100
HIDDEN = 64


def fit_posture(
    images: Sequence[Grey], card: ModelCard, *, seed: int = 0, rounds: int = 15, progress: Progress | None = None
) -> PostureFit:
    """Fit the posture network on training images, each as it is and once mildly changed.

    Args:
        images: Grey, 0 to 1, shape ``(rows, columns)`` each, upright.
        card: The model; its preprocessing is what the gate will see.
        seed: Of changes, crops and weights.
        rounds: Passes over the thumbnails.
        progress: Called as ``progress(done, total, text)``.
    """
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    rng = np.random.default_rng(seed)
    rows = []
    for number, image in enumerate(images):
        for version in (image, vary(image, rng)):
            rows.append(posed_thumbnails(version, card.input, rng).astype(np.float32))  # noqa: PERF401 - progress
        if progress is not None and number % 200 == 0:
            progress(number, len(images), "gate: postures")
    truth = np.tile(np.arange(len(POSTURES)), len(rows))
    table = np.concatenate(rows)
    mean = table.mean(axis=0)
    table -= mean
    variances, vectors = np.linalg.eigh((table.T @ table / len(table)).astype(np.float64))
    kept = np.argsort(variances)[::-1][: min(COMPONENTS, len(table) - 1)]
    basis = vectors[:, kept] / np.sqrt(np.maximum(variances[kept], 1e-9))
    network = MLPClassifier(
        (HIDDEN,), alpha=0.01, batch_size=256, learning_rate_init=2e-3, max_iter=rounds, random_state=seed
    )
    # products of batches this small end sooner on one thread, above all on a busy machine
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of rounds is meant
        network.fit(table @ basis.astype(np.float32), truth)
    hidden, output = (kernel.astype(np.float64) for kernel in network.coefs_)
    hidden_bias, output_bias = (bias.astype(np.float64) for bias in network.intercepts_)
    return PostureFit(mean.astype(np.float64), basis, hidden, hidden_bias, output, output_bias)


def choose_method(plain: Floats, strange: Floats, fit: EmbeddingFit) -> tuple[str, dict[str, float]]:
    """The distance that tells turned, mirrored, inverted and cropped images best from plain ones.

    Data sets of other organs are left for the measurement; they have no say in the choice.

    Args:
        plain: Embeddings of upright ``val`` images, shape ``(n, d)``.
        strange: Embeddings of the same images in other postures, shape ``(m, d)``.
        fit: Of the training embeddings.

    Returns:
        The method, and for each method the share of ``strange`` beyond the 99 % quantile of ``plain``.
    """
    found = {}
    for method in METHODS:
        limit = np.quantile(distance(plain, fit, method, NEIGHBOURS), 0.99)
        found[method] = float(np.mean(distance(strange, fit, method, NEIGHBOURS) > limit))
    return max(found, key=lambda name: found[name]), found


def choose_limits(values: Mapping[str, Array], share: float = MARKED) -> dict[str, float]:
    """Limits at which at most ``share`` of the images lie above any of them, divided as :data:`PARTS` says.

    Args:
        values: For each key of :data:`PARTS` the value of every image, shape ``(n,)``.
        share: Of images marked by any of them.
    """
    low, high = 0.0, 1.0
    for _ in range(40):
        total = (low + high) / 2
        limits = {name: float(np.quantile(values[name], 1 - part * total)) for name, part in PARTS.items()}
        marked = np.mean(np.any([values[name] > limits[name] for name in PARTS], axis=0))
        low, high = (total, high) if marked <= share else (low, total)
    return {name: float(np.quantile(values[name], 1 - part * low)) for name, part in PARTS.items()}


def enough(train: Sized, val: Sized) -> bool:
    """Whether there are as many images of each split as a gate needs."""
    return len(train) >= LEAST[0] and len(val) >= LEAST[1]


def fit_gate(
    folder: Path, train: Sequence[Grey], val: Sequence[Grey], *, seed: int = 0, progress: Progress | None = None
) -> dict[str, Any]:
    """Fit thumbnail and posture, choose distance and limits, and add the fits to ``reference.npz``.

    Args:
        folder: Model folder, with card, weights and the trainer's reference (embedding fits).
        train: Training images, grey, 0 to 1, shape ``(rows, columns)`` each.
        val: Validation images, likewise.
        seed: Of everything random.
        progress: Called as ``progress(done, total, text)``.

    Returns:
        The ``[gate]`` table for the card.

    Raises:
        InputError: There are too few images.
    """
    if not enough(train, val):
        raise InputError(
            f"a gate needs {LEAST[0]} training and {LEAST[1]} validation images, got {len(train)} and {len(val)}"
        )
    card = read_card(folder)
    with np.load(card.reference, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    embedding = EmbeddingFit.from_arrays(arrays)
    small = ThumbnailFit.fit(np.stack([thumbnail(shown(prepared(image, card.input))[0]) for image in train]))
    posture = fit_posture(train, card, seed=seed, progress=progress)
    rng = np.random.default_rng((seed, 1))
    plain = np.concatenate([prepared(image, card.input) for image in val])
    some = val[:: max(1, len(val) // STRANGE)]
    posed = [image for whole in some for image in list(postures(whole, rng).values())[1:]]
    strange = np.concatenate([prepared(image, card.input) for image in posed])
    inner = forward(card, plain, features=False, masks=False).embedding
    method, _ = choose_method(inner, forward(card, strange, features=False, masks=False).embedding, embedding)
    rows = thumbnails(shown(plain))
    limits = choose_limits(
        {
            "posture": posture.not_upright(rows),
            "limit": distance(inner, embedding, method, NEIGHBOURS),
            "thumbnail": small.distance(rows),
        }
    )
    np.savez_compressed(card.reference, allow_pickle=False, **{**arrays, **small.to_arrays(), **posture.to_arrays()})
    return {
        "method": method,
        "limit": _up(limits["limit"]),
        "neighbours": NEIGHBOURS,
        "thumbnail_limit": _up(limits["thumbnail"]),
        "posture_limit": _up(limits["posture"]),
    }


def add_gate(
    folder: Path,
    train: Sequence[Grey],
    val: Sequence[Grey],
    data: Path | None,
    progress: Progress | None = None,
    *,
    related: Collection[str] = (),
) -> ModelCard:
    """Fit the gate of a packaged model, measure it, and write settings and figures into its card.

    Args:
        folder: Model folder.
        train: As for :func:`fit_gate`.
        val: As for :func:`fit_gate`.
        data: Folder of the data sets to measure on; None measures nothing, nor is a model of volumes measured, whose
            figures would be of single images.
        progress: Called as ``progress(done, total, text)``.
        related: As for :func:`measure_gate`.

    Returns:
        The card, read back.
    """
    card_file = folder / "card.toml"
    settings = fit_gate(folder, train, val, progress=progress)
    card_file.write_text(replace_gate(card_file.read_text(encoding="utf-8"), settings, ()), encoding="utf-8")
    card = read_card(folder)
    figures = [] if data is None or card.input.depth else measure_gate(card, data, progress=progress, related=related)
    card_file.write_text(replace_gate(card_file.read_text(encoding="utf-8"), settings, figures), encoding="utf-8")
    return read_card(folder)


def _up(value: float) -> float:
    """Six digits, rounded away from the images it was chosen on, so that the card's text marks no more."""
    step = 10.0 ** (np.floor(np.log10(max(abs(value), 1e-12))) - 5)
    return float(f"{(np.floor(value / step) + 1) * step:.6g}")
