"""Networks that stay loaded in TensorFlow, with the functions traced of them."""

import os
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from medimg_core.engine import heads
from medimg_core.engine.export import ExportSpec
from medimg_core.engine.network import Graph, flat, load
from medimg_core.engine.runtime import threads
from medimg_core.errors import NotApplicableError

__all__ = ["Network", "kept", "layer_of", "logits_of", "network_of"]

_KEPT = 2
"""Networks that stay loaded."""


@dataclass(frozen=True, eq=False)
class Network:
    """A network laid flat, and what was traced of it.

    Attributes:
        graph: Its layers.
        functions: Traced functions and tensors, by key.
    """

    graph: Graph
    functions: dict[Any, Any] = field(default_factory=dict)


_networks: "OrderedDict[tuple[str, str], Network]" = OrderedDict()


def network_of(spec: ExportSpec) -> Network:
    """The network of a specification; judged and loaded where it is not there yet.

    Raises:
        WeightsError: The file is another one, or not safe to load.
    """
    key = (spec.sha256, spec.key())
    if key not in _networks:
        _limit()
        _networks[key] = Network(flat(load(Path(spec.weights), spec.sha256), spec.shape))
        while len(_networks) > _KEPT:
            _networks.popitem(last=False)
    _networks.move_to_end(key)
    return _networks[key]


@cache
def _limit() -> None:
    """Before TensorFlow does anything: as many threads as a forward pass of ONNX Runtime has."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads())
    tf.config.threading.set_inter_op_parallelism_threads(1)


def kept(network: Network, key: Any, make: Callable[[], Any]) -> Any:
    """What ``make`` gives, made once a network and key."""
    if key not in network.functions:
        network.functions[key] = make()
    return network.functions[key]


def logits_of(network: Network, spec: ExportSpec) -> Any:
    """The tensor of the classes' logits."""
    return kept(network, "logits", lambda: heads.dense(network.graph, spec.logits, spec.classes).logits)


def layer_of(graph: Graph, name: str) -> Any:
    """The output of a layer from which maps can be made.

    Raises:
        NotApplicableError: It has no rows and columns.
    """
    call = graph.find(name)
    shape = getattr(call.output, "shape", ())
    if len(shape) != 4 or None in shape[1:]:
        raise NotApplicableError(
            f"a map needs a layer of (batch, rows, columns, channels); {call.path[:60]!r} gives {tuple(shape)}"
        )
    return call.output
