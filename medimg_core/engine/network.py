"""A Keras network as one flat graph, in which each layer has a path and a tensor.

A network inside a network, such as a backbone of ``keras.applications``, is one single node of the outer graph:
its inner tensors belong to another graph and cannot be outputs of this one. Here every layer is called anew on
one input, through all nesting, with the weights that it has. A path is the names from the outside inwards,
``"mobilenetv2_1.00_224/out_relu"``; a name alone will do where only one layer has it.
"""

import difflib
import inspect
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from medimg_core.engine.safety import seal
from medimg_core.errors import ModelError, WeightsError
from medimg_core.registry import sha256_of

__all__ = ["Call", "Graph", "flat", "load", "near"]

TOLERANCE = 1e-3
"""Largest difference between two ways to compute the same outputs, relative to the largest of them."""

_BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError, ImportError, OSError)
"""What Keras raises on a config that it cannot build."""


def load(path: Path, sha256: str) -> Any:
    """Load a network from a private copy of a file that was checked (:mod:`medimg_core.engine.safety`).

    Args:
        path: The Keras file.
        sha256: What its SHA-256 must be.

    Returns:
        ``keras.Model``, not compiled.

    Raises:
        WeightsError: The file is another one, or breaks a rule.
        ModelError: Keras cannot build the network.
    """
    with tempfile.TemporaryDirectory(prefix="medimg-") as folder:
        copy = Path(folder) / "weights.keras"
        seal(path, copy)
        if sha256_of(path) != sha256:
            raise WeightsError("weights must not change while they are loaded; they did")
        import keras

        try:
            return keras.saving.load_model(copy, compile=False, safe_mode=True)
        except _BROKEN as error:
            raise ModelError(
                f"weights must be a network that Keras {keras.__version__} builds; {_said(error)}"
            ) from error


def _said(error: Exception) -> str:
    first = next((line for line in str(error).splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {first[:200]}"


@dataclass(frozen=True)
class Call:
    """One layer, called once.

    Attributes:
        path: Names from the outside inwards.
        layer: The Keras layer, or the operation.
        inputs: Tensors it was called on.
        output: Its tensor, or a list of them.
    """

    path: str
    layer: Any
    inputs: tuple[Any, ...]
    output: Any


@dataclass(frozen=True)
class Graph:
    """A network laid flat.

    Attributes:
        image: The input tensor, shape ``(batch, rows, columns, channels)``, of volumes with slices before the rows.
        outputs: The network's own outputs.
        calls: Every call, in order; one of a network inside comes after those of its layers.
    """

    image: Any
    outputs: tuple[Any, ...]
    calls: tuple[Call, ...]

    def find(self, name: str) -> Call:
        """The call of a layer.

        Args:
            name: Its path, or its name where only one layer has it.

        Raises:
            ModelError: There is none, or there are several.
        """
        found = [call for call in self.calls if call.path == name]
        found = found or [call for call in self.calls if call.path.rsplit("/", 1)[-1] == name]
        if len(found) == 1:
            return found[0]
        if not found:
            raise ModelError(
                f"the card must name layers of the network; it has no layer {name[:60]!r}{self._near(name)}"
            )
        paths = sorted({call.path for call in found})
        if len(paths) > 1:
            raise ModelError(f"the card must say which layer {name[:60]!r} it means: {', '.join(paths[:4])}")
        raise ModelError(
            f"layer {name[:60]!r} must be used once to be an output; the network uses it {len(found)} times"
        )

    def has(self, name: str) -> bool:
        """Whether the outermost network has a layer of this name."""
        return any(call.path == name for call in self.calls)

    def maker(self, tensor: Any) -> Call | None:
        """The call of the layer that made a tensor; None for the input."""
        return next((call for call in self.calls if call.output is tensor), None)

    def _near(self, name: str) -> str:
        return near(name, [call.path for call in self.calls])


def near(name: str, paths: list[str]) -> str:
    """A phrase that lists paths like a name, or nothing.

    Examples:
        >>> near("out_relo", ["back/conv", "back/out_relu"])
        "; near: 'back/out_relu'"
    """
    by_name = {path.rsplit("/", 1)[-1]: path for path in paths}
    found = difflib.get_close_matches(name, paths, 3) or [
        by_name[key] for key in difflib.get_close_matches(name.rsplit("/", 1)[-1], list(by_name), 3)
    ]
    return f"; near: {', '.join(map(repr, found))}" if found else ""


def flat(model: Any, shape: tuple[int, ...]) -> Graph:
    """Lay a network flat.

    Args:
        model: ``keras.Model``, functional or sequential, of one image.
        shape: Rows, columns and channels of the input, slices before them where it is a volume; the network may leave
            all but the channels open.

    Raises:
        ModelError: The network takes something else, or gives other numbers when it is laid flat.
    """
    import keras

    taken = [tuple(tensor.shape) for tensor in (model.inputs if model.built else ())]
    fits = len(taken) == 1 and len(taken[0]) == 1 + len(shape)
    if not fits or any(own not in (None, wanted) for own, wanted in zip(taken[0][1:], shape, strict=True)):
        raise ModelError(
            f"the network must take one {'image of (' if len(shape) == 3 else 'volume of (slices, '}rows, columns, "
            f"channels) {shape}, as the card's input says; "
            f"it takes {', '.join(str(own[1:]) for own in taken) or 'what is not known before it runs'}"
        )
    image, calls = keras.Input(shape, name="image_of_the_card"), list[Call]()
    outputs = keras.tree.flatten(_called(model, "", calls)(image))
    _rename(calls)
    probe = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    before = keras.tree.flatten(model(probe, training=False))
    after = keras.tree.flatten(keras.Model(image, outputs)(probe, training=False))
    for one, other in zip(before, after, strict=True):
        first, second = np.asarray(one, np.float32), np.asarray(other, np.float32)
        if np.abs(first - second).max() > TOLERANCE * max(1.0, float(np.abs(first).max())):
            raise ModelError("the network must give the same numbers when its parts are called one by one; it does not")
    return Graph(image, tuple(outputs), tuple(calls))


def _called(layer: Any, path: str, calls: list[Call]) -> Callable[..., Any]:
    """What calls a layer on symbolic tensors and notes it; a network goes through its layers instead."""
    import keras

    def inside(inner: Any) -> Callable[..., Any]:
        return _called(inner, f"{path}/{inner.name}" if path else inner.name, calls)

    def run(*args: Any, **kwargs: Any) -> Any:
        if isinstance(layer, keras.Sequential):
            output = args[0]
            for inner in layer.layers:
                output = inside(inner)(output)
        elif isinstance(layer, keras.Model):
            output = layer._run_through_graph(args[0], operation_fn=inside)
            output = output[0] if isinstance(output, list | tuple) and len(output) == 1 else output
        else:
            if "training" in inspect.signature(layer.call).parameters:
                kwargs["training"] = False  # augmentation layers would change the image unless told not to
            if isinstance(layer, keras.layers.Normalization):
                layer.mean, layer.variance = _constant(layer.mean), _constant(layer.variance)
            args, kwargs = keras.tree.map_structure(_constant, (args, kwargs))
            output = layer(*args, **kwargs)
        if path:
            calls.append(Call(path, layer, tuple(keras.tree.flatten(args)), output))
        return output

    return run


def _constant(value: Any) -> Any:
    """A tensor of numbers as an array, all else as it is: an export makes an input of each tensor that is no weight."""
    import keras

    return keras.ops.convert_to_numpy(value) if keras.ops.is_tensor(value) else value


def _rename(calls: list[Call]) -> None:
    """Give layers of one name in two networks names of their own: a flat model allows each name once."""
    taken: dict[str, Any] = {}
    for call in calls:
        if call.layer.name in taken and taken[call.layer.name] is not call.layer:
            call.layer.name = call.path.replace("/", ".")
        taken[call.layer.name] = call.layer
