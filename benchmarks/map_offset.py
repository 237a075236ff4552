"""Where a class activation map lies against the evidence that made it.

``python -m benchmarks.map_offset [--json]``. Images: ``chest_xray`` and ``chest_lungs`` in ``MEDIMG_DATA``, or in
``shared/data`` beside the checkout. A round opacity is painted into the lungs of validation images without the
label, and the centre of what it adds to the map is compared with the centre that an ideal response of the same
reach has on the same cells. Strides with one-sided padding shift a map against its image; this says by how much.
"""

import argparse
import json
import platform
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.timing import data_folder
from medimg_core.decision import decision
from medimg_core.engine import forward
from medimg_core.evaluation.bootstrap import group_weights, percentiles
from medimg_core.explain.cam import grad_cam
from medimg_core.preprocess import prepare, squashed
from medimg_core.registry import ModelCard, load_card
from medimg_core.training.recipe import read_recipe
from medimg_core.training.stages import read_data

MODEL = "chest_xray_pneumonia"
SIGMA, HEIGHT = 14.0, 0.3
"""Size of the painted opacity in pixels of the 224-pixel image, and its grey, 0 to 1."""
REACH, WINDOW = 24.0, 60.0
"""Of the ideal response, and half the side of the square compared, pixels."""
PER_IMAGE, LEAST = 12, 0.005


def cam(card: ModelCard, grey: np.ndarray) -> np.ndarray:
    """Native map of the decision shown."""
    found = forward(card, prepare(grey, card.input)).activations()
    return grad_cam(found, card, decision(card))


def offsets(card: ModelCard, folder: Path) -> tuple[np.ndarray, list[str]]:
    """Offset (rows, columns) in pixels of the network's input for each opacity, and the patient of each."""
    data = read_data([folder / "chest_xray", folder / "chest_lungs"], read_recipe(card.folder / "recipe.toml"))
    masks = dict(zip(data.regions.cases, data.regions.masks, strict=True))
    rng = np.random.default_rng(0)
    found, groups = [], []
    for index, case in enumerate(data.val.cases):
        if case not in masks or data.val.classes[index] != 0:
            continue
        grey = data.val.grey(index)
        before, inside = cam(card, grey), np.argwhere(masks[case])
        for place in inside[rng.integers(len(inside), size=PER_IMAGE)].astype(float):
            apart = _apart(card, grey, before, place)
            if apart is not None:
                found.append(apart * card.input.size[0] / grey.shape[0])
                groups.append(data.val.groups[index])
    return np.array(found), groups


def _apart(card: ModelCard, grey: np.ndarray, before: np.ndarray, place: np.ndarray) -> np.ndarray | None:
    grid = np.moveaxis(np.indices(grey.shape), 0, -1)
    opacity = HEIGHT * np.exp(-((grid - place) ** 2).sum(-1) / (2 * SIGMA**2))
    added = np.maximum(cam(card, np.clip(grey + opacity, 0, 1).astype(np.float32)) - before, 0)
    cells = np.moveaxis(np.indices(added.shape), 0, -1).astype(float)
    at = squashed((grey.shape[0], grey.shape[1]), (added.shape[0], added.shape[1])).to_source(cells)
    near = np.abs(at - place).max(-1) < WINDOW
    whole = place.min() > WINDOW and place.max() < grey.shape[0] - WINDOW
    if not whole or (added * near).max() < LEAST:
        return None
    ideal = np.exp(-((at - place) ** 2).sum(-1) / (2 * REACH**2)) * near
    return np.asarray(_centre(at, added * near) - _centre(at, ideal))


def _centre(at: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return np.asarray((at * weight[..., None]).sum((0, 1)) / weight.sum())


def measure(folder: Path) -> dict[str, Any]:
    """Mean offset along rows and columns with its interval by patient; the claim is half a cell at the most."""
    card = load_card(MODEL)
    apart, groups = offsets(card, folder)
    drawn = group_weights(groups)
    claims = []
    for axis, name in enumerate(("rows", "columns")):
        value = float(apart[:, axis].mean())
        ends = percentiles(drawn @ apart[:, axis] / drawn.sum(axis=1))
        claims.append(
            {
                "name": f"{MODEL}: mean offset of the map along {name}, n {len(apart)}",
                "value": round(value, 2),
                "ci": None if ends is None else [round(end, 2) for end in ends],
                "target": 8.0,
                "unit": f"pixels of {card.input.size[0]}; negative is up or left",
                "holds": abs(value) <= 8.0,
            }
        )
    return {"claims": claims, "machine": {"platform": platform.platform()}}


def main() -> None:
    """Print the offset."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    args = parser.parse_args()
    data = data_folder("chest_xray", "chest_lungs")
    found = measure(data)
    if args.json:
        print(json.dumps(found))
        return
    for claim in found["claims"]:
        print(f"{claim['name']}: {claim['value']} {claim['ci']} {claim['unit']}")


if __name__ == "__main__":
    main()
