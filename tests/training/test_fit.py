"""Fitting: schedule, prefetch, checkpoint and resume, early stop."""

import time

import numpy as np
import pytest

from medimg_core.errors import Cancelled, InputError
from medimg_core.training.fit import Aim, fit, learning_rate, prefetch
from medimg_core.training.losses import reading_loss
from tests.training.small import recipe


def network(chosen):
    """The least that has weights of every kind: kernels, biases, moving averages."""
    import keras
    from keras import layers

    image = keras.Input((8, 8, 1))
    x = layers.BatchNormalization(momentum=0.9)(layers.Conv2D(chosen.stem, 3, strides=2)(image))
    x = layers.GlobalAveragePooling2D()(layers.ReLU()(x))
    return keras.Model(image, layers.Dense(3)(x))


def batches(epoch):
    rng = np.random.default_rng(epoch)
    for _ in range(3):
        classes = rng.integers(0, 3, 8)
        inputs = rng.normal(0, 1, (8, 8, 8, 1)).astype(np.float32) + classes[:, None, None, None]
        yield inputs, np.eye(3, dtype=np.float32)[classes], np.ones(8, np.float32)


def start(run, seed=1, **settings):
    import keras

    keras.utils.set_random_seed(seed)
    options = {
        "progress": lambda done, total, text: None,
        "validate": lambda model: {"mean": float(np.mean(model.get_weights()[0]))},
        **{key: settings.pop(key) for key in ("progress", "resume", "time_limit", "validate") if key in settings},
    }
    aims = {key: settings.pop(key) for key in ("watch", "patience") if key in settings}
    chosen = recipe(**settings)
    aim = Aim(reading_loss(chosen, chosen.subtype_weight), **aims)
    return fit(network(chosen), batches, 3, chosen, run, aim=aim, **options)


@pytest.mark.parametrize(
    ("done", "expected"), [(0.0, 0.0), (1.0, 0.5), (2.0, 1.0), (6.0, 0.5), (10.0, 0.0), (11.0, 0.0)]
)
def test_learning_rate(done, expected):
    chosen = recipe(epochs=10, warm_up=2.0, learning_rate=1.0)
    assert learning_rate(chosen, done) == pytest.approx(expected, abs=0.01)


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


def scripted(*scores):
    """A validation that gives these scores in turn, and notes the averaged weights that it was shown."""
    waiting, seen = iter(scores), []

    def validate(model):
        seen.append([np.array(weight) for weight in model.get_weights()])
        return {"score": next(waiting)}

    return validate, seen


@pytest.mark.parametrize(
    ("patience", "scores", "epochs", "best"),
    [
        (0, (0.9, 0.1, 0.2, 0.3, 0.4), 5, 4),  # never stops early and keeps the last
        (2, (0.5, 0.6, 0.6, 0.4, 0.9), 4, 2),  # two epochs without a rise; of two alike the later one
        (1, (0.5, 0.4, 0.9, 0.9, 0.9), 2, 0),
        (3, (0.1, 0.2, 0.3, 0.4, 0.2), 5, 3),
    ],
)
def test_early_stop_ends_with_the_best_weights(tmp_path, patience, scores, epochs, best):
    validate, seen = scripted(*scores)
    stopped = start(tmp_path, epochs=5, validate=validate, watch="score", patience=patience)
    assert stopped.epochs == len(stopped.history) == epochs
    for found, expected in zip(stopped.weights, seen[best], strict=True):
        assert np.array_equal(found, expected)


def test_a_stopped_run_stays_stopped_when_it_is_resumed(tmp_path):
    validate, seen = scripted(0.5, 0.4, 0.3, 0.9)
    start(tmp_path, epochs=5, validate=validate, watch="score", patience=2)
    again = start(tmp_path, epochs=5, validate=scripted()[0], watch="score", patience=2)
    assert again.epochs == 3
    assert np.array_equal(again.weights[0], seen[0][0])


def test_several_outputs_are_fitted_by_name(tmp_path):
    import keras

    keras.utils.set_random_seed(0)
    image = keras.Input((4,))
    outputs = {name: keras.layers.Dense(1, name=name)(image) for name in ("first", "second")}
    rng = np.random.default_rng(0)
    inputs = rng.normal(0, 1, (32, 4)).astype(np.float32)
    wanted = {"first": inputs[:, :1], "second": inputs[:, 1:2]}
    ones = {name: np.ones(32, np.float32) for name in wanted}
    model = keras.Model(image, outputs)
    fitted = fit(
        model,
        lambda epoch: iter([(inputs, wanted, ones)] * 60),
        60,
        recipe(epochs=3, learning_rate=0.1, weight_decay=0.0, ema=0.9),
        tmp_path,
        aim=Aim(dict.fromkeys(wanted, "mse"), {"first": 1.0, "second": 0.0}),
        progress=lambda done, total, text: None,
        validate=lambda averaged: {},
    )
    kernels = [weight[:, 0] for weight in fitted.weights if weight.ndim == 2]
    assert kernels[0] == pytest.approx([1, 0, 0, 0], abs=0.05)
    assert np.abs(kernels[1] - [0, 1, 0, 0]).max() > 0.2  # its loss had no weight
