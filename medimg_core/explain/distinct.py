"""Methods counted by the maps they make: those that make one and the same map count once."""

from collections.abc import Iterable

from medimg_core.explain.methods import identical
from medimg_core.registry import ModelCard

__all__ = ["distinct"]


def distinct(card: ModelCard, names: Iterable[str], layer: str | None = None) -> tuple[tuple[str, ...], ...]:
    """Names of methods in groups that make the same map for a model.

    Args:
        card: The model.
        names: Methods.
        layer: Layer of the maps; None for that of the card.

    Returns:
        Groups in the order of their first name, each in the order given.
    """
    known = list(names)
    same = identical(card, layer)
    groups = dict.fromkeys(next((one for one in same if name in one), frozenset({name})) for name in known)
    return tuple(tuple(name for name in known if name in group) for group in groups)
