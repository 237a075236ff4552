"""Changing the gate's part of a ``card.toml`` and leaving all else as it stands."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from medimg_core.registry import Figure

__all__ = ["replace_gate"]

_HEADER = re.compile(r"^\[.*\]\s*$", re.MULTILINE)


def replace_gate(text: str, settings: Mapping[str, Any], figures: Sequence[Figure]) -> str:
    r"""A card's text with another ``[gate]`` table and other ``[[gate_figures]]``.

    Args:
        text: The card as it stands.
        settings: Keys of ``[gate]``.
        figures: Replace all gate figures.

    Examples:
        >>> print(replace_gate('id = "a"\n\n[gate]\nlimit = 1.0\n\n[cam]\nlayer = "x"\n', {"limit": 2.5}, ()))
        id = "a"
        <BLANKLINE>
        [cam]
        layer = "x"
        <BLANKLINE>
        [gate]
        limit = 2.5
        <BLANKLINE>
    """
    starts = [match.start() for match in _HEADER.finditer(text)]
    parts = [text[: starts[0]] if starts else text]
    parts += [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    kept = [part.strip() for part in parts if not part.startswith(("[gate]", "[[gate_figures]]"))]
    lines = ["[gate]", *(f"{key} = {_toml(value)}" for key, value in settings.items())]
    for figure in figures:
        lines += ["", "[[gate_figures]]", f"name = {_toml(figure.name)}", f"value = {_toml(figure.value)}"]
        lines += [f"ci = {_toml(figure.ci)}"] if figure.ci else []
        lines += [f"n = {figure.n}", f"data = {_toml(figure.data)}", f"note = {_toml(figure.note)}"]
    return "\n\n".join(kept) + "\n\n" + "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return repr(value) if isinstance(value, (int, float)) else json.dumps(value, ensure_ascii=False)
