"""What each command does: paths and options in, one JSON-able answer out."""

import argparse
import math
import sys
from pathlib import Path
from typing import Any

from medimg_core.errors import MedImgError, ModelError

Answer = dict[str, Any]


def _progress(done: int, total: int, text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{done}/{total} {text}")
        if done >= total:
            sys.stderr.write("\n")
        sys.stderr.flush()


def count(text: str) -> int:
    """A whole number of 1 or more, as an option takes it."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of 1 or more, got {text!r}")
    return int(text)


def minutes(text: str) -> float:
    """A time as an option takes it: a finite number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a finite number of minutes above 0, got {text!r}")
    return value


def inspect(args: argparse.Namespace) -> Answer:
    """What was read and what was refused."""
    from medimg_core import io

    return dict(io.inspect(args.paths, progress=_progress))


def _declared(args: argparse.Namespace) -> Any:
    """The reader's word for files whose tags do not say, or None."""
    from medimg_core.gate import Declared

    words = {name: getattr(args, name) for name in ("modality", "body_part", "view", "sequence", "unit")}
    if not any((*words.values(), args.age is not None)):
        return None
    return Declared(**words, age_years=args.age)


def _classified(args: argparse.Namespace) -> tuple[list[tuple[Answer, Any, Any]], list[Answer], Any]:
    """Classify every fitting slice-one volume of the paths; what does not fit is refused with a reason."""
    from medimg_core.inference import classify, fits
    from medimg_core.io import open_study
    from medimg_core.registry import load_card

    card = load_card(args.id)
    declared = _declared(args)
    rows: list[tuple[Answer, Any, Any]] = []
    refused: list[Answer] = []
    for path in args.paths:
        opened = open_study([path], progress=_progress)
        refused += refusals(opened, path)
        for number, series in enumerate(series for study in opened for series in study.series):
            suits, reason = fits(series, card)
            if not suits or series.volume is None:
                refused.append({"file": str(path), "series": number, "reason": reason})
                continue
            prediction = classify(series.volume, card, series=series, declared=declared, slice_index=args.slice)
            rows.append(({"file": str(path), "series": number, **_prediction(prediction)}, prediction, series))
    return rows, refused, card


def refusals(opened: Any, path: str | Path) -> list[Answer]:
    """What was not read of a path, each with the reason: a folder with nothing in it too."""
    if not opened.refused and not opened.studies:
        return [{"file": str(path), "reason": "the folder must hold files; it is empty"}]
    return [{"file": item.file, "reason": item.reason} for item in opened.refused]


def _prediction(prediction: Any) -> Answer:
    gate = prediction.gate
    spoken = gate.status != "refuse"
    return {
        "slice": prediction.slice_index,
        "frame": prediction.frame,
        "reading": prediction.reading,
        "score": prediction.score if spoken else None,
        "score_range": list(prediction.score_range) if spoken else None,
        "log_odds": prediction.log_odds if spoken else None,
        "threshold": prediction.threshold,
        "positive": prediction.positive if spoken else None,
        "gate": gate.status,
        "gate_reasons": [{"code": reason.code, "text": reason.text} for reason in gate.reasons],
        "uses_outside": prediction.uses_outside,
        "fingerprint": prediction.fingerprint,
    }


def predict(args: argparse.Namespace) -> Answer:
    """Classify images."""
    rows, refused, card = _classified(args)
    if not rows:
        raise MedImgError(_nothing_fits(refused, card.id))
    return {
        "model": card.id,
        "weights_sha256": card.sha256,
        "predictions": [row for row, _, _ in rows],
        "refused": refused,
    }


def _nothing_fits(refused: list[Answer], model_id: str) -> str:
    reason = refused[0]["reason"] if refused else "nothing was given"
    return f"{model_id} needs at least one image that it can read; got none: {reason}"


def evaluate(args: argparse.Namespace) -> Answer:
    """Metrics on a labelled folder."""
    from medimg_core import evaluation

    return evaluation.evaluate(
        args.id,
        Path(args.folder),
        split=args.split,
        curves=args.curves,
        robustness_n=args.robustness_n if args.robustness else 0,
        progress=_progress,
    )


def train(args: argparse.Namespace) -> Answer:
    """Train a model and write its folder."""
    from medimg_core import training

    result = training.train(
        args.id,
        [Path(folder) for folder in args.folders],
        out=Path(args.out) if args.out else None,
        progress=_progress,
        resume=not args.fresh,
        baseline=args.baseline,
        time_limit=args.time_limit,
        search=args.search,
    )
    return dict(result)


def selftest(args: argparse.Namespace) -> Answer:
    """Check this installation on phantoms."""
    from medimg_core import selftest as checks

    return dict(checks.selftest(explain=args.explain, progress=_progress))


def warm(_: argparse.Namespace) -> Answer:
    """Prepare the inference cache."""
    from medimg_core import engine
    from medimg_core.registry import list_models

    ready, failed = [], []
    for card in list_models():
        try:
            engine.warm(card, progress=_progress)
        except ModelError as error:  # one model that cannot be used keeps nobody from the others
            failed.append({"id": card.id, "reason": str(error)})
        else:
            ready.append(card.id)
    return {"ready": ready, "failed": failed}
