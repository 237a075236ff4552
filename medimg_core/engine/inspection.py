"""What is wrong with a model's folder: everything that can be told at once, in sentences."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from medimg_core.engine.outline import Outline, outline
from medimg_core.engine.safety import inspect, violations
from medimg_core.engine.session import check
from medimg_core.errors import MedImgError, ModelError
from medimg_core.registry import ModelCard, OutputSpec, card_problems, read_card, sha256_of

__all__ = ["model_problems"]

_HEALTH = re.compile(r"\b(normal|healthy)\b", re.IGNORECASE)

TODO = "TODO"
"""Stands in a card for what its author has still to write."""


def model_problems(folder: Path, *, run: bool = True) -> tuple[str, ...]:
    """Check a model's folder: card, weights, and whether the two fit.

    Args:
        folder: The model's folder.
        run: Whether a model with nothing else wrong is exported and run once, on zeros.

    Returns:
        One sentence for each problem; none for a model that can be used.
    """
    weights = folder / "weights.keras"
    problems = list(card_problems(folder))
    card = read_card(folder) if not problems else None
    asked = _todos(folder)
    if asked:
        problems.append(f"the card still says {TODO} in {', '.join(asked)}")
    if card is not None:
        problems += _texts(card)
    if not weights.is_file():
        return (*problems, f"model {folder.name} needs weights.keras in its folder; there is none")
    problems += _hash(weights, card, problems)
    unsafe = violations(weights)
    problems += unsafe
    if card is not None and not unsafe:
        problems += _fit(card, weights)
    if card is not None and not problems and run:
        try:
            check(card)
        except MedImgError as error:
            problems.append(str(error))
    return tuple(problems)


def _todos(folder: Path) -> list[str]:
    """Keys of the card whose text is still to be written."""
    try:
        table = tomllib.loads((folder / "card.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # told by the registry
        return []
    return list(dict.fromkeys(_holding(table, "")))


def _holding(value: Any, key: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _holding(item, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for item in value:
            yield from _holding(item, key)
    elif isinstance(value, str) and TODO in value:
        yield key


def _texts(card: ModelCard) -> Iterator[str]:
    """Texts that a page needs and the schema does not ask for."""
    needed = {"title": card.title, "intended_use": card.intended_use, "weights_licence": card.weights_licence}
    needed |= {f"data[{index}].licence": source.licence for index, source in enumerate(card.data)}
    for key, text in needed.items():
        if not text.strip():
            yield f"`{key}` must not be empty"
    for output in card.outputs:
        if len(set(output.classes)) < len(output.classes):
            yield f"the classes of output {output.name!r} must differ, got {list(output.classes)}"
        if output.reading and _HEALTH.search(output.reading.negative_text):
            yield "`reading.negative_text` must not call anybody normal or healthy: nothing found is no proof of health"


def _hash(weights: Path, card: ModelCard | None, problems: list[str]) -> Iterator[str]:
    found = sha256_of(weights)
    asked = card is None and any("`sha256`" in problem for problem in problems)
    if asked or (card is not None and card.sha256 != found):
        yield (
            f'weights.keras has SHA-256 {found}; if these are the weights you mean, write sha256 = "{found}" on the '
            "card (it is what `sha256sum weights.keras` says)"
        )


def _fit(card: ModelCard, weights: Path) -> Iterator[str]:
    """Where the card and the network's config disagree."""
    try:
        network = outline(inspect(weights))
    except ModelError as error:
        yield str(error)
        return
    wanted = card.input.shape
    if network.shape is not None and (
        len(network.shape) != len(wanted)
        or any(own not in (None, side) for own, side in zip(network.shape, wanted, strict=True))
    ):
        sides = "slices, rows, columns, channels" if card.input.depth else "rows, columns, channels"
        yield f"`input` says {wanted} ({sides}); the network takes {network.shape}"
    layers: Mapping[str, str] = {
        **{f"outputs[{index}].name": output.name for index, output in enumerate(card.outputs)},
        **{f"outputs[{index}].ensemble": output.ensemble for index, output in enumerate(card.outputs)},
        "cam.layer": card.cam.layer if card.cam else "",
    }
    for key, name in layers.items():
        if not name:
            continue
        try:
            network.find(name)
        except ModelError as error:
            yield f"`{key}` = {name!r} {error}"
    for output in card.outputs:
        yield from _widths(output, network)


def _widths(output: OutputSpec, network: Outline) -> Iterator[str]:
    """Whether a layer gives as many values as the card has classes."""
    try:
        entry = network.find(output.name)
    except ModelError:  # told already
        return
    count, units = len(output.classes), entry.units
    if output.kind == "classification":
        good = (count, 1) if count == 2 else (count,)
    else:
        good = (1, 2) if count == 1 else (count + 1,)
    if units is not None and units not in good:
        yield (
            f"layer {output.name!r} gives {units} values; the {count} classes of the card need "
            f"{' or '.join(map(str, good))}"
        )
