"""The command line, ``medimg ...``. Stable: one JSON object on standard output with ``--json``.

Exit codes: 0 done, 1 a clear error, 2 wrong usage. Standard output is reserved for the answer: whatever
libraries print goes to standard error, with the progress.
"""

import argparse
import contextlib
import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from medimg_core.cli import audit, commands, explanation, models, segmentation
from medimg_core.cli.commands import Answer
from medimg_core.errors import MedImgError

__all__ = ["main"]


@contextlib.contextmanager
def _reserved_stdout() -> Iterator[TextIO]:
    """Yield the real standard output, while file descriptor 1 points at standard error."""
    sys.stdout.flush()
    try:
        real = os.dup(1)
        os.dup2(2, 1)
    except OSError:  # no descriptors, e.g. under a test's capture: Python's own streams are enough
        with contextlib.redirect_stdout(sys.stderr):
            yield sys.__stdout__ or sys.stderr
        return
    answer = os.fdopen(os.dup(real), "w", encoding="utf-8")
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield answer
    finally:
        answer.close()
        os.dup2(real, 1)
        os.close(real)


def _words(sub: argparse.ArgumentParser, *, one_slice: bool = True) -> None:
    """Options by which a reader says what the tags do not."""
    if one_slice:
        sub.add_argument("--slice", type=int, default=None, help="slice of a volume, from 0")
    group = sub.add_argument_group("your word, for files whose tags do not say")
    group.add_argument("--modality", help="DICOM modality, e.g. DX")
    group.add_argument("--body-part", dest="body_part", help="e.g. CHEST")
    group.add_argument("--view", help="ViewPosition, e.g. AP")
    group.add_argument("--sequence", help="MR sequence, e.g. FLAIR")
    group.add_argument("--age", type=float, help="age in years")
    group.add_argument("--unit", choices=("HU", "SUVbw"), help="unit of the values, e.g. of a picture's grey 0 to 255")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="medimg", description="Medical images with AI that explains itself. Research use, not for diagnosis."
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], Answer], text: str) -> argparse.ArgumentParser:
        sub = subparsers.add_parser(name, help=text, description=text)
        sub.add_argument("--json", action="store_true", help="one JSON object on standard output")
        sub.set_defaults(run=run)
        return sub

    sub = command("inspect", commands.inspect, "what was read, what was refused and why")
    sub.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    models.arguments(command("models", models.models, "the model cards, what is wrong with a folder, a new one"))
    sub = command("predict", commands.predict, "classify images")
    sub.add_argument("id")
    sub.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    _words(sub)
    sub = command("segment", segmentation.segment, "masks and volumes of an image or a volume")
    segmentation.arguments(sub)
    _words(sub, one_slice=False)
    sub = command("explain", explanation.explain, "where a model looked, as a picture (.png) or as numbers (.npz)")
    explanation.arguments(sub)
    _words(sub)
    audit.arguments(command("audit", audit.audit, "whether a model's maps notice when it forgets what it learned"))
    sub = command("evaluate", commands.evaluate, "metrics on a folder with index.csv")
    sub.add_argument("id")
    sub.add_argument("folder")
    sub.add_argument("--split", default="test")
    sub.add_argument("--curves", action="store_true", help="also ROC, precision and recall, confusion, reliability")
    sub.add_argument("--robustness", action="store_true", help="also curves under changes of the images and attacks")
    sub.add_argument(
        "--robustness-n",
        dest="robustness_n",
        type=commands.count,
        default=200,
        metavar="N",
        help="images drawn for them, 200 by default; of labelled ones at least one of each class",
    )
    sub = command("train", commands.train, "train a model and write its folder")
    sub.add_argument("id")
    sub.add_argument("folders", nargs="+", metavar="FOLDER")
    sub.add_argument("--out", help="model folder to write; models/ID by default")
    sub.add_argument("--baseline", action="store_true", help="train the card's comparison row instead")
    sub.add_argument("--fresh", action="store_true", help="start again instead of resuming")
    sub.add_argument("--search", type=int, default=0, metavar="N", help="try N variants of the recipe's plan instead")
    sub.add_argument(
        "--time-limit", dest="time_limit", type=commands.minutes, help="stop cleanly after this many minutes"
    )
    sub = command("selftest", commands.selftest, "check this installation on phantoms whose truth is known")
    sub.add_argument("--explain", action="store_true", help="try explanations and their audit instead")
    command("warm", commands.warm, "prepare the inference cache")
    return parser


def _plain(answer: Answer, indent: str = "") -> str:
    """Lay an answer out for a person: one line a value, nested by indentation."""
    lines = []
    for key, value in answer.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key}:", _plain(value, indent + "  ")]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for item in value:
                lines += [f"{indent}{key}:", _plain(item, indent + "  ")]
        elif isinstance(value, list) and any(isinstance(item, str) and " " in item for item in value):
            lines += [f"{indent}{key}:", *(f"{indent}  - {item}" for item in value)]
        else:
            lines.append(f"{indent}{key}: {value}")
    return "\n".join(lines)


def _jsonable(value: Any) -> Any:
    """Turn NaN into null (JSON has no NaN) and leave everything else as it is."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(item) for item in value]
    return value


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: Arguments without the program's name; the process's own where None.

    Returns:
        Exit code: 0, or 1 after a clear error on standard error or a self-test that does not hold. Wrong
        usage exits with 2.
    """
    args = _parser().parse_args(argv)
    with _reserved_stdout() as answer_to:
        try:
            answer = args.run(args)
        except MedImgError as error:
            sys.stderr.write(f"medimg: {error}\n")
            return 1
        except KeyboardInterrupt:
            sys.stderr.write("medimg: stopped\n")
            return 1
        text = json.dumps(_jsonable(answer), allow_nan=False) if args.json else _plain(answer)
        answer_to.write(text + "\n")
    return 0 if answer.get("holds", True) else 1
