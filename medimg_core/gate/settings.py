"""The ``[gate]`` table of a card, checked."""

from dataclasses import dataclass, fields

from medimg_core.errors import InvalidCardError
from medimg_core.registry import ModelCard

__all__ = ["METHODS", "GateSettings", "gate_settings"]

METHODS = ("mahalanobis", "relative_mahalanobis", "knn")


@dataclass(frozen=True)
class GateSettings:
    """Keys of the ``[gate]`` table; a model without a fit leaves it empty.

    Attributes:
        method: How the distance of an embedding is measured, one of :data:`METHODS`; empty without a
            fit, and then every input is marked as unchecked.
        limit: Distance above which an input is marked.
        neighbours: k of the ``knn`` method.
        thumbnail_limit: Distance of the 32 x 32 thumbnail above which an input is marked.
        posture_limit: Log-odds of "not upright" above which an input is marked.
    """

    method: str = ""
    limit: float = 0.0
    neighbours: int = 1
    thumbnail_limit: float = 0.0
    posture_limit: float = 0.0

    @property
    def fitted(self) -> bool:
        """Whether the model has an out-of-distribution fit at all."""
        return bool(self.method)


def gate_settings(card: ModelCard) -> GateSettings:
    """Read and check a card's gate table.

    Raises:
        InvalidCardError: A key is unknown, missing or of the wrong type, or the method is unknown.
    """
    if not card.gate:
        return GateSettings()
    known = {field.name: field.type for field in fields(GateSettings)}
    unknown = sorted(set(card.gate) - set(known))
    missing = sorted(set(known) - {"neighbours"} - set(card.gate))
    if unknown or missing:
        raise InvalidCardError(
            f"card {card.id} [gate] must have {', '.join(known)}; unknown: {', '.join(unknown) or 'none'}, "
            f"missing: {', '.join(missing) or 'none'}"
        )
    method = card.gate["method"]
    if method not in METHODS:
        raise InvalidCardError(f"card {card.id} [gate] `method` must be one of {', '.join(METHODS)}, got {method!r}")
    neighbours = card.gate.get("neighbours", 1)
    if type(neighbours) is not int or neighbours < 1:
        raise InvalidCardError(f"card {card.id} [gate] `neighbours` must be a whole number of 1 or more")
    limits = {}
    for name in ("limit", "thumbnail_limit", "posture_limit"):
        value = card.gate[name]
        if type(value) not in (int, float):
            raise InvalidCardError(f"card {card.id} [gate] `{name}` must be a number, got {type(value).__name__}")
        limits[name] = float(value)
    return GateSettings(method=method, neighbours=neighbours, **limits)
