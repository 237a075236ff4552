"""Tables of a ``recipe.toml``, checked against the dataclass that they fill."""

import dataclasses
import tomllib
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medimg_core.errors import InvalidCardError

TABLES = ("training", "plan", "card", "search")
"""What a recipe may hold."""


def read_table(path: Path, name: str) -> dict[str, Any]:
    """One table of a recipe; empty where there is none.

    Raises:
        InvalidCardError: The file is not TOML, or it holds another table than :data:`TABLES`.
    """
    try:
        tables: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidCardError(f"recipe must be valid TOML: {error}") from error
    table = tables.get(name, {})
    if set(tables) - set(TABLES) or not isinstance(table, dict):
        raise InvalidCardError(f"recipe must hold the tables {', '.join(TABLES)}, got {sorted(tables)}")
    return table


def fields_of(record: type, table: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments for a dataclass whose fields are simple values or tuples of them.

    Args:
        record: The dataclass.
        table: Keys are its fields; lists become tuples, whole numbers floats where a field is one.

    Raises:
        InvalidCardError: This is no table; a key is unknown or missing, or its value has the wrong type.

    Examples:
        >>> @dataclasses.dataclass
        ... class Row:
        ...     name: str
        ...     rates: tuple[float, ...] = ()
        >>> fields_of(Row, {"name": "a", "rates": [1, 0.5]})
        {'name': 'a', 'rates': (1.0, 0.5)}
    """
    if not isinstance(table, Mapping):
        raise InvalidCardError(f"recipe must give {record.__name__} as a table, got {type(table).__name__}")
    fields = {field.name: field for field in dataclasses.fields(record) if field.init}
    types = typing.get_type_hints(record)
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in fields:
            raise InvalidCardError(f"recipe has an unknown key: {key}")
        wanted = types[key]
        if typing.get_origin(wanted) is tuple:
            if not isinstance(value, list):
                raise InvalidCardError(f"recipe `{key}` must be list, got {type(value).__name__}")
            values[key] = tuple(_simple(key, one, typing.get_args(wanted)[0]) for one in value)
        else:
            values[key] = _simple(key, value, wanted)
    missing = [name for name, field in fields.items() if name not in values and _needed(field)]
    if missing:
        raise InvalidCardError(f"recipe must give {', '.join(missing)} of each {record.__name__}")
    return values


def _needed(field: "dataclasses.Field[Any]") -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _simple(key: str, value: Any, wanted: type) -> Any:
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise InvalidCardError(f"recipe `{key}` must be {wanted.__name__}, got {type(value).__name__}")
    return value
