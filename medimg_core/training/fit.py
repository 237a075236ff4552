"""One training run: steps, averaged weights, checkpoints, resume, log."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from medimg_core.errors import InputError
from medimg_core.training.runfolder import RunFolder, arrays

Progress = Callable[[int, int, str], None]
Targets = NDArray[Any] | dict[str, NDArray[Any]]
Batch = tuple[NDArray[np.float32], Targets, Targets]
"""Inputs, targets and weights; the last two by output where there are several."""


class Schedule(Protocol):
    """What a fit takes from a recipe."""

    @property
    def epochs(self) -> int:
        """Passes over the training images."""

    @property
    def learning_rate(self) -> float:
        """Peak, after the warm-up."""

    @property
    def warm_up(self) -> float:
        """Epochs of linear warm-up; a cosine to zero follows."""

    @property
    def weight_decay(self) -> float:
        """Decoupled (AdamW)."""

    @property
    def ema(self) -> float:
        """Decay of the averaged weights, per step."""


@dataclass(frozen=True)
class Aim:
    """What is minimised, and when to stop early.

    Attributes:
        loss: A Keras loss, or one an output by name.
        weights: Of the outputs' losses.
        watch: Key of the validation record that is to rise.
        patience: Epochs without a rise after which training stops with the best weights; 0 never stops early and
            keeps the last.
    """

    loss: Any
    weights: Mapping[str, float] | None = None
    watch: str = ""
    patience: int = 0


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


def learning_rate(recipe: Schedule, done: float) -> float:
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


def fit(  # noqa: PLR0913 - the parts of a run
    model: Any,
    batches: Callable[[int], Iterator[Batch]],
    steps: int,
    recipe: Schedule,
    run: Path,
    *,
    aim: Aim,
    progress: Progress,
    validate: Callable[[Any], Mapping[str, float]],
    resume: bool = True,
    time_limit: float | None = None,
) -> Fitted:
    """Fit ``model`` and average its weights.

    Args:
        model: Keras model.
        batches: Gives the batches of an epoch (inputs, soft targets, weights) from its number, the same
            ones each time it is asked.
        steps: Batches an epoch.
        recipe: Epochs, rates, averaging.
        run: Folder of ``checkpoint.npz``, ``log.csv`` and TensorBoard's ``tensorboard``, written after every epoch.
        aim: Losses and early stop.
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
    model.compile(optimizer, aim.loss, loss_weights=dict(aim.weights) if aim.weights else None)
    optimizer.build(model.trainable_variables)
    average = [tf.Variable(variable.value, trainable=False) for variable in model.weights]
    kept, first = RunFolder(run), 0
    if resume and kept.has_checkpoint:
        groups, first = kept.load()
        shapes = [tuple(variable.shape) for variable in model.weights]
        if [array.shape for array in groups["weight"]] != shapes:
            raise InputError("the checkpoint must belong to this recipe; start anew in another folder")
        model.set_weights(groups["weight"])
        for variable, array in zip(average, groups["average"], strict=True):
            variable.assign(array)
        for variable, array in zip(optimizer.variables, groups["optimizer"], strict=True):
            variable.assign(array)
    else:
        kept.clear()
    history = kept.history(first)

    @tf.function  # type: ignore[untyped-decorator, unused-ignore]
    def blend(decay: Any) -> None:
        for mean, variable in zip(average, model.weights, strict=True):
            mean.assign(decay * mean + (1.0 - decay) * tf.cast(variable.value, mean.dtype))

    begun = time.monotonic()
    epoch = first
    while epoch < recipe.epochs and not _stale(history, aim):
        if time_limit is not None and time.monotonic() - begun > time_limit:
            break
        start = time.monotonic()
        model.reset_metrics()  # what train_on_batch returns is the mean since then
        for step, (inputs, wanted, weights) in enumerate(prefetch(batches(epoch))):
            done = epoch * steps + step
            optimizer.learning_rate.assign(learning_rate(recipe, done / steps))
            loss = float(np.ravel(model.train_on_batch(inputs, wanted, sample_weight=weights))[0])
            blend(tf.constant(min(recipe.ema, (1 + done) / (10 + done)), tf.float32))
            if step % 10 == 0:
                progress(done, steps * recipe.epochs, f"epoch {epoch + 1} of {recipe.epochs}")
        epoch += 1
        averaged.set_weights(arrays(average))
        record = {"epoch": float(epoch), "loss": loss, "seconds": time.monotonic() - start}
        record |= {name: float(value) for name, value in validate(averaged).items()}
        history.append(record)
        kept.log(history)
        groups = {"weight": model.weights, "average": average, "optimizer": optimizer.variables}
        kept.save({name: arrays(group) for name, group in groups.items()}, epoch)
        if aim.patience and record[aim.watch] >= max(past[aim.watch] for past in history):
            kept.save_best(arrays(average))
        progress(epoch * steps, steps * recipe.epochs, ", ".join(f"{k} {v:.4g}" for k, v in record.items()))
    final = kept.best() if aim.patience else None
    return Fitted(tuple(arrays(average) if final is None else final), epoch, tuple(history))


def _stale(history: Sequence[Mapping[str, float]], aim: Aim) -> bool:
    """Whether the watched figure has not risen for as long as there is patience."""
    if not aim.patience or len(history) <= aim.patience:
        return False
    watched = [record[aim.watch] for record in history]
    return max(watched[: -aim.patience]) >= max(watched[-aim.patience :])
