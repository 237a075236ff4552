"""The learning curve that stays with a model: one line an epoch."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from medimg_core.registry.learning import NAME


def write_curve(folder: Path, history: Sequence[Mapping[str, float]]) -> None:
    """Write ``learning_curve.csv``: epoch, training loss and validation figures of the averaged weights.

    Args:
        folder: Model folder.
        history: One record an epoch; how long an epoch took is left out.
    """
    names = [name for name in history[-1] if name != "seconds"]
    with (folder / NAME).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([f"{record[name]:.6g}" for name in names] for record in history)
