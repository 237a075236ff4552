"""Keras weights to ONNX. Runs as a program, so that TensorFlow never loads beside the dashboard.

``python -m medimg_core.engine.export SPEC OUT`` reads a JSON file with the fields of
:class:`ExportSpec` and fills the folder OUT with

- ``model.onnx``: input ``image`` (batch, rows, columns, channels), of a network of volumes (batch, slices, rows,
  columns, channels); outputs, each where the card and the
  network have it: ``features`` (the layer of the class activation map), ``embedding`` (what the dense head
  takes; without one, the layer of that name), ``logits``, ``ensemble`` and ``masks`` (logits a pixel), all of
  them ``float32``;
- ``scores.onnx``, of a network of both tasks: the same without ``masks`` and without what only they need, since ONNX
  Runtime computes every output of a graph, asked for or not;
- ``head.npz``: ``kernel`` (embedding, classes) and ``bias`` (classes) of the dense head, ``float32``; without
  a class where there is no head;
- ``meta.json``: SHA-256 of the weights and of both files, versions of what made them.
"""

import json
import os
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from medimg_core.engine import heads
from medimg_core.engine.network import Graph, flat, load
from medimg_core.errors import ModelError
from medimg_core.registry import ModelCard, sha256_of

__all__ = ["FORMAT", "ExportSpec", "export", "spec_of"]

FORMAT = 5
"""Raised whenever what an export holds changes; caches of another format are not looked at."""

OPSET = 17

POOLING_DENSE = "pooling_dense"
"""Head of a class activation map for which there is a closed form."""

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
        masks: Layer of the logits a pixel, or empty.
        shape: Rows, columns and channels of the input, slices before them where it is a volume.
        classes: Number of classes that have logits.
        mask_classes: Number of classes that have masks, without the background.
        pooled: Whether a closed form of maps needs the features' mean as embedding.
    """

    weights: str
    sha256: str
    features: str
    logits: str
    ensemble: str
    masks: str
    shape: tuple[int, ...]
    classes: int
    mask_classes: int
    pooled: bool

    def key(self) -> str:
        """What tells exports of the same weights apart."""
        return repr(replace(self, weights="", sha256=""))


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
        shape=card.input.shape,
        classes=len(classes.classes) if classes else 0,
        mask_classes=len(masks.classes) if masks else 0,
        pooled=card.cam is not None and card.cam.head == POOLING_DENSE,
    )


def export(spec: ExportSpec, out: Path) -> None:
    """Write ``model.onnx``, ``scores.onnx``, ``head.npz`` and ``meta.json``; see the module's text.

    Args:
        spec: What to export.
        out: An empty folder.

    Raises:
        WeightsError: The file is another one, or not safe to load.
        ModelError: The network is not what the card says.
    """
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    model = load(Path(spec.weights), spec.sha256)  # what is not safe is refused before Keras is there at all
    import keras
    import onnx

    graph = flat(model, spec.shape)
    tensors, kernel, bias = _outputs(graph, spec)
    part = keras.Model(graph.image, [_single(tensor) for tensor in tensors.values()])
    part(np.zeros((1, *spec.shape), np.float32))
    part.export(out / "model.onnx", format="onnx", opset_version=OPSET, verbose=False)
    proto = onnx.load(out / "model.onnx")
    _rename(proto.graph, list(tensors))
    onnx.checker.check_model(proto)
    onnx.save(proto, out / "model.onnx")
    if spec.logits and spec.masks:
        names = [name for name in tensors if name != "masks"]
        onnx.save(onnx.utils.Extractor(proto).extract_model(["image"], names), out / "scores.onnx")
    np.savez(out / "head.npz", kernel=kernel, bias=bias)
    meta = {
        "format": FORMAT,
        "weights_sha256": spec.sha256,
        "spec": {key: value for key, value in asdict(spec).items() if key != "weights"},
        "keras": keras.__version__,
        "onnx": onnx.__version__,
        "opset": OPSET,
        "files": {path.name: sha256_of(path) for path in sorted(out.iterdir())},
    }
    (out / "meta.json").write_text(json.dumps(meta, indent=1), encoding="utf-8")


def _outputs(graph: Graph, spec: ExportSpec) -> tuple[dict[str, Any], Any, Any]:
    """Tensors of the outputs by name, in order, and kernel and bias of the dense head."""
    found: dict[str, Any] = {}
    kernel, bias = np.zeros((0, 0), np.float32), np.zeros(0, np.float32)
    if spec.features:
        found["features"] = graph.find(spec.features).output
    if spec.logits:
        head = heads.dense(graph, spec.logits, spec.classes)
        if spec.features and spec.pooled:
            head = heads.pooled(found["features"], head, spec.features)
        kernel, bias = head.kernel, head.bias
        found |= {"embedding": head.embedding, "logits": head.logits}
    elif graph.has(_EMBEDDING):
        found["embedding"] = graph.find(_EMBEDDING).output
    if spec.ensemble:
        found["ensemble"] = graph.find(spec.ensemble).output
    if spec.masks:
        found["masks"] = heads.masks(graph, spec.masks, spec.mask_classes)
    return found, kernel, bias


def _single(tensor: Any) -> Any:
    """The tensor in single precision: a network may compute in half of it."""
    import keras

    return tensor if tensor.dtype == "float32" else keras.ops.cast(tensor, "float32")


def _rename(graph: Any, names: list[str]) -> None:
    """Give the graph's one input the name ``image`` and its outputs ``names``, in order."""
    if len(graph.input) != 1:
        taken = ", ".join(value.name for value in graph.input) or "nothing"
        raise ModelError(f"an exported network must take the image and nothing else; it takes {taken[:200]}")
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
    told = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    spec = ExportSpec(**{**told, "shape": tuple(told["shape"])})
    try:
        export(spec, Path(arguments[1]))
    except ModelError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a program's last word
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
