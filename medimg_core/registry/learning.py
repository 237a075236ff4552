"""The learning curve that lies beside a card."""

import csv
from pathlib import Path

from medimg_core.errors import InvalidCardError

NAME = "learning_curve.csv"

__all__ = ["NAME", "read_curve"]


def read_curve(folder: Path) -> tuple[dict[str, float], ...]:
    """One record an epoch: ``epoch``, ``loss``, and validation figures; empty where the model came without.

    Args:
        folder: Model folder.

    Raises:
        InvalidCardError: The file holds something that is no number, or no epochs and losses.
    """
    path = folder / NAME
    if not path.is_file():
        return ()
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = tuple({key: float(value) for key, value in row.items()} for row in csv.DictReader(file))
    except (TypeError, ValueError) as error:
        raise InvalidCardError(f"{NAME} of {folder.name} must hold numbers; it holds something else") from error
    if rows and not {"epoch", "loss"} <= set(rows[0]):
        raise InvalidCardError(f"{NAME} of {folder.name} must have columns epoch and loss, got {', '.join(rows[0])}")
    return rows
