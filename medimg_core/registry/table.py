"""One TOML table, read key by key with the type each value must have."""

from collections.abc import Mapping
from typing import Any

from medimg_core.errors import InvalidCardError


class Table:
    """A table on its way into a record; left-over keys are errors.

    Attributes:
        table: What nobody took yet.
        where: How a message names it.
    """

    def __init__(self, table: Mapping[str, Any], where: str) -> None:
        self.table = dict(table)
        self.where = where

    def take(self, key: str, kind: type | tuple[type, ...], default: Any = ...) -> Any:
        """Take out one value; ``default`` makes the key optional."""
        if key not in self.table:
            if default is not ...:
                return default
            raise InvalidCardError(f"{self.where} must have `{key}`; it is missing")
        value = self.table.pop(key)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            names = kind.__name__ if isinstance(kind, type) else " or ".join(k.__name__ for k in kind)
            raise InvalidCardError(f"{self.where} `{key}` must be {names}, got {type(value).__name__}")
        return value

    def number(self, key: str, low: float, high: float, default: Any = ...) -> float:
        """Take out a number within ``[low, high]``."""
        value = float(self.take(key, (int, float), default))
        if not low <= value <= high:
            raise InvalidCardError(f"{self.where} `{key}` must lie in [{low:g}, {high:g}], got {value:g}")
        return value

    def strings(self, key: str, default: Any = ...) -> tuple[str, ...]:
        """Take out a list of strings."""
        value = self.take(key, list, default)
        if not all(isinstance(item, str) for item in value):
            raise InvalidCardError(f"{self.where} `{key}` must hold strings only")
        return tuple(value)

    def tables(self, key: str, default: Any = ...) -> "list[Table]":
        """Take out an array of tables."""
        value = self.take(key, list, default)
        if not all(isinstance(item, dict) for item in value):
            raise InvalidCardError(f"{self.where} `{key}` must be an array of tables")
        return [Table(item, f"{self.where} {key}[{index}]") for index, item in enumerate(value)]

    def sub(self, key: str) -> "Table":
        """Take out a sub-table."""
        return Table(self.take(key, dict), f"{self.where} [{key}]")

    def optional(self, key: str) -> "Table":
        """Take out a sub-table; an empty one where there is none."""
        return Table(self.take(key, dict, {}), f"{self.where} [{key}]")

    def numbers(self, key: str) -> tuple[float, ...]:
        """Take out a list of numbers."""
        value = self.take(key, list)
        if not all(isinstance(item, (int, float)) and not isinstance(item, bool) for item in value):
            raise InvalidCardError(f"{self.where} `{key}` must hold numbers only")
        return tuple(float(item) for item in value)

    def pairs(self, key: str, default: Any = ...) -> tuple[tuple[float, float], ...]:
        """Take out a list of pairs ``[low, high]``."""
        value = self.take(key, list, default)
        return tuple(pair for row in value if (pair := Table({key: row}, self.where).pair(key)) is not None)

    def pair(self, key: str) -> tuple[float, float] | None:
        """Take out an optional pair ``[low, high]``."""
        value = self.take(key, list, None)
        if value is None:
            return None
        if len(value) != 2 or not all(isinstance(v, (int, float)) for v in value) or value[0] > value[1]:
            raise InvalidCardError(f"{self.where} `{key}` must be [low, high], got {value}")
        return (float(value[0]), float(value[1]))

    def done(self) -> None:
        """Refuse keys nobody took: a misspelt key must not pass in silence."""
        if self.table:
            raise InvalidCardError(f"{self.where} has unknown keys: {', '.join(sorted(self.table))}")
