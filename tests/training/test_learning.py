"""The learning curve that stays with a model."""

import csv

from medimg_core.training.learning import write_curve


def test_one_line_an_epoch_without_its_time(tmp_path):
    history = [
        {"epoch": 1.0, "loss": 0.51234567, "seconds": 12.0, "val_auc": 0.9},
        {"epoch": 2.0, "loss": 0.25, "seconds": 11.0, "val_auc": 0.95},
    ]
    write_curve(tmp_path, history)
    with (tmp_path / "learning_curve.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["epoch", "loss", "val_auc"], ["1", "0.512346", "0.9"], ["2", "0.25", "0.95"]]
