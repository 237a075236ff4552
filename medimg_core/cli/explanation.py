"""``medimg explain``: a map of one image or slice, or of every slice of a volume, written to a file."""

import argparse
from pathlib import Path
from typing import Any

from medimg_core.cli.commands import _declared, _nothing_fits, _prediction, _progress, refusals
from medimg_core.cli.segmentation import slice_range
from medimg_core.errors import IncompatibleInputError, MedImgError, UnreadableFileError

Answer = dict[str, Any]

__all__ = ["arguments", "explain", "setting"]


def setting(text: str) -> tuple[str, int | float | str]:
    """A method's setting, ``NAME=VALUE``.

    Examples:
        >>> setting("samples=30"), setting("noise=0.1"), setting("baseline=blur")
        (('samples', 30), ('noise', 0.1), ('baseline', 'blur'))
    """
    name, sign, value = text.partition("=")
    if not (name and sign and value):
        raise argparse.ArgumentTypeError("a setting must be NAME=VALUE, e.g. samples=30")
    for kind in (int, float):
        try:
            return name, kind(value)
        except ValueError:
            continue
    return name, value


def arguments(sub: argparse.ArgumentParser) -> None:
    """What ``medimg explain`` takes, but for the reader's word."""
    sub.add_argument("id")
    sub.add_argument("path", type=Path, metavar="PATH")
    sub.add_argument("--method", default=None, help="grad_cam by default, of a model that only segments seg_grad_cam")
    sub.add_argument("--label", default=None, help="class to explain; the decision, or the first mask, by default")
    sub.add_argument("--layer", default=None, help="layer of a class activation map; the card's by default")
    sub.add_argument("--slices", type=slice_range, default=None, metavar="A-B", help="every slice from A to B, from 0")
    sub.add_argument("--region", type=Path, default=None, metavar="FILE", help="of a mask: a picture, 0 outside")
    text = "a setting of the method, e.g. samples=30; may be given again"
    sub.add_argument("--set", type=setting, action="append", default=[], metavar="NAME=VALUE", help=text)
    sub.add_argument("--out", required=True, help="file to write, .png or .npz")


def explain(args: argparse.Namespace) -> Answer:
    """Where a model looked, in the first series that it reads; the others are listed as refused."""
    from medimg_core.explain import explain as explain_result
    from medimg_core.explain import explain_volume, method_named, write_explanation
    from medimg_core.inference import classify, segment
    from medimg_core.registry import load_card

    card = load_card(args.id)
    method = method_named(args.method or ("grad_cam" if card.classification is not None else "seg_grad_cam"))
    if args.slices is not None and (args.slice is not None or args.region is not None):
        raise IncompatibleInputError("--slices maps every slice alike; --slice and --region go without it")
    number, series, refused = _first(args.path, card)
    volume, words = series.volume, _declared(args)
    masks = method.explains == "mask"
    asked = {"method": method.name, "label": args.label, "layer": args.layer, "progress": _progress}
    settings = dict(args.set)
    result: Any = None
    answer: Answer = {"model": card.id, "weights_sha256": card.sha256}
    if args.slices is None and not masks:
        result = classify(volume, card, series=series, declared=words, slice_index=args.slice)
        answer["prediction"] = {"file": str(args.path), "series": number, **_prediction(result)}
    elif masks:
        only = args.slices or (None if args.slice is None else (args.slice, args.slice))
        result = segment(
            volume, card, series=series, declared=words, slices=only, check_agreement=False, progress=_progress
        )
    if args.slices is not None:
        first, last = args.slices
        found: Any = explain_volume(
            volume,
            card,
            slices=range(first, last + 1),
            result=result if masks else None,
            series=series,
            declared=words,
            settings=settings,
            **asked,
        )
        more = {"slices": list(found.slices), "peaks": found.peaks.tolist(), "scores": found.scores.tolist()}
        answer |= {**more, "peak_slice": found.peak_slice}
    else:
        region = None if args.region is None else _region(args.region)
        found = explain_result(
            result, card, volume=volume, region=region, slice_index=args.slice, settings=settings, **asked
        )
        answer["slice"] = found.slice_index
    write_explanation(found, volume, Path(args.out))
    return {
        **answer,
        "method": found.method,
        "family": method.family,
        "layer": found.layer,
        "label": found.label,
        "native_shape": list(found.native.shape[-2:]),
        "unit": method.unit,
        "signed": found.signed,
        "peak": found.peak,
        "has_evidence": found.has_evidence,
        "parameters": dict(found.parameters),
        "out": args.out,
        "refused": refused,
    }


def _first(path: Path, card: Any) -> tuple[int, Any, list[Answer]]:
    """Number and series of the first that the model reads, and what is not explained."""
    from medimg_core.inference import fits
    from medimg_core.io import open_study

    opened = open_study([path], progress=_progress)
    refused = refusals(opened, path)
    chosen: tuple[int, Any] | None = None
    for number, series in enumerate(series for study in opened for series in study.series):
        suits, reason = fits(series, card)
        if suits and chosen is None and series.volume is not None:
            chosen = (number, series)
            continue
        text = "Another series of the path comes first." if suits else reason
        refused.append({"file": str(path), "series": number, "reason": text})
    if chosen is None:
        raise MedImgError(_nothing_fits(refused, card.id))
    return (*chosen, refused)


def _region(path: Path) -> Any:
    """A picture as a region: whatever is not black."""
    import numpy as np
    from PIL import Image

    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("L")) > 0
    except OSError as error:
        raise UnreadableFileError("a region must be a picture that can be read; this file is not") from error
