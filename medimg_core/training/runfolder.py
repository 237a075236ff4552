"""What a training run leaves behind: checkpoint, best weights, log as CSV and for TensorBoard."""

import csv
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = list[NDArray[Any]]
Record = dict[str, float]
LOG = "log.csv"


def arrays(variables: Any) -> Arrays:
    """Keras or TensorFlow variables as numpy arrays."""
    from keras import ops

    return [np.array(ops.convert_to_numpy(variable)) for variable in variables]


class RunFolder:
    """One run's folder; every file is written beside and moved into place, so a crash leaves the last one whole.

    Args:
        folder: Exists.

    Attributes:
        checkpoint: Where the run goes on from.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkpoint = folder / "checkpoint.npz"
        self._best = folder / "best.npz"
        self._board: Any = None

    @property
    def has_checkpoint(self) -> bool:
        """Whether there is a run to go on with."""
        return self.checkpoint.is_file()

    def save(self, groups: Mapping[str, Arrays], epoch: int) -> None:
        """Keep groups of arrays and the number of epochs done."""
        named = {f"{name}_{i:04d}": array for name, group in groups.items() for i, array in enumerate(group)}
        self._write(self.checkpoint, {**named, "epoch": np.array(epoch)})

    def load(self) -> tuple[dict[str, Arrays], int]:
        """The groups of the checkpoint by name, and the epochs done."""
        groups: dict[str, Arrays] = {}
        with np.load(self.checkpoint, allow_pickle=False) as stored:
            for key in sorted(key for key in stored.files if key != "epoch"):
                groups.setdefault(key.rsplit("_", 1)[0], []).append(stored[key])
            return groups, int(stored["epoch"])

    def save_best(self, weights: Arrays) -> None:
        """Keep the weights of the best epoch so far."""
        self._write(self._best, {f"{i:04d}": array for i, array in enumerate(weights)})

    def best(self) -> Arrays | None:
        """Weights of the best epoch, or None."""
        if not self._best.is_file():
            return None
        with np.load(self._best, allow_pickle=False) as stored:
            return [stored[key] for key in sorted(stored.files)]

    def clear(self) -> None:
        """Take away what an earlier run left, before a new one begins."""
        self._best.unlink(missing_ok=True)
        shutil.rmtree(self.folder / "tensorboard", ignore_errors=True)

    def history(self, epochs: int) -> list[Record]:
        """Records of the first ``epochs`` epochs."""
        path = self.folder / LOG
        if not epochs or not path.is_file():
            return []
        with path.open(newline="", encoding="utf-8") as file:
            rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
        return rows[:epochs]

    def log(self, history: Sequence[Record]) -> None:
        """Write all records as CSV and add the last one for TensorBoard."""
        import tensorflow as tf

        with (self.folder / LOG).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(history[-1]))
            writer.writeheader()
            writer.writerows(history)
        if self._board is None:
            self._board = tf.summary.create_file_writer(str(self.folder / "tensorboard"))
        with self._board.as_default():
            for name, value in history[-1].items():
                tf.summary.scalar(name, value, step=int(history[-1]["epoch"]))
        self._board.flush()

    @staticmethod
    def _write(path: Path, named: Mapping[str, NDArray[Any]]) -> None:
        part = path.with_suffix(".part.npz")
        np.savez(part, allow_pickle=False, **named)
        part.replace(path)
