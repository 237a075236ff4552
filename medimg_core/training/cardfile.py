"""Changing one part of a ``card.toml`` and leaving all else as it stands."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from medimg_core.registry import Figure

__all__ = ["COMPARISON", "replace_comparison", "replace_gate", "replace_shortcuts"]

COMPARISON = "comparison: "
"""How the note of a figure of another network begins."""

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
    parts = _parts(text)
    kept = [part.strip() for part in parts if not part.startswith(("[gate]", "[[gate_figures]]"))]
    lines = ["[gate]", *(f"{key} = {_toml(value)}" for key, value in settings.items())]
    lines += _rows("gate_figures", figures)
    return "\n\n".join(kept) + "\n\n" + "\n".join(lines) + "\n"


def replace_comparison(text: str, figures: Sequence[Figure]) -> str:
    """A card's text with other figures of the comparison network among its ``[[metrics]]``.

    Args:
        text: The card as it stands.
        figures: Replace all whose note begins with :data:`COMPARISON`.
    """
    begins = f'note = "{COMPARISON}'
    kept = [part.strip() for part in _parts(text) if not (part.startswith("[[metrics]]") and begins in part)]
    return "\n\n".join(kept) + "\n" + "\n".join(_rows("metrics", figures)) + "\n"


def replace_shortcuts(text: str, figures: Sequence[Figure], *, uses_outside: bool) -> str:
    """A card's text with other ``[[shortcuts]]``, and what follows from them.

    Args:
        text: The card as it stands.
        figures: Replace all shortcut figures.
        uses_outside: Whether every result must say so.
    """
    said = re.sub(r"^uses_outside = .*$", f"uses_outside = {str(uses_outside).lower()}", text, flags=re.MULTILINE)
    kept = [part.strip() for part in _parts(said) if not part.startswith("[[shortcuts]]")]
    return "\n\n".join(kept) + "\n" + "\n".join(_rows("shortcuts", figures)) + "\n"


def _parts(text: str) -> list[str]:
    starts = [match.start() for match in _HEADER.finditer(text)]
    head = [text[: starts[0]] if starts else text]
    return head + [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def _rows(table: str, figures: Sequence[Figure]) -> list[str]:
    lines: list[str] = []
    for figure in figures:
        lines += ["", f"[[{table}]]", f"name = {_toml(figure.name)}", f"value = {_toml(figure.value)}"]
        lines += [f"ci = {_toml(figure.ci)}"] if figure.ci else []
        lines += [f"n = {figure.n}", f"data = {_toml(figure.data)}", f"note = {_toml(figure.note)}"]
    return lines


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return repr(value) if isinstance(value, (int, float)) else json.dumps(value, ensure_ascii=False)
