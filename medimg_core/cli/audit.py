"""``medimg audit``: what is found once for a model's methods, written beside its weights as ``audit.json``."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from medimg_core.cli.commands import _progress
from medimg_core.errors import IncompatibleInputError, MedImgError, NotApplicableError, UnreadableFileError

Answer = dict[str, Any]

__all__ = ["arguments", "audit", "drawn_in", "images_in"]

MOST = 400
"""Images read of a split, at most."""
DRAWN = 50
"""Training images with a mask, for the share of the peak at which a map is cut."""
SEED = 0


def arguments(sub: argparse.ArgumentParser) -> None:
    """What ``medimg audit`` takes."""
    sub.add_argument("id")
    sub.add_argument("folder", type=Path, metavar="FOLDER", help="with an index.csv; masks of its training images help")
    sub.add_argument("--split", default="val")
    sub.add_argument("--methods", help="names with commas between them; by default all with a closed form")
    sub.add_argument("--out", type=Path, help="file to write; audit.json in the model's folder by default")


def audit(args: argparse.Namespace) -> Answer:
    """Randomise a model layer by layer and say whether its maps notice; write it to ``audit.json``."""
    from medimg_core.explain.audit import forgetting, write_record
    from medimg_core.explain.audit.record import FILE
    from medimg_core.explain.audit.sanity import judged
    from medimg_core.explain.methods import METHODS, closed_form, identical
    from medimg_core.registry import load_card

    card = load_card(args.id)
    if card.classification is None:
        raise NotApplicableError(f"an audit of maps needs a model that classifies; {card.id} does {card.task}")
    known = [name for name, method in METHODS.items() if method.explains == "decision"]
    methods = args.methods.split(",") if args.methods else [name for name in known if closed_form(name, card)]
    if not methods or not set(methods) <= set(known):
        raise IncompatibleInputError(
            f"methods must be some of {', '.join(known)}, got {', '.join(methods)[:80] or 'none'}"
        )
    images = images_in(args.folder, card, args.split)
    record = forgetting(card, images, methods, drawn=drawn_in(args.folder, card), seed=SEED, progress=_progress)
    out = args.out or card.folder / FILE
    try:
        write_record(record, out)
    except OSError as error:
        raise MedImgError(f"{FILE} must be written to a folder that can be written to: {error.strerror}") from error
    return {
        "model": card.id,
        "weights_sha256": card.sha256,
        "data": record.data,
        "methods": {
            name: {
                "sanity": judged(one),
                "ssim": {stage.name: stage.ssim for stage in one.stages},
                "pass_line": one.pair_ssim,
                "images": one.images,
                "cut": one.cut,
            }
            for name, one in record.methods.items()
        },
        "identical": [sorted(names) for names in identical(card) if set(names) & set(methods)],
        "out": str(out),
    }


def images_in(folder: Path, card: Any, split: str) -> Any:
    """Images of a folder's split as inputs of a model, and whether its reading is true of each.

    Args:
        folder: With an ``index.csv``.
        card: A model that classifies.
        split: The split; :data:`MOST` images of it at most, drawn with a fixed seed.
    """
    from medimg_core.evaluation.classification import truth_of
    from medimg_core.evaluation.folder import read_folder
    from medimg_core.explain.audit import Images

    rows = read_folder(folder, split)
    chosen = sorted(np.random.default_rng(SEED).permutation(len(rows))[:MOST].tolist())
    rows = tuple(rows[index] for index in chosen)
    try:
        truth = truth_of(card, rows)
    except NotApplicableError:  # labels of another question: usual peaks are then not told apart
        truth = None
    return Images(f"{folder.resolve().name} {split}", _inputs(rows, card), truth)


def drawn_in(folder: Path, card: Any) -> Any:
    """Training images of a folder with what was drawn in them; None where there are none.

    Args:
        folder: With an ``index.csv``.
        card: A model; the first of its targets is what was drawn, or the column ``mask`` where it does not segment.
    """
    from medimg_core.evaluation.folder import read_folder
    from medimg_core.evaluation.judging import drawn, image_of
    from medimg_core.explain.audit.forgetting import Drawn
    from medimg_core.preprocess import placement, resize

    output = card.segmentation
    column, value = "mask", 0
    if output is not None and output.mask is not None:
        column, value = output.mask.targets[0].column, output.mask.targets[0].value
    try:
        rows = [row for row in read_folder(folder, "train") if row.split and column in row.masks]
    except UnreadableFileError:  # it has no training split
        return None
    kept, masks = [], []
    for index in np.random.default_rng(SEED).permutation(len(rows)).tolist():
        volume = image_of(rows[index].image).volume
        mask = drawn(rows[index].masks[column], value, volume.shape)[0]
        if volume.shape[0] > 1 or not mask.any():
            continue
        top, left, bottom, right = placement(mask.shape, card.input).box
        inside = np.zeros(card.input.size, bool)
        inside[top:bottom, left:right] = resize(mask.astype(np.float32), (bottom - top, right - left)) >= 0.5
        if inside.any():
            kept.append(rows[index])
            masks.append(inside)
        if len(kept) == DRAWN:
            break
    if not kept:
        return None
    return Drawn(f"{folder.resolve().name} train, {len(kept)} images", _inputs(kept, card), np.stack(masks))


def _inputs(rows: Sequence[Any], card: Any) -> Any:
    from medimg_core.evaluation.judging import image_of
    from medimg_core.inference import model_input
    from medimg_core.preprocess import prepare

    return np.concatenate([prepare(model_input(image_of(row.image).volume, card), card.input) for row in rows])
