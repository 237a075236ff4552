"""A plan's network: built, started from other weights, and validated while it is trained."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg_core.errors import InputError, InvalidCardError
from medimg_core.registry import load_card
from medimg_core.training.architectures import multi_task, unet3d
from medimg_core.training.architectures.lite import load_imagenet
from medimg_core.training.heads import log_odds, positives
from medimg_core.training.labels import resized
from medimg_core.training.plan import UNKNOWN, Plan
from medimg_core.training.samples import Samples, prepared

CHUNK = 32

ENCODER = ("stem", "stage", "residual", "down")
"""How the names of the encoders' layers begin."""


def build(plan: Plan, *, training: bool = True) -> Any:
    """The plan's network with fresh weights; without dropout where it is not to be trained."""
    if plan.depth:
        return _of_volumes(plan)
    return multi_task(
        size=plan.size,
        channels=plan.channels,
        classes=len(plan.classes),
        masks=plan.mask_channels,
        encoder=plan.encoder,
        widths=plan.widths,
        head=plan.head,
        decoder=plan.decoder,
        dropout=plan.dropout if training else 0.0,
    )


def _of_volumes(plan: Plan) -> Any:
    """A U-Net of whole volumes with the outputs that every model of masks has."""
    import keras

    network = unet3d(shape=(plan.depth, plan.size, plan.size), widths=plan.widths, masks=plan.mask_channels)
    pooled = keras.layers.GlobalAveragePooling3D(name="embedding")(network.get_layer("features").output)
    return keras.Model(network.inputs, [network.get_layer("mask_logits").output, pooled], name="unet3d")


def start(network: Any, plan: Plan) -> None:
    """Give the network the weights that the plan goes on from.

    From a model's card every layer of the same name and shapes is taken over: the whole encoder, and the decoder
    where it is alike.

    Raises:
        InvalidCardError: The model has another encoder.
    """
    import keras

    if plan.start == "imagenet":
        load_imagenet(network)
    elif plan.start:
        card = load_card(plan.start)
        card.check_weights()
        known = {layer.name: layer for layer in keras.saving.load_model(card.weights, compile=False).layers}
        left = set()
        for layer in network.layers:
            other = known.get(layer.name)
            if layer.weights and other and [w.shape for w in other.weights] == [w.shape for w in layer.weights]:
                layer.set_weights(other.get_weights())
            elif layer.weights and layer.name.startswith(ENCODER):
                left.add(layer.name)
        if left:
            raise InvalidCardError(f"recipe `start` must name a model with this encoder; {card.id} has another")


def heads_of(network: Any, plan: Plan) -> Any:
    """The part that is trained: outputs by name, those that there are.

    With a ``map_weight`` also ``map``: the classification's layer on every cell of ``features``.
    """
    import keras

    names = [name for name, there in (("logits", plan.classes), ("mask_logits", plan.masks)) if there]
    outputs = {name: network.get_layer(name).output for name in names}
    if plan.map_weight:
        outputs["map"] = network.get_layer("logits")(network.get_layer("features").output)
    return keras.Model(network.inputs, outputs, name="heads")


def chunks(samples: Samples, plan: Plan) -> Iterator[NDArray[np.float32]]:
    """Prepared batches of all images, in order; volumes come one by one."""
    size = 1 if plan.depth else CHUNK
    for first in range(0, len(samples), size):
        last = min(first + size, len(samples))
        yield np.concatenate([prepared(samples.image(i), plan.input) for i in range(first, last)])


def small_masks(samples: Samples, plan: Plan) -> NDArray[np.uint8]:
    """Label maps on the network's grid, shape ``(n, size, size)``, of volumes with the slices before the rows."""
    return np.stack([small_mask(mask, plan) for mask in samples.masks])


def small_mask(mask: NDArray[np.uint8], plan: Plan) -> NDArray[np.uint8]:
    """One label map on the network's grid: the label with the largest share of each cell.

    Args:
        mask: Shape ``(rows, columns)``, or ``(rows, columns, slices)`` of a volume, which come first afterwards.
        plan: The network's size.
    """
    small = resized(mask, (plan.size, plan.size), len(plan.masks))
    return np.moveaxis(small, -1, 0) if plan.depth else small


def decided(logits: NDArray[np.float32], threshold: float = 0.5) -> NDArray[np.uint8]:
    """Mask logits ``(..., channels)`` to a label map ``(...)``."""
    if logits.shape[-1] == 1:
        cut = np.log(threshold / (1 - threshold))
        return np.asarray(logits[..., 0] >= cut, dtype=np.uint8)
    return np.asarray(logits.argmax(axis=-1), dtype=np.uint8)


def dice_rows(
    found: NDArray[np.uint8], true: NDArray[np.uint8], label: int, stacks: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    """Dice of one label in each image or volume; NaN where nobody drew or the true mask is empty.

    Args:
        found: Label maps, shape ``(n, rows, columns)`` or of whole volumes.
        true: Likewise.
        label: Which one.
        stacks: Number of the volume that each is a slice of, shape ``(n,)``; each is its own where it is None.

    Returns:
        Shape ``(n,)``, or one for each volume, as it is evaluated.
    """
    stack = np.arange(len(true)) if stacks is None else stacks
    found, true = found.reshape(len(found), -1), true.reshape(len(true), -1)
    drawn = true[:, 0] != UNKNOWN
    both, theirs, ours = (
        np.bincount(stack, weights=drawn * part.sum(axis=1))
        for part in ((found == label) & (true == label), true == label, found == label)
    )
    return np.where(theirs > 0, 2 * both / np.maximum(ours + theirs, 1), np.nan)


def pointing_rows(odds: NDArray[np.floating], masks: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Whether the cell with the largest log-odds touches what was drawn; NaN where nothing was, or nobody drew.

    Args:
        odds: Of each cell, shape ``(n, cell rows, cell columns)``.
        masks: Label maps on the network's grid, shape ``(n, size, size)``.
    """
    count, rows, columns = odds.shape
    cells = masks.reshape(count, rows, masks.shape[1] // rows, columns, masks.shape[2] // columns)
    touched = ((cells > 0) & (cells != UNKNOWN)).any(axis=(2, 4)).reshape(count, -1)
    hit = touched[np.arange(count), odds.reshape(count, -1).argmax(axis=1)]
    return np.where(touched.any(axis=1), hit.astype(float), np.nan)


def validator(val: Samples, plan: Plan) -> Callable[[Any], Mapping[str, float]]:
    """What is logged after each epoch: AUC and accuracy of the reading, Dice of each mask, false positives, pointing.

    Dice is the mean over images or, of slices, over volumes; false positives are counted in images or slices.

    Raises:
        InputError: The validation images have one reading only, or lack a mask of one of the classes.
    """
    from sklearn.metrics import roc_auc_score

    batches = list(chunks(val, plan))
    truth = positives(plan)[val.classes] if plan.classes else None
    masks = small_masks(val, plan) if plan.masks else None
    stacks, whole = val.stacks(), np.array([not origin.undrawn for origin in val.origins])

    if truth is not None and len(set(truth.tolist())) < 2:
        raise InputError("validation images must be of both readings, positive and not; they are of one")
    for number, target in enumerate(plan.masks, start=1):
        if masks is None or not (masks == number).any():
            raise InputError(f"validation images must have a drawn mask of {target.name}; there is none")
    traced: dict[int, Any] = {}

    def validate(model: Any) -> Mapping[str, float]:
        import tensorflow as tf

        if id(model) not in traced:
            traced[id(model)] = tf.function(lambda batch: model(batch, training=False), reduce_retracing=True)
        network = traced[id(model)]
        parts = [{k: np.asarray(v, np.float32) for k, v in network(batch).items()} for batch in batches]
        record: dict[str, float] = {}
        if truth is not None:
            odds = log_odds(np.concatenate([part["logits"] for part in parts]), plan)
            record["val_auc"] = float(roc_auc_score(truth, odds))
            record["val_accuracy"] = float(np.mean((odds > 0) == truth))
        if masks is not None:
            found = np.concatenate([decided(part["mask_logits"]) for part in parts])
            for number, target in enumerate(plan.masks, start=1):
                record[f"val_dice_{target.name}"] = float(np.nanmean(dice_rows(found, masks, number, stacks)))
            empty = (masks.reshape(len(masks), -1) == 0).all(axis=1) & whole
            if empty.any():
                record["val_false_positive"] = float(
                    (found[empty].reshape(int(empty.sum()), -1) > 0).any(axis=1).mean()
                )
        if "map" in parts[0] and truth is not None and masks is not None:
            odds = log_odds(np.concatenate([part["map"] for part in parts])[truth], plan)
            record["val_pointing"] = float(np.nanmean(pointing_rows(odds, masks[truth])))
        record["val_score"] = float(np.mean([v for k, v in record.items() if k == "val_auc" or "dice" in k]))
        return record

    return validate
