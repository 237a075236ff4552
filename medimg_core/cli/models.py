"""``medimg models``: the cards, what is wrong with a folder, and a card to begin with."""

import argparse
import re
import shutil
from pathlib import Path
from typing import Any

from medimg_core.errors import IncompatibleInputError, MedImgError, UnknownModelError

Answer = dict[str, Any]

__all__ = ["arguments", "models"]

_ID = re.compile(r"[a-z][a-z0-9_]{0,62}")


def arguments(sub: argparse.ArgumentParser) -> None:
    """Options of the command."""
    sub.add_argument("id", nargs="?")
    sub.add_argument("--check", action="store_true", help="say what is wrong; export and run what seems right")
    sub.add_argument("--new", metavar="ID", help="make a folder for a network of your own, its card to be written")
    sub.add_argument("--weights", type=Path, metavar="FILE", help="the network's .keras file, for --new")


def models(args: argparse.Namespace) -> Answer:
    """The model cards; with ``--check`` every folder, with what is wrong; with ``--new`` another folder."""
    from medimg_core.registry import broken_models, list_models, load_card

    if args.new is not None:
        return _new(args.new, args.weights)
    if args.check:
        rows = [_checked(folder) for folder in _folders(args.id)]
        return {"models": rows, "holds": all(row["ok"] for row in rows)}
    if args.id:
        return {"models": [_row(load_card(args.id))]}
    broken = [{"id": name, "problems": list(problems)} for name, problems in broken_models()]
    return {"models": [_row(card) for card in list_models()], "broken": broken}


def _folders(model_id: str | None) -> tuple[Path, ...]:
    from medimg_core.registry import model_folders

    every = model_folders()
    if model_id is None:
        return every
    found = tuple(folder for folder in every if folder.name == model_id)
    if not found:
        known = ", ".join(folder.name for folder in every) or "(none installed)"
        raise UnknownModelError(f"model id must be one of {known}, got {model_id[:60]!r}")
    return found


def _checked(folder: Path) -> Answer:
    """One folder's entry, with everything that is wrong."""
    from medimg_core.engine import model_problems
    from medimg_core.registry import card_problems, read_card

    problems = list(model_problems(folder))
    row: Answer = {"id": folder.name}
    if not card_problems(folder):
        card = read_card(folder)
        row |= _row(card)
        problems += _gate_problems(card)
    return row | {"checked": True, "ok": not problems, "problems": problems}


def _gate_problems(card: Any) -> list[str]:
    """What is wrong with the gate's settings, or with the fit that they name."""
    from medimg_core.gate import gate_settings
    from medimg_core.gate.reference import load_reference

    try:
        if gate_settings(card).fitted:
            load_reference(card)
    except MedImgError as error:
        return [str(error)]
    return []


def _row(card: Any) -> Answer:
    return {
        "id": card.id,
        "title": card.title,
        "task": card.task,
        "modality": list(card.modality),
        "body_part": list(card.body_part),
        "weights_sha256": card.sha256,
        "weights_licence": card.weights_licence,
        "metrics": [_figure(figure) for figure in card.metrics],
        "shortcuts": [_figure(figure) for figure in card.shortcuts],
        "gate": [_figure(figure) for figure in card.gate_figures],
        "uses_outside": card.uses_outside,
        "checked": False,
    }


def _figure(figure: Any) -> Answer:
    return {
        "name": figure.name,
        "value": figure.value,
        "ci": list(figure.ci) if figure.ci else None,
        "n": figure.n,
        "data": figure.data,
        "note": figure.note,
    }


def _new(model_id: str, weights: Path | None) -> Answer:
    """Make a model's folder from a Keras file; its card says TODO where only its author knows."""
    from medimg_core.engine import model_problems, skeleton
    from medimg_core.registry import models_dir

    if _ID.fullmatch(model_id) is None:
        raise IncompatibleInputError(
            f"a model's id must be small letters, digits and _, beginning with a letter, got {model_id[:60]!r}"
        )
    if weights is None or not weights.is_file():
        raise IncompatibleInputError("a new model needs --weights FILE, a Keras file that exists")
    folder = models_dir() / model_id
    if folder.exists():
        raise IncompatibleInputError(f"a new model needs an id that is not taken; there is a folder {model_id}")
    text = skeleton(model_id, weights)
    try:
        folder.mkdir(parents=True)
        shutil.copyfile(weights, folder / "weights.keras")
        (folder / "card.toml").write_text(text, encoding="utf-8")
    except OSError as error:
        raise MedImgError(f"the folder of models must be one that can be written to: {error.strerror}") from error
    return {"model": model_id, "card": str(folder / "card.toml"), "left": list(model_problems(folder, run=False))}
