"""What the config of a Keras file says of its network: layers by path, without Keras and without loading anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from medimg_core.engine.network import near
from medimg_core.errors import ModelError, WeightsError

__all__ = ["Entry", "Outline", "outline"]


@dataclass(frozen=True)
class Entry:
    """One layer.

    Attributes:
        path: Names from the outside inwards, as :class:`medimg_core.engine.network.Graph` has them.
        kind: Its class, e.g. ``"Dense"``.
        settings: As Keras serialises them: ``units``, ``filters``, ``activation``, ...
        before: Paths of the layers that it takes.
        last: Of a network inside, the path of the layer that it ends in; else the layer's own.
    """

    path: str
    kind: str
    settings: Mapping[str, Any]
    before: tuple[str, ...]
    last: str

    @property
    def units(self) -> int | None:
        """Number of values a pixel or an image, where the config says so."""
        value = self.settings.get("units", self.settings.get("filters"))
        return value if isinstance(value, int) else None

    @property
    def activation(self) -> str:
        """Name of the activation."""
        value = self.settings.get("activation", "linear")
        return value if isinstance(value, str) else "of another kind"


@dataclass(frozen=True)
class Outline:
    """A network's layers.

    Attributes:
        entries: In the order of the file, through all nesting.
        shape: Rows, columns and channels of the first input, None where open; None where the config does not say.
        last: Path of the layer that the network ends in.
    """

    entries: tuple[Entry, ...]
    shape: tuple[int | None, ...] | None
    last: str

    def find(self, name: str) -> Entry:
        """A layer by path, or by name where only one has it.

        Raises:
            ModelError: There is none, or there are several; names that are near are told.
        """
        found = [entry for entry in self.entries if entry.path == name]
        found = found or [entry for entry in self.entries if entry.path.rsplit("/", 1)[-1] == name]
        if len(found) == 1:
            return found[0]
        if found:
            raise ModelError(f"must be one layer; {', '.join(entry.path for entry in found[:4])} have that name")
        raise ModelError(f"must be a layer of the network{near(name, [entry.path for entry in self.entries])}")


def outline(config: Mapping[str, Any]) -> Outline:
    """Read a network's config.

    Args:
        config: As :func:`medimg_core.engine.safety.inspect` gives it.

    Raises:
        WeightsError: It does not describe a network of layers.
    """
    entries: list[Entry] = []
    try:
        last = _network(config, "", entries)
        shape = _shape(config)
    except (KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise WeightsError("config.json must describe a network of layers, functional or sequential") from error
    return Outline(tuple(entries), shape, last)


def _network(config: Mapping[str, Any], prefix: str, entries: list[Entry]) -> str:
    """Note a network's layers; gives the path of the one that it ends in."""
    inner = config["config"]
    sequence = config["class_name"] == "Sequential"
    ends: dict[str, str] = {}
    previous: tuple[str, ...] = ()
    for layer in inner["layers"]:
        settings = layer["config"]
        path = prefix + str(settings.get("name", layer.get("name")))
        nested = isinstance(settings.get("layers"), list)
        end = _network(layer, f"{path}/", entries) if nested else path
        before = previous if sequence else tuple(prefix + name for name in _inbound(layer.get("inbound_nodes", [])))
        entries.append(Entry(path, str(layer["class_name"]), settings, before, end))
        ends[path], previous = end, (path,)
    output = previous[0] if sequence else prefix + _first(inner["output_layers"])
    return ends[output]


def _first(places: Any) -> str:
    """The layer of the first of some tensors: ``["name", 0, 0]``, or such lists in lists or by name."""
    while not isinstance(places, str):
        places = next(iter(places.values())) if isinstance(places, dict) else places[0]
    return places


def _inbound(value: Any) -> tuple[str, ...]:
    """Names of the layers whose tensors a call takes."""
    if isinstance(value, dict):
        history = value.get("keras_history")
        if isinstance(history, list) and history:
            return (str(history[0]),)
        return tuple(name for item in value.values() for name in _inbound(item))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(name for item in value for name in _inbound(item))
    return ()


def _shape(config: Mapping[str, Any]) -> tuple[int | None, ...] | None:
    inner = config["config"]
    shapes = [layer["config"].get("batch_shape") for layer in inner["layers"] if layer["class_name"] == "InputLayer"]
    shapes.append((config.get("build_config") or {}).get("input_shape"))
    found = next((shape for shape in shapes if isinstance(shape, list) and len(shape) > 1), None)
    return None if found is None else tuple(side if isinstance(side, int) else None for side in found[1:])
