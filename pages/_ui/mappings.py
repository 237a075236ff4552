"""Mappings that are never changed: each step gives a new one."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

__all__ = ["empty", "only", "put"]

_K = TypeVar("_K")
_V = TypeVar("_V")


def empty() -> Mapping[Any, Any]:
    """A mapping with nothing in it."""
    return MappingProxyType({})


def put(mapping: Mapping[_K, _V], key: _K, value: _V) -> Mapping[_K, _V]:
    """The mapping with one value set."""
    return MappingProxyType({**mapping, key: value})


def only(mapping: Mapping[_K, _V], wanted: Callable[[_K], bool]) -> Mapping[_K, _V]:
    """The entries whose keys are wanted."""
    return MappingProxyType({key: value for key, value in mapping.items() if wanted(key)})
