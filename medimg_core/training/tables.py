"""Tables of a ``recipe.toml``, checked against the dataclass that they fill."""

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

from medimg_core.errors import InvalidCardError

TABLES = {"training", "plan", "card", "figures"}


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
    if set(tables) - TABLES or not isinstance(table, dict):
        raise InvalidCardError(f"recipe must hold the tables {', '.join(sorted(TABLES))}, got {sorted(tables)}")
    return table


def fields_of(record: type, table: dict[str, Any]) -> dict[str, Any]:
    """Arguments for a dataclass whose fields have simple defaults.

    Args:
        record: The dataclass.
        table: Keys are its fields; lists become tuples, whole numbers floats where a field is one.

    Raises:
        InvalidCardError: A key is unknown, or its value has the wrong type.
    """
    fields = {field.name: field for field in dataclasses.fields(record) if field.init}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in fields:
            raise InvalidCardError(f"recipe has an unknown key: {key}")
        default = fields[key].default
        wanted: Any = str if default is dataclasses.MISSING else type(default)
        given = tuple(value) if isinstance(value, list) else value
        if wanted is float and isinstance(given, int) and not isinstance(given, bool):
            given = float(given)
        if not isinstance(given, wanted) or (wanted is int and isinstance(given, bool)):
            raise InvalidCardError(f"recipe `{key}` must be {wanted.__name__}, got {type(given).__name__}")
        values[key] = given
    return values
