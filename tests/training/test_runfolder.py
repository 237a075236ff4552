"""What a run leaves behind."""

import numpy as np

from medimg_core.training.runfolder import RunFolder

GROUPS = {
    "weight": [np.arange(6, dtype=np.float32).reshape(2, 3), np.float32(2.5)],
    "average": [np.zeros((2, 3), np.float32), np.float32(1.0)],
    "optimizer": [np.array(7, np.int64)] + [np.full(2, k, np.float32) for k in range(12)],
}


def test_a_checkpoint_is_read_back_in_its_order(tmp_path):
    folder = RunFolder(tmp_path)
    assert not folder.has_checkpoint
    folder.save(GROUPS, 4)
    assert folder.has_checkpoint
    groups, epoch = RunFolder(tmp_path).load()
    assert epoch == 4
    assert set(groups) == set(GROUPS)
    for name, arrays in GROUPS.items():
        for given, found in zip(arrays, groups[name], strict=True):
            assert np.array_equal(given, found)
            assert np.asarray(given).dtype == found.dtype
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.npz"]  # nothing half-written


def test_the_best_weights_are_kept_until_a_new_run_begins(tmp_path):
    folder = RunFolder(tmp_path)
    assert folder.best() is None
    folder.save_best([np.ones(2)])
    folder.save_best([np.zeros(2), np.ones(3)])
    best = RunFolder(tmp_path).best()
    assert [array.tolist() for array in best] == [[0, 0], [1, 1, 1]]
    folder.clear()
    assert folder.best() is None


def test_the_log_is_a_table_and_can_be_gone_on_with(tmp_path):
    folder = RunFolder(tmp_path)
    records = [{"epoch": 1.0, "loss": 0.5}, {"epoch": 2.0, "loss": 0.25}, {"epoch": 3.0, "loss": 0.2}]
    for last in (1, 2, 3):
        folder.log(records[:last])
    assert (tmp_path / "log.csv").read_text().splitlines() == ["epoch,loss", "1.0,0.5", "2.0,0.25", "3.0,0.2"]
    assert RunFolder(tmp_path).history(2) == records[:2]
    assert RunFolder(tmp_path).history(0) == []
    assert RunFolder(tmp_path / "nowhere").history(2) == []


def test_tensorboard_reads_what_was_logged(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    folder = RunFolder(tmp_path)
    folder.log([{"epoch": 1.0, "loss": 0.5}])
    folder.log([{"epoch": 1.0, "loss": 0.5}, {"epoch": 2.0, "loss": 0.25}])
    events = list((tmp_path / "tensorboard").glob("events.out.tfevents.*"))
    assert len(events) == 1
    board = EventAccumulator(str(tmp_path / "tensorboard"), size_guidance={"tensors": 0}).Reload()
    points = [(event.step, float(make_ndarray(event.tensor_proto))) for event in board.Tensors("loss")]
    assert points == [(1, 0.5), (2, 0.25)]
    folder.clear()
    assert not (tmp_path / "tensorboard").exists()
