"""One ONNX Runtime session a model, shared by all threads, and the forward pass through it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.engine.cache import discard, entry
from medimg_core.engine.runtime import refusals, session_options, threads
from medimg_core.errors import IncompatibleInputError, ModelError, NotApplicableError
from medimg_core.registry import ModelCard
from medimg_core.results import Activations

__all__ = ["Forward", "check", "dense_head", "forward", "session_options", "threads", "warm"]

Array = npt.NDArray[np.float32]
Progress = Callable[[int, int, str], None]

_CHUNK = 32  # bounds the memory of a large batch; beyond it a larger batch is no faster
_SIDE = 4  # inputs of one pass of those that run side by side
Key = tuple[Any, ...]

_sessions: dict[Key, "_Loaded"] = {}
_locks: dict[Key, threading.Lock] = {}
_guard = threading.Lock()


@dataclass(frozen=True, eq=False)
class Forward:
    """What one pass gives, for a batch of n.

    Attributes:
        features: Last feature map, ``float32``, shape ``(n, rows, columns, channels)``, or None where
            the card names none or it was not asked for.
        embedding: What the dense head takes, or the layer ``embedding`` of a network without one; ``float32``,
            shape ``(n, channels)``. Without either there are no channels.
        logits: Uncalibrated, ``float32``, shape ``(n, classes)``; None where the model does not classify.
        ensemble: Logits of each head of the ensemble, ``float32``, shape ``(n, members, classes)``;
            without an ensemble ``members`` is 0.
        masks: Logits a pixel of the network's input, ``float32``, shape ``(n, rows, columns, channels)``, of volumes
            with the slices before the rows: one channel for one class, else the background's and one a class. None
            where the model does not segment or they were not asked for.
    """

    features: Array | None = field(repr=False)
    embedding: Array = field(repr=False)
    logits: Array | None = field(repr=False)
    ensemble: Array = field(repr=False)
    masks: Array | None = field(default=None, repr=False)

    def activations(self, index: int = 0) -> Activations:
        """What the pass left behind for one input of the batch, counted from 0; mask logits are not kept.

        Raises:
            NotApplicableError: The model does not classify.
        """
        if self.logits is None:
            raise NotApplicableError("activations need a model that classifies; this one only segments")
        return Activations(
            None if self.features is None else self.features[index],
            self.embedding[index],
            self.logits[index],
            self.ensemble[index],
        )


@dataclass(frozen=True, eq=False)
class _Loaded:
    session: Any
    names: tuple[str, ...]
    kernel: Array
    bias: Array


def forward(
    card: ModelCard,
    batch: npt.NDArray[np.floating[Any]],
    *,
    features: bool = True,
    masks: bool = True,
    alone: bool = False,
) -> Forward:
    """Run a batch through a model once.

    A pass that shares its work among threads waits at every operator for the slowest of them. Where there are enough
    inputs, passes of a few run side by side instead, one thread each.

    Args:
        card: The model.
        batch: Prepared input (:func:`medimg_core.preprocess.prepare`), shape
            ``(n, rows, columns, channels)``, or ``(n, slices, rows, columns, channels)`` where the network takes
            volumes.
        features: Whether the last feature map is kept; large batches that need none say False.
        masks: Whether the logits a pixel are kept.
        alone: Whether the pass keeps to the thread that called it, as passes side by side do.

    Raises:
        IncompatibleInputError: The batch has another shape than the card's input, or is not finite.
        ModelError: Weights or export cannot be used (see :func:`warm`) or run, or an output is not finite or not
            what the card says.
    """
    wanted = card.input.shape
    if batch.shape[1:] != wanted or not len(batch):
        raise IncompatibleInputError(f"batch must have shape (n, {', '.join(map(str, wanted))}), got {batch.shape}")
    values = np.ascontiguousarray(batch, dtype=np.float32)
    if not np.isfinite(values).all():
        raise IncompatibleInputError("batch must be finite, got NaN or infinity")
    side_by_side = not alone and not card.input.depth and len(values) >= 2 * threads() > 2
    whole = masks or card.classification is None or card.segmentation is None
    loaded = _loaded(card, 1 if alone or side_by_side else threads(), "model" if whole else "scores")
    unwanted = {name for name, kept in (("features", features), ("masks", masks)) if not kept}
    session, names = loaded.session, [name for name in loaded.names if name not in unwanted]
    size = 1 if card.input.depth else min(_SIDE, -(-len(values) // threads())) if side_by_side else _CHUNK
    chunks = [values[at : at + size] for at in range(0, len(values), size)]

    try:
        with ThreadPoolExecutor(threads()) if side_by_side else nullcontext() as pool:
            parts = list((pool.map if pool else map)(lambda chunk: session.run(names, {"image": chunk}), chunks))
    except refusals() as error:
        said = f"{type(error).__name__} came: {next(iter(str(error).splitlines()), '')[:200]}"
        raise ModelError(f"ONNX Runtime must run the network of {card.id}; {said}") from error
    arrays = parts[0] if len(parts) == 1 else [np.concatenate(column) for column in zip(*parts, strict=True)]
    found: dict[str, Array] = dict(zip(names, arrays, strict=True))
    for name, array in found.items():
        if not np.isfinite(array).all():
            raise ModelError(f"outputs of model {card.id} must be finite; {name} holds NaN or infinity")
        array.setflags(write=False)
    _check_masks(card, found.get("masks"))
    return Forward(
        features=found.get("features"),
        embedding=found.get("embedding", np.empty((len(values), 0), np.float32)),
        logits=found.get("logits"),
        ensemble=_members(card, found, len(values)),
        masks=found.get("masks"),
    )


def _members(card: ModelCard, found: dict[str, Array], count: int) -> Array:
    """Logits of the ensemble's heads, ``(n, members, classes)``; checks those of the classes too."""
    if "logits" not in found:
        return np.empty((count, 0, 0), np.float32)
    classes = found["logits"].shape[1]
    wanted = len(card.classification.classes) if card.classification else 0
    if classes != wanted:
        raise ModelError(f"model {card.id} must give {wanted} logits, it gives {classes}")
    ensemble = found.get("ensemble", np.empty((count, 0), np.float32))
    if ensemble.shape[1] % classes:
        raise ModelError(f"ensemble of {card.id} must give a multiple of {classes} logits, got {ensemble.shape[1]}")
    return ensemble.reshape(count, ensemble.shape[1] // classes, classes)


def _check_masks(card: ModelCard, masks: Array | None) -> None:
    """Raises ModelError where the channels are not those of the card's classes."""
    if masks is None or card.segmentation is None:
        return
    classes = len(card.segmentation.classes)
    wanted = 1 if classes == 1 else classes + 1
    if masks.shape[-1] != wanted:
        raise ModelError(
            f"model {card.id} must give {wanted} logits a pixel for {classes} classes, it gives {masks.shape[-1]}"
        )


def dense_head(card: ModelCard) -> tuple[Array, Array]:
    """Kernel ``(channels, classes)`` and bias ``(classes,)`` of the dense head, ``float32``, read-only.

    Raises:
        ModelError: As :func:`warm`.
        NotApplicableError: The model does not classify.
    """
    if card.classification is None:
        raise NotApplicableError(f"a dense head needs a model that classifies; {card.id} does {card.task}")
    loaded = _loaded(card, threads())
    return loaded.kernel, loaded.bias


def warm(card: ModelCard, progress: Progress | None = None) -> None:
    """Make a model ready: check its weights, export it where the cache has none, load the session.

    Args:
        card: The model.
        progress: Called as ``progress(done, total, text)``; may raise
            :class:`~medimg_core.errors.Cancelled`.

    Raises:
        WeightsError: The weights are missing or are not those of the card.
        ModelError: The export fails or cannot be loaded.
    """
    if progress is not None:
        progress(0, 1, card.title)
    _loaded(card, threads())
    if progress is not None:
        progress(1, 1, card.title)


def check(card: ModelCard) -> None:
    """Try a model from weights to outputs, on an input of zeros.

    Raises:
        WeightsError: The weights are missing or are not those of the card.
        ModelError: It cannot be exported, loaded or run, or gives what the card does not say.
    """
    card.check_weights()
    forward(card, np.zeros((1, *card.input.shape), np.float32))


def _loaded(card: ModelCard, count: int, part: str = "model") -> _Loaded:
    """The session of one of a card's exported networks whose passes take ``count`` threads."""
    key = (part, *_key(card, count))
    found = _sessions.get(key)
    if found is not None:
        return found
    with _guard:
        lock = _locks.setdefault(key, threading.Lock())
    with lock:
        if key not in _sessions:
            card.check_weights()
            _sessions[key] = _load(card, count, part)
        return _sessions[key]


def _key(card: ModelCard, count: int) -> Key:
    """What tells sessions apart. Made at every pass, so without a look at the disk."""
    classes, masks, cam = card.classification, card.segmentation, card.cam
    return (
        card.sha256,
        card.weights,
        count,
        card.input.shape,
        None if classes is None else (classes.name, classes.ensemble, len(classes.classes)),
        None if masks is None else (masks.name, len(masks.classes)),
        None if cam is None else (cam.layer, cam.head),
    )


def _load(card: ModelCard, count: int, part: str) -> _Loaded:
    """Build a session; an entry that ONNX Runtime cannot read is built again once."""
    try:
        return _open(card, count, part)
    except refusals():
        discard(card)
    try:
        return _open(card, count, part)
    except refusals() as error:
        raise ModelError(f"the export of model {card.id} must load in ONNX Runtime; twice it did not") from error


def _open(card: ModelCard, count: int, part: str) -> _Loaded:
    import onnxruntime

    folder = entry(card)
    session = onnxruntime.InferenceSession(
        str(folder / f"{part}.onnx"), session_options(count), providers=["CPUExecutionProvider"]
    )
    with np.load(folder / "head.npz", allow_pickle=False) as head:
        kernel, bias = head["kernel"], head["bias"]
    kernel.setflags(write=False)
    bias.setflags(write=False)
    return _Loaded(session, tuple(output.name for output in session.get_outputs()), kernel, bias)
