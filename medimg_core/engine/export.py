"""Keras weights to ONNX. Runs as a program, so that TensorFlow never loads beside the dashboard.

``python -m medimg_core.engine.export SPEC OUT`` reads a JSON file with the fields of
:class:`ExportSpec` and fills the folder OUT with

- ``model.onnx``: input ``image`` (batch, rows, columns, channels); outputs, each where the card and the
  network have it: ``features`` (the layer of the class activation map), ``embedding`` (what the dense head
  takes; without one, the layer of that name), ``logits``, ``ensemble`` and ``masks`` (logits a pixel);
- ``head.npz``: ``kernel`` (embedding, classes) and ``bias`` (classes) of the dense head, ``float32``; without
  a class where there is no head;
- ``meta.json``: SHA-256 of the weights and of both files, versions of what made them.
"""

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from medimg_core.errors import ModelError
from medimg_core.registry import ModelCard, sha256_of

__all__ = ["FORMAT", "ExportSpec", "export", "spec_of"]

FORMAT = 2
"""Raised whenever what an export holds changes; caches of another format are not looked at."""

OPSET = 17

_EMBEDDING = "embedding"
"""Layer whose output stands for the whole image where no dense head says which does."""


@dataclass(frozen=True)
class ExportSpec:
    """What to export.

    Attributes:
        weights: Path of the Keras file.
        sha256: What its SHA-256 must be.
        features: Layer of the last feature map, or empty.
        logits: Dense layer of the logits, or empty.
        ensemble: Layer of the ensemble's logits, or empty.
        masks: Layer of the logits a pixel, without an activation, or empty.
    """

    weights: str
    sha256: str
    features: str
    logits: str
    ensemble: str
    masks: str


def spec_of(card: ModelCard) -> ExportSpec:
    """What a card's outputs and its class activation map need."""
    classes, masks = card.classification, card.segmentation
    return ExportSpec(
        weights=str(card.weights.resolve()),
        sha256=card.sha256,
        features=card.cam.layer if card.cam else "",
        logits=classes.name if classes else "",
        ensemble=classes.ensemble if classes else "",
        masks=masks.name if masks else "",
    )


def export(spec: ExportSpec, out: Path) -> None:
    """Write ``model.onnx``, ``head.npz`` and ``meta.json``; see the module's text.

    Args:
        spec: What to export.
        out: An empty folder.

    Raises:
        ModelError: A layer of the spec is not in the network, or the head is not a dense layer.
    """
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    import keras
    import onnx

    model = keras.saving.load_model(spec.weights, compile=False)
    names, tensors, kernel, bias = _outputs(model, spec)
    part = keras.Model(model.inputs, tensors)
    part(np.zeros((1, *model.inputs[0].shape[1:]), np.float32))
    part.export(out / "model.onnx", format="onnx", opset_version=OPSET, verbose=False)
    proto = onnx.load(out / "model.onnx")
    _rename(proto.graph, names)
    onnx.checker.check_model(proto)
    onnx.save(proto, out / "model.onnx")
    np.savez(out / "head.npz", kernel=kernel, bias=bias)
    meta = {
        "format": FORMAT,
        "weights_sha256": spec.sha256,
        "spec": {key: value for key, value in asdict(spec).items() if key != "weights"},
        "keras": keras.__version__,
        "onnx": onnx.__version__,
        "opset": OPSET,
        "files": {name: sha256_of(out / name) for name in ("model.onnx", "head.npz")},
    }
    (out / "meta.json").write_text(json.dumps(meta, indent=1), encoding="utf-8")


def _outputs(model: Any, spec: ExportSpec) -> tuple[list[str], list[Any], Any, Any]:
    """Names and tensors of the outputs in order, kernel and bias of the dense head."""

    def layer(name: str) -> Any:
        try:
            return model.get_layer(name)
        except ValueError as error:
            raise ModelError(f"the card must name layers of the network; it has no layer {name[:60]!r}") from error

    found: dict[str, Any] = {}
    kernel, bias = np.zeros((0, 0), np.float32), np.zeros(0, np.float32)
    if spec.features:
        found["features"] = layer(spec.features).output
    if spec.logits:
        head = layer(spec.logits)
        kernel, bias = _dense(head)
        found |= {"embedding": head.input, "logits": head.output}
    elif any(entry.name == _EMBEDDING for entry in model.layers):
        found["embedding"] = layer(_EMBEDDING).output
    if spec.ensemble:
        found["ensemble"] = layer(spec.ensemble).output
    if spec.masks:
        found["masks"] = _masks(layer(spec.masks), model)
    return list(found), list(found.values()), kernel, bias


def _dense(head: Any) -> tuple[Any, Any]:
    """Kernel and bias of a dense head."""
    import keras

    if not isinstance(head, keras.layers.Dense) or head.activation is not keras.activations.linear:
        raise ModelError(f"layer {head.name!r} must be a Dense layer that gives logits, without an activation")
    kernel = np.asarray(head.kernel, np.float32)
    return kernel, np.asarray(head.bias, np.float32) if head.use_bias else np.zeros(kernel.shape[1], np.float32)


def _masks(layer: Any, model: Any) -> Any:
    """Tensor of the logits a pixel, on the grid of the network's input."""
    import keras

    if getattr(layer, "activation", keras.activations.linear) is not keras.activations.linear:
        raise ModelError(f"layer {layer.name!r} must give logits a pixel, without an activation")
    shape, wanted = tuple(layer.output.shape), tuple(model.inputs[0].shape[1:3])
    if len(shape) != 4 or shape[1:3] != wanted:
        raise ModelError(f"layer {layer.name!r} must give (batch, rows, columns, channels) with {wanted}, got {shape}")
    return layer.output


def _rename(graph: Any, names: list[str]) -> None:
    """Give the graph's input the name ``image`` and its outputs ``names``, in order."""
    new = {graph.input[0].name: "image"}
    new |= {value.name: name for value, name in zip(graph.output, names, strict=True)}
    for value in (*graph.input, *graph.output):
        value.name = new.get(value.name, value.name)
    for node in graph.node:
        for names_of_node in (node.input, node.output):
            for index, name in enumerate(names_of_node):
                names_of_node[index] = new.get(name, name)


def main(arguments: list[str]) -> int:
    """Run the program; 0 when the folder is filled, 1 with a sentence on standard error."""
    spec = ExportSpec(**json.loads(Path(arguments[0]).read_text(encoding="utf-8")))
    if sha256_of(Path(spec.weights)) != spec.sha256:
        print("weights changed while they were exported", file=sys.stderr)  # noqa: T201 - a program's last word
        return 1
    try:
        export(spec, Path(arguments[1]))
    except ModelError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a program's last word
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
