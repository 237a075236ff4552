"""Fitting: loss, schedule, prefetch, checkpoint and resume."""

import time

import numpy as np
import pytest

from medimg_core.errors import Cancelled, InputError
from medimg_core.training.fit import Aim, fit, learning_rate, prefetch
from medimg_core.training.losses import reading_loss
from medimg_core.training.package import build
from tests.training.small import recipe


def batches(epoch):
    rng = np.random.default_rng(epoch)
    for _ in range(3):
        classes = rng.integers(0, 3, 8)
        inputs = rng.normal(0, 1, (8, 32, 32, 1)).astype(np.float32) + classes[:, None, None, None]
        yield inputs, np.eye(3, dtype=np.float32)[classes], np.ones(8, np.float32)


def start(run, seed=1, **settings):
    import keras

    keras.utils.set_random_seed(seed)
    options = {
        "progress": lambda done, total, text: None,
        "validate": lambda model: {"mean": float(np.mean(model.get_weights()[0]))},
        **{key: settings.pop(key) for key in ("progress", "resume", "time_limit") if key in settings},
    }
    chosen = recipe(dropout=0.0, **settings)
    aim = Aim(reading_loss(chosen, chosen.subtype_weight))
    return fit(build(chosen), batches, 3, chosen, run, aim=aim, **options)


@pytest.mark.parametrize(
    ("done", "expected"), [(0.0, 0.0), (1.0, 0.5), (2.0, 1.0), (6.0, 0.5), (10.0, 0.0), (11.0, 0.0)]
)
def test_learning_rate(done, expected):
    chosen = recipe(epochs=10, warm_up=2.0, learning_rate=1.0)
    assert learning_rate(chosen, done) == pytest.approx(expected, abs=0.01)


def test_loss_by_hand():
    logits = np.log(np.array([[0.2, 0.5, 0.3], [0.7, 0.2, 0.1]]))
    target = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    found = np.asarray(reading_loss(recipe(), 0.3)(target, logits))
    expected = [-np.log(0.8) - 0.3 * np.log(0.5 / 0.8), -np.log(0.7)]
    assert found == pytest.approx(expected, abs=1e-6)


def test_loss_is_least_at_the_soft_target():
    target = np.array([[0.5, 0.3, 0.2]])
    loss = reading_loss(recipe(), 0.3)
    best = float(np.asarray(loss(target, np.log(target)))[0])
    rng = np.random.default_rng(0)
    others = [float(np.asarray(loss(target, np.log(target) + rng.normal(0, 0.3, (1, 3))))[0]) for _ in range(20)]
    assert best <= min(others) + 1e-6


def test_prefetch_keeps_order_and_passes_errors_on():
    assert list(prefetch(iter(range(20)))) == list(range(20))

    def broken():
        yield 1
        raise Cancelled("stopped by the user")

    items = prefetch(broken())
    assert next(items) == 1
    with pytest.raises(Cancelled, match="stopped"):
        next(items)


def test_resuming_gives_the_same_weights_as_going_through(tmp_path):
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    whole.mkdir()
    halves.mkdir()
    through = start(whole, epochs=3)

    def stop(done, total, text):
        if done == 3 and text.startswith("epoch 1,"):
            raise Cancelled("stopped by the user")

    with pytest.raises(Cancelled):
        start(halves, epochs=3, progress=stop)
    resumed = start(halves, seed=99, epochs=3)
    assert resumed.epochs == through.epochs == 3
    assert [record["epoch"] for record in resumed.history] == [1, 2, 3]
    for first, second in zip(through.weights, resumed.weights, strict=True):
        assert second == pytest.approx(first, abs=2e-4)
    afresh = start(halves, seed=99, epochs=3, resume=False)
    assert any(np.abs(a - b).max() > 1e-2 for a, b in zip(afresh.weights, through.weights, strict=True))


def test_a_time_limit_stops_between_epochs(tmp_path):
    def slow(done, total, text):
        if text.startswith("epoch 1,"):
            time.sleep(0.05)

    stopped = start(tmp_path, epochs=4, time_limit=0.01, progress=slow)
    assert stopped.epochs == 1  # the first one began in time
    assert start(tmp_path, epochs=2).epochs == 2


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    start(tmp_path, epochs=1)
    with pytest.raises(InputError, match="must belong to this recipe"):
        start(tmp_path, epochs=1, stem=6)
