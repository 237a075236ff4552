"""Copies of a network that have forgotten what they learned, from the head downwards: to ask maps whether they notice.

``python -m medimg_core.engine.randomised SPEC OUT`` runs as a program of its own, as the export does, so that
TensorFlow never loads beside the dashboard. It fills OUT with ``0/weights.keras``, ``1/weights.keras``, ... and
``stages.json``, the names of the stages.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from medimg_core.engine.network import Call, Graph, flat, load
from medimg_core.errors import ModelError, NotApplicableError
from medimg_core.registry import ModelCard, sha256_of

__all__ = ["STAGES", "randomised"]

STAGES = 5
"""Groups into which the layers below the head are put, each with as many layers that have weights."""
_SECONDS = 600


def randomised(card: ModelCard, folder: Path, seed: int = 0) -> tuple[tuple[str, ModelCard], ...]:
    """Write copies of a model's weights whose last layers are randomised, one group more each time.

    The weights of a layer are shuffled among each other, as Quantus does it for Keras: their distribution stays, and
    with it the size of what comes out. Statistics and scales of a normalisation are shuffled by channel, together.

    Args:
        card: A model that classifies.
        folder: Where; an empty folder.
        seed: Of the shuffles.

    Returns:
        For each stage, from the head alone to all layers that the logits come from: its name, and a card whose
        weights are the copy. Such a card can be run like any other; it has no gate's fit.

    Raises:
        NotApplicableError: The model does not classify.
        WeightsError: The weights are missing, or are not those of the card.
        ModelError: The network cannot be loaded.
    """
    output = card.classification
    if output is None:
        raise NotApplicableError(f"randomised copies are made of models that classify; {card.id} does {card.task}")
    card.check_weights()
    spec = {
        "weights": str(card.weights.resolve()),
        "sha256": card.sha256,
        "logits": output.name,
        "shape": [*card.input.size, card.input.channels],
        "seed": seed,
    }
    told = folder / "spec.json"
    told.write_text(json.dumps(spec), encoding="utf-8")
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, environment.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "medimg_core.engine.randomised", str(told), str(folder)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, arguments are paths that we made
            command, env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"copies of {card.id} must be written within {_SECONDS} s; they were not") from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise ModelError(f"copies of {card.id} could not be made: {lines[-1][:300] if lines else 'no reason'}")
    names = json.loads((folder / "stages.json").read_text(encoding="utf-8"))
    copies = []
    for number, name in enumerate(names):
        place = folder / str(number)
        copies.append((str(name), replace(card, folder=place, sha256=sha256_of(place / "weights.keras"))))
    return tuple(copies)


def stages(calls: list[Call], count: int = STAGES) -> list[list[Call]]:
    """Layers with weights in groups, from the head downwards: the last layer alone, then ``count`` equal groups.

    Args:
        calls: In the order of the network.
        count: Groups below the head, at most.
    """
    head, rest = calls[-1:], calls[:-1][::-1]
    cuts = np.array_split(np.arange(len(rest)), min(count, len(rest))) if rest else []
    return [head, *([rest[index] for index in cut] for cut in cuts)]


def _ancestors(graph: Graph, name: str) -> list[Call]:
    """Calls of layers with weights that a layer's output comes from, and its own, in order."""
    wanted = {id(graph.find(name).output)}
    found = []
    for call in reversed(graph.calls):
        outputs = call.output if isinstance(call.output, list | tuple) else [call.output]
        if not any(id(output) in wanted for output in outputs):
            continue
        wanted |= {id(tensor) for tensor in call.inputs}
        if getattr(call.layer, "weights", None) and not hasattr(call.layer, "layers"):
            found.append(call)
    return found[::-1]


def _shuffled(values: list[np.ndarray[Any, Any]], rng: np.random.Generator) -> list[np.ndarray[Any, Any]]:
    """Arrays of one layer: vectors of one length go together, all others by themselves."""
    orders: dict[int, Any] = {}
    result = []
    for array in values:
        if array.ndim == 1:
            order = orders.setdefault(len(array), rng.permutation(len(array)))
            result.append(array[order])
        else:
            result.append(rng.permutation(array.ravel()).reshape(array.shape))
    return result


def write(spec: dict[str, Any], out: Path) -> None:
    """Write the copies; see the module's text.

    Args:
        spec: ``weights``, ``sha256``, ``logits``, ``shape`` and ``seed``.
        out: A folder.

    Raises:
        WeightsError: The file is another one, or not safe to load.
        ModelError: The network is not what the card says.
    """
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    model = load(Path(spec["weights"]), spec["sha256"])
    graph = flat(model, tuple(spec["shape"]))
    rng = np.random.default_rng(spec["seed"])
    names = []
    for number, group in enumerate(stages(_ancestors(graph, spec["logits"]))):
        for call in group:
            call.layer.set_weights(_shuffled(call.layer.get_weights(), rng))
        place = out / str(number)
        place.mkdir()
        model.save(place / "weights.keras")
        names.append(group[-1].path)
    (out / "stages.json").write_text(json.dumps(names), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Run the program; 0 when the folder is filled, 1 with a sentence on standard error."""
    try:
        write(json.loads(Path(arguments[0]).read_text(encoding="utf-8")), Path(arguments[1]))
    except ModelError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a program's last word
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
