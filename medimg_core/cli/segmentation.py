"""``medimg segment``: masks of one series, written to a file or a folder."""

import argparse
from pathlib import Path
from typing import Any

from medimg_core.cli.commands import _declared, _nothing_fits, _progress, refusals
from medimg_core.errors import MedImgError, NotApplicableError

Answer = dict[str, Any]

__all__ = ["arguments", "segment", "slice_range"]


def slice_range(text: str) -> tuple[int, int]:
    """First and last slice of ``A-B`` or ``A``, from 0.

    Examples:
        >>> slice_range("12-80"), slice_range("7")
        ((12, 80), (7, 7))
    """
    first, _, last = text.partition("-")
    try:
        found = (int(first), int(last or first))
    except ValueError:
        found = (-1, -1)
    if not 0 <= found[0] <= found[1]:
        raise argparse.ArgumentTypeError("slices must be A-B, from 0, A not above B")
    return found


def arguments(sub: argparse.ArgumentParser) -> None:
    """What ``medimg segment`` takes, but for the reader's word."""
    sub.add_argument("id")
    sub.add_argument("path", type=Path, metavar="PATH")
    sub.add_argument("--out", required=True, help="file to write, .nii.gz, .nii or .png, or a folder")
    text = "first and last slice, from 0, that hold what is sought"
    sub.add_argument("--slices", type=slice_range, default=None, metavar="A-B", help=text)


def segment(args: argparse.Namespace) -> Answer:
    """Masks and volumes of the first series that the model reads; the others are listed as refused."""
    from medimg_core import inference
    from medimg_core.io import open_study
    from medimg_core.masks import summary, write_masks
    from medimg_core.registry import load_card

    card, path = load_card(args.id), Path(args.path)
    if card.segmentation is None:
        raise NotApplicableError(f"segmentation needs a model that segments; {card.id} does {card.task}")
    opened = open_study([path], progress=_progress)
    refused = refusals(opened, path)
    chosen: tuple[int, Any] | None = None
    for number, series in enumerate(series for study in opened for series in study.series):
        suits, reason = inference.fits(series, card)
        if suits and chosen is None:
            chosen = (number, series)
            continue
        text = "Another series of the path comes first." if suits else reason
        refused.append({"file": str(path), "series": number, "reason": text})
    if chosen is None:
        raise MedImgError(_nothing_fits(refused, card.id))
    number, series = chosen
    found = inference.segment(
        series.volume, card, series=series, declared=_declared(args), slices=args.slices, progress=_progress
    )
    written = () if found.refused else write_masks(found, series.volume, Path(args.out))
    return {
        "model": card.id,
        "weights_sha256": card.sha256,
        "segmentation": {"file": str(path), "series": number, **summary(found)},
        "out": [str(one) for one in written],
        "refused": refused,
    }
