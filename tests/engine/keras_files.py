"""Keras files made without Keras: plain ones, and ones that nobody should load."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np


def layer(kind: str, name: str, module: str | None = "keras.layers", **config: Any) -> dict[str, Any]:
    """One layer of a config, as Keras writes it."""
    return {
        "module": module,
        "class_name": kind,
        "config": {"name": name, "trainable": True, **config},
        "registered_name": None,
        "name": name,
        "inbound_nodes": [],
    }


def network(*layers: dict[str, Any], name: str = "net") -> dict[str, Any]:
    """A functional network of these layers after an input."""
    first = layer("InputLayer", "image", batch_shape=[None, 32, 32, 1], dtype="float32")
    inner = {
        "name": name,
        "trainable": True,
        "layers": [first, *layers],
        "input_layers": [["image", 0, 0]],
        "output_layers": [[layers[-1]["name"] if layers else "image", 0, 0]],
    }
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": inner,
        "registered_name": "Functional",
        "name": name,
        "compile_config": None,
    }


def dense(name: str = "logits", units: int = 3, activation: Any = "linear") -> dict[str, Any]:
    """A dense layer."""
    return layer("Dense", name, units=units, activation=activation, use_bias=True)


def stored(fill: Any = None) -> bytes:
    """An HDF5 file with one kernel; ``fill(file)`` may add to it."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["layers/dense/vars/0"] = np.ones((4, 3), np.float32)
        if fill is not None:
            fill(file)
    return buffer.getvalue()


def write(path: Path, config: Any = None, values: bytes | None = None, **members: Any) -> Path:
    """A Keras file. Members by name with dots as ``__``; None leaves one out; ``method`` is the compression."""
    method = members.pop("method", zipfile.ZIP_STORED)
    content = {
        "metadata.json": b'{"keras_version": "3.15.1"}',
        "config.json": config if isinstance(config, bytes) else json.dumps(config or network(dense())).encode(),
        "model.weights.h5": stored() if values is None else values,
    }
    content |= {name.replace("__", "."): value for name, value in members.items()}
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, value in content.items():
            if value is not None:
                archive.writestr(name, value)
    return path
