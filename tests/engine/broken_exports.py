"""Models whose export loads and then cannot be run, as a fault of the converter would leave them; no Keras needed."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from medimg_core.engine.cache import entry_folder
from medimg_core.engine.export import FORMAT
from medimg_core.registry import ModelCard, read_card, sha256_of
from tests.engine.keras_files import dense, layer, network, write
from tests.tiny_model import CARD

SIDE = 32
PARTS = (
    layer("Conv2D", "features", filters=8),
    layer("GlobalAveragePooling2D", "embedding"),
    dense("logits", 3),
    dense("ensemble", 12),
)

BROKEN = {
    "a second input": helper.make_node("Add", ["image", "loose"], ["logits"]),
    "a shape that does not fit": helper.make_node("Reshape", ["image", "shape"], ["logits"]),
}
"""What the graph computes, by what is wrong with it."""


def write_broken(folder: Path, kind: str) -> ModelCard:
    """Write a model's folder, and an export of that kind into the cache of ``MEDIMG_CACHE``."""
    folder.mkdir()
    weights = write(folder / "weights.keras", network(*PARTS))
    text = CARD.format(id=folder.name, sha256=sha256_of(weights), size=SIDE)
    (folder / "card.toml").write_text(text, encoding="utf-8")
    card = read_card(folder)
    node, shape = BROKEN[kind], ["n", SIDE, SIDE, 1]
    inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n in ("image", "loose") if n in node.input]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, None)]
    constants = [helper.make_tensor("shape", TensorProto.INT64, [2], [7, 11])] if "shape" in node.input else []
    graph = helper.make_graph([node], "net", inputs, outputs, constants)
    place = entry_folder(card)
    place.mkdir()
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), place / "model.onnx")
    np.savez(place / "head.npz", kernel=np.zeros((8, 3), np.float32), bias=np.zeros(3, np.float32))
    files = {path.name: sha256_of(path) for path in place.iterdir()}
    meta = {"format": FORMAT, "weights_sha256": card.sha256, "files": files}
    (place / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    return card
