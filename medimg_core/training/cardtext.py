"""``card.toml`` as text, from what people wrote and what was measured."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from medimg_core.registry import Curve, Figure, InputSpec
from medimg_core.training.heads import OperatingPoint

__all__ = ["Measured", "card_text", "toml"]

WRITTEN = ("title", "task", "intended_use", "modality", "body_part", "weights_licence", "limits")


@dataclass(frozen=True)
class Measured:
    """What a training knows of its model.

    Attributes:
        input: The network's input.
        outputs: Tables of the outputs, with ``reading`` or ``mask`` as tables in them.
        cam: Whether class activation maps are made of layer ``features``.
        calibration: ``temperature`` and ``prevalence``; empty for masks alone.
        thresholds: Operating points with where they were chosen; the first one is the default.
        figures: ``metrics``, ``shortcuts`` and ``gate_figures``.
        robustness: Metrics against the strength of a change.
        uses_outside: Whether every result must say that information outside the region is used.
    """

    input: InputSpec
    outputs: Sequence[Mapping[str, Any]]
    cam: bool = False
    calibration: Mapping[str, float] = field(default_factory=dict)
    thresholds: Mapping[str, tuple[OperatingPoint, str]] = field(default_factory=dict)
    figures: Mapping[str, Sequence[Figure]] = field(default_factory=dict)
    robustness: Sequence[Curve] = ()
    uses_outside: bool = False


def toml(value: Any) -> str:
    """A value as TOML writes it; numbers to six digits.

    Examples:
        >>> toml({"n": (1, 0.5)})
        '{ n = [1, 0.5] }'
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6g}" if value != int(value) else f"{value:.1f}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def _section(title: str, values: Mapping[str, Any]) -> list[str]:
    """A table; tables inside it and lists of tables follow under their own titles."""
    plain = {key: value for key, value in values.items() if value is not None and not _nested(value)}
    lines = ["", title, *(f"{key} = {toml(value)}" for key, value in plain.items())]
    name = title.strip("[]")
    for key, value in values.items():
        if isinstance(value, Mapping) and _nested(value):
            lines += _section(f"[{name}.{key}]", value)
        elif _nested(value):
            for row in value:
                lines += _section(f"[[{name}.{key}]]", row)
    return lines


def _nested(value: Any) -> bool:
    if isinstance(value, Mapping):
        return "name" in value or "threshold" in value
    return isinstance(value, (list, tuple)) and bool(value) and isinstance(value[0], Mapping)


def card_text(model_id: str, sha256: str, about: Mapping[str, Any], measured: Measured) -> str:
    """``card.toml`` as text.

    Args:
        model_id: The model's id.
        sha256: Of the weights.
        about: The ``[card]`` table of ``recipe.toml``: what people wrote, not what was measured.
        measured: The rest.
    """
    lines = ["# Written by `medimg train`; texts and gate settings come from recipe.toml.", "schema = 1"]
    lines += [f"id = {toml(model_id)}"]
    lines += [f"{key} = {toml(about[key])}" for key in WRITTEN]
    lines += [f"region = {toml(about.get('region', ''))}"]
    lines += [f"uses_outside = {toml(measured.uses_outside)}", f"sha256 = {toml(sha256)}"]
    lines += _section("[population]", about["population"])
    lines += _section("[input]", {**_without(asdict(measured.input), "depth"), "size": measured.input.sides})
    for output in measured.outputs:
        lines += _section("[[outputs]]", output)
    if measured.cam:
        lines += _section("[cam]", {"layer": "features", "head": "pooling_dense"})
    if measured.calibration:
        lines += _section("[calibration]", measured.calibration)
    for name, (point, source) in measured.thresholds.items():
        lines += _section("[[thresholds]]", {"name": name, **asdict(point), "source": source})
    lines += _section("[gate]", about.get("gate", {}))
    lines += _rows("data", about["data"])
    for key, figures in measured.figures.items():
        lines += _rows(key, (asdict(figure) for figure in figures))
    lines += _rows("robustness", (asdict(curve) for curve in measured.robustness))
    return "\n".join(lines) + "\n"


def _without(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != key}


def _rows(key: str, rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return [line for row in rows for line in _section(f"[[{key}]]", row)]
