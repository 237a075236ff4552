"""``medimg audit``: what is found once for a model's methods, written beside its weights as ``audit.json``.

How maps change when the network forgets what it learned, how faithful they are on images of the split, and where they
lie against what was drawn in them.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from medimg_core.cli.commands import _progress, count
from medimg_core.errors import (
    IncompatibleInputError,
    MedImgError,
    NotApplicableError,
    UnreadableFileError,
    WeightsError,
)

Answer = dict[str, Any]

__all__ = ["arguments", "audit", "drawn_in", "images_in", "others"]

MOST = 400
"""Images read of a split, at most."""
DRAWN = 50
"""Training images with a mask, for the share of the peak at which a map is cut."""
SEED = 0


def arguments(sub: argparse.ArgumentParser) -> None:
    """What ``medimg audit`` takes."""
    sub.add_argument("id")
    sub.add_argument(
        "folders",
        nargs="+",
        type=Path,
        metavar="FOLDER",
        help="with an index.csv: the first one's labels are asked; masks are taken from all",
    )
    sub.add_argument("--split", default="val")
    sub.add_argument(
        "--methods", help="names with commas between them, by default all with a closed form; others stay in the file"
    )
    sub.add_argument("--most", type=count, default=40, help="images whose faithfulness is asked, 40 by default")
    sub.add_argument(
        "--keep", action="store_true", help="keep what the file says of forgetting; measure faithfulness and place anew"
    )
    sub.add_argument("--out", type=Path, help="file to write; audit.json in the model's folder by default")


def audit(args: argparse.Namespace) -> Answer:
    """Randomise a model layer by layer and say whether its maps notice; measure them; write it to ``audit.json``."""
    from medimg_core.evaluation.folder import read_folder
    from medimg_core.evaluation.maps import measured
    from medimg_core.explain.audit import forgetting, read_record, write_record
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
    out = args.out or card.folder / FILE
    if args.keep:
        kept = read_record(card, out)
        if kept is None or not set(methods) <= set(kept.methods):
            raise IncompatibleInputError(f"{FILE} must hold what is to be kept of {', '.join(methods)}; it does not")
        record = kept
    else:
        images = images_in(args.folders[0], card, args.split)
        record = forgetting(card, images, methods, drawn=drawn_in(args.folders, card), seed=SEED, progress=_progress)
    rows = read_folder(args.folders[0], args.split)
    marked = {folder: read_folder(folder, args.split) for folder in args.folders}
    found = measured(
        card,
        replace(record, methods={name: record.methods[name] for name in methods}),
        rows,
        f"{args.folders[0].resolve().name} {args.split}",
        marked=[row for few in marked.values() for row in few if row.masks],
        marked_data=" and ".join(
            f"{folder.resolve().name} {args.split}" for folder, few in marked.items() if any(row.masks for row in few)
        ),
        most=args.most,
        progress=_progress,
    )
    record = replace(record, methods={**others(card, record, out), **record.methods, **found.methods})
    try:
        write_record(record, out)
        if args.out is None:
            _told(card)
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
                "faithful": None if one.faithful is None else asdict(one.faithful),
                "placed": None if one.placed is None else asdict(one.placed),
            }
            for name, one in record.methods.items()
        },
        "identical": [sorted(names) for names in identical(card) if set(names) & set(methods)],
        "out": str(out),
    }


def others(card: Any, record: Any, out: Path) -> Answer:
    """What a file says of other methods than a record's, where it was found on the same images and weights.

    Args:
        card: The model.
        record: Newly found.
        out: The file; need not be there.

    Returns:
        Methods by name.
    """
    from medimg_core.explain.audit import read_record

    try:
        before = read_record(card, out)
    except WeightsError:
        return {}
    if before is None or (before.data, before.seed) != (record.data, record.seed):
        return {}
    return {name: one for name, one in before.methods.items() if name not in record.methods}


def _told(card: Any) -> None:
    """Put the table of maps into the README of the model's folder, where there is one."""
    from medimg_core.training.mapsection import with_known_maps

    path = card.folder / "README.md"
    if path.is_file():
        path.write_text(with_known_maps(path.read_text(encoding="utf-8"), card), encoding="utf-8")


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


def drawn_in(folders: Sequence[Path], card: Any) -> Any:
    """Training images of folders with what was drawn in them; None where there are none.

    Args:
        folders: Each with an ``index.csv``.
        card: A model; see :func:`medimg_core.evaluation.files.drawn_file`.
    """
    from medimg_core.evaluation.files import drawn, drawn_file, image_of
    from medimg_core.evaluation.folder import read_folder
    from medimg_core.explain.audit.forgetting import Drawn
    from medimg_core.preprocess import placement, resize

    rows, names = [], []
    for folder in folders:
        try:
            few = [row for row in read_folder(folder, "train") if row.split and drawn_file(card, row)]
        except UnreadableFileError:  # it has no training split
            continue
        if few:
            rows += few
            names.append(folder.resolve().name)
    kept, masks = [], []
    for index in np.random.default_rng(SEED).permutation(len(rows)).tolist():
        volume = image_of(rows[index].image).volume
        where = drawn_file(card, rows[index])
        assert where is not None  # the others were left out
        mask = drawn(*where, volume.shape)[0]
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
    return Drawn(f"{' and '.join(names)} train, {len(kept)} images", _inputs(kept, card), np.stack(masks))


def _inputs(rows: Sequence[Any], card: Any) -> Any:
    from medimg_core.evaluation.files import image_of
    from medimg_core.inference import model_input
    from medimg_core.preprocess import prepare

    return np.concatenate([prepare(model_input(image_of(row.image).volume, card), card.input) for row in rows])
