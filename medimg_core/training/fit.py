"""One training run: steps, averaged weights, checkpoints, resume, log."""

import csv
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg_core.errors import InputError
from medimg_core.training.recipe import Recipe

Progress = Callable[[int, int, str], None]
Batch = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
CHECKPOINT = "checkpoint.npz"


@dataclass(frozen=True)
class Fitted:
    """What a run ended with.

    Attributes:
        weights: Averaged weights, in the order of ``model.weights``.
        epochs: Epochs done; fewer than the recipe's where the time limit came first.
        history: One record an epoch.
    """

    weights: tuple[NDArray[np.float32], ...]
    epochs: int
    history: tuple[Mapping[str, float], ...]


def reading_loss(recipe: Recipe) -> Callable[[Any, Any], Any]:
    """Cross-entropy of the reading's log-odds, plus that of the finer classes given the reading.

    The log-odds are ``logsumexp(positive logits) - logsumexp(other logits)``; targets are soft, shape
    ``(batch, classes)``.
    """
    from keras import ops

    inside = [i for i, name in enumerate(recipe.classes) if name in recipe.positive]
    outside = [i for i, name in enumerate(recipe.classes) if name not in recipe.positive]

    def loss(target: Any, logits: Any) -> Any:
        positive, negative = ops.take(logits, inside, axis=-1), ops.take(logits, outside, axis=-1)
        top, rest = ops.logsumexp(positive, axis=-1), ops.logsumexp(negative, axis=-1)
        odds = top - rest
        share = ops.sum(ops.take(target, inside, axis=-1), axis=-1)
        finer = ops.take(target, inside, axis=-1) * (positive - top[:, None])
        return ops.softplus(odds) - share * odds - recipe.subtype_weight * ops.sum(finer, axis=-1)

    return loss


def learning_rate(recipe: Recipe, done: float) -> float:
    """Learning rate after ``done`` epochs: linear warm-up, then a cosine to zero."""
    if done < recipe.warm_up:
        return recipe.learning_rate * (done + 0.01) / recipe.warm_up
    part = (done - recipe.warm_up) / max(1e-9, recipe.epochs - recipe.warm_up)
    return recipe.learning_rate * 0.5 * (1 + float(np.cos(np.pi * min(1.0, part))))


def prefetch(batches: Iterator[Batch], ahead: int = 6) -> Iterator[Batch]:
    """The same batches, made in a thread beside the one that uses them."""
    ready: queue.Queue[Batch | BaseException | None] = queue.Queue(maxsize=ahead)
    stop = threading.Event()

    def put(item: Batch | BaseException | None) -> bool:
        while not stop.is_set():
            try:
                ready.put(item, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for batch in batches:
                if not put(batch):
                    return
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            put(error)
        put(None)

    threading.Thread(target=work, daemon=True).start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()


def _save(path: Path, groups: Mapping[str, list[NDArray[Any]]], epoch: int) -> None:
    arrays = {f"{name}_{i:04d}": array for name, group in groups.items() for i, array in enumerate(group)}
    part = path.with_suffix(".part.npz")
    arrays["epoch"] = np.array(epoch)
    np.savez(part, allow_pickle=False, **arrays)
    part.replace(path)


def _load(path: Path, names: tuple[str, ...]) -> tuple[dict[str, list[NDArray[Any]]], int]:
    with np.load(path) as stored:
        groups = {
            name: [stored[key] for key in sorted(stored.files) if key.rsplit("_", 1)[0] == name] for name in names
        }
        return groups, int(stored["epoch"])


def _float(variables: Any) -> list[NDArray[Any]]:
    from keras import ops

    return [np.array(ops.convert_to_numpy(variable)) for variable in variables]


def fit(  # noqa: PLR0913 - the parts of a run
    model: Any,
    batches: Callable[[int], Iterator[Batch]],
    steps: int,
    recipe: Recipe,
    run: Path,
    *,
    progress: Progress,
    validate: Callable[[Any], Mapping[str, float]],
    resume: bool = True,
    time_limit: float | None = None,
) -> Fitted:
    """Fit ``model`` and average its weights.

    Args:
        model: Keras model with one output of class logits.
        batches: Gives the batches of an epoch (inputs, soft targets, weights) from its number, the same
            ones each time it is asked.
        steps: Batches an epoch.
        recipe: Epochs, rates, averaging.
        run: Folder of ``checkpoint.npz`` and ``log.csv``, written after every epoch.
        progress: Called with steps done, steps in all and a text; may raise ``Cancelled``.
        validate: Called with a model that holds the averaged weights, after every epoch.
        resume: Go on from the checkpoint where there is one.
        time_limit: Seconds after which no further epoch begins.

    Returns:
        Averaged weights, epochs done and the log.

    Raises:
        InputError: The checkpoint belongs to another network.
    """
    import keras
    import tensorflow as tf

    optimizer = keras.optimizers.AdamW(recipe.learning_rate, weight_decay=recipe.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    averaged = keras.models.clone_model(model)  # before compile: it would be cloned with its loss
    model.compile(optimizer, reading_loss(recipe))
    optimizer.build(model.trainable_variables)
    average = [tf.Variable(variable.value, trainable=False) for variable in model.weights]
    history: list[dict[str, float]] = []
    first = 0
    checkpoint = run / CHECKPOINT
    if resume and checkpoint.is_file():
        groups, first = _load(checkpoint, ("weight", "average", "optimizer"))
        shapes = [tuple(variable.shape) for variable in model.weights]
        if [array.shape for array in groups["weight"]] != shapes:
            raise InputError("the checkpoint must belong to this recipe; start anew in another folder")
        model.set_weights(groups["weight"])
        for variable, array in zip(average, groups["average"], strict=True):
            variable.assign(array)
        for variable, array in zip(optimizer.variables, groups["optimizer"], strict=True):
            variable.assign(array)
        history = _read_log(run / "log.csv")[:first]

    @tf.function  # type: ignore[untyped-decorator, unused-ignore]
    def blend(decay: Any) -> None:
        for mean, variable in zip(average, model.weights, strict=True):
            mean.assign(decay * mean + (1.0 - decay) * tf.cast(variable.value, mean.dtype))

    begun = time.monotonic()
    epoch = first
    while epoch < recipe.epochs:
        if time_limit is not None and time.monotonic() - begun > time_limit:
            break
        start, loss = time.monotonic(), 0.0
        for step, (inputs, wanted, weights) in enumerate(prefetch(batches(epoch))):
            done = epoch * steps + step
            optimizer.learning_rate.assign(learning_rate(recipe, done / steps))
            loss += float(model.train_on_batch(inputs, wanted, sample_weight=weights))
            blend(tf.constant(min(recipe.ema, (1 + done) / (10 + done)), tf.float32))
            if step % 10 == 0:
                progress(done, steps * recipe.epochs, f"epoch {epoch + 1} of {recipe.epochs}")
        epoch += 1
        averaged.set_weights(_float(average))
        record = {"epoch": float(epoch), "loss": loss / steps, "seconds": time.monotonic() - start}
        record |= {name: float(value) for name, value in validate(averaged).items()}
        history.append(record)
        _write_log(run / "log.csv", history)
        groups = {
            "weight": _float(model.weights),
            "average": _float(average),
            "optimizer": _float(optimizer.variables),
        }
        _save(checkpoint, groups, epoch)
        progress(epoch * steps, steps * recipe.epochs, ", ".join(f"{k} {v:.4g}" for k, v in record.items()))
    return Fitted(tuple(_float(average)), epoch, tuple(history))


def _write_log(path: Path, history: list[dict[str, float]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(history[-1]))
        writer.writeheader()
        writer.writerows(history)


def _read_log(path: Path) -> list[dict[str, float]]:
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
