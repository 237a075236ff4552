"""Whether clinical variables add to an image: late fusion, cross-validated by patient, reported as it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medimg_core.errors import InputError
from medimg_core.evaluation.bootstrap import group_weights, percentiles
from medimg_core.evaluation.folder import Row, read_folder
from medimg_core.evaluation.metrics import Decision, weighted_auc
from medimg_core.training.architectures.fusion import late_fusion
from medimg_core.training.runfolder import arrays

Floats = NDArray[np.float64]
Embed = Callable[[Sequence[Row]], NDArray[np.float32]]
"""Embeddings of the images of rows, shape ``(n, d)``."""

KINDS: Mapping[str, tuple[bool, bool]] = {"image": (True, False), "variables": (False, True), "both": (True, True)}
"""By what goes in: whether the image does, whether the variables do."""


@dataclass(frozen=True)
class Settings:
    """Of the cross-validation and of each fit; set beforehand, not by its results.

    Attributes:
        folds: Parts of the patients, each held out once.
        repeats: Divisions into folds.
        steps: Steps of each fit, each over all its patients.
        learning_rate: Of Adam.
        width: Units of the image in the network.
        seed: Of everything random.
    """

    folds: int = 5
    repeats: int = 5
    steps: int = 100
    learning_rate: float = 0.01
    width: int = 8
    seed: int = 20


@dataclass(frozen=True)
class Patients:
    """One row a patient.

    Attributes:
        image: Mean embedding of the patient's images, shape ``(n, d)``.
        variables: Shape ``(n, v)``; NaN where one is not known.
        truth: Shape ``(n,)``.
        names: Of the patients.
    """

    image: Floats
    variables: Floats
    truth: NDArray[np.bool_]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)


def read_patients(
    folder: Path, outcome: tuple[str, str], variables: Sequence[str], label: str, embed: Embed
) -> Patients:
    """Patients of a folder whose outcome is known, each with the mean embedding of its images.

    Args:
        folder: Holds ``index.csv``.
        outcome: Column of the outcome, and its value that means yes.
        variables: Columns of numbers.
        label: Only images with this label count.
        embed: Gives the embeddings.

    Raises:
        InputError: No image is left, or the outcome is the same in all patients.
    """
    rows = [row for row in read_folder(folder) if row.label == label and outcome[0] in row.columns]
    if len({row.columns[outcome[0]] == outcome[1] for row in rows}) < 2:
        raise InputError(f"a study of {outcome[0]} needs images labelled {label!r} of patients with and without it")
    found = embed(rows)
    names = sorted({row.group for row in rows})
    images, numbers, truth = [], [], []
    for name in names:
        own = [i for i, row in enumerate(rows) if row.group == name]
        columns = rows[own[0]].columns
        images.append(found[own].mean(axis=0, dtype=np.float64))
        numbers.append([float(columns.get(column, "nan")) for column in variables])
        truth.append(columns[outcome[0]] == outcome[1])
    return Patients(np.array(images), np.array(numbers, float), np.array(truth), tuple(names))


def scaled(values: Floats, train: NDArray[np.bool_]) -> Floats:
    """Columns less their mean and divided by their deviation, both of the known values of the training rows."""
    known = ~np.isnan(values) & train[:, None]
    count = np.maximum(1, known.sum(axis=0))
    mean = np.where(known, values, 0.0).sum(axis=0) / count
    spread = np.sqrt(np.where(known, np.square(values - mean), 0.0).sum(axis=0) / count)
    return np.asarray((values - mean) / np.where(spread > 1e-9, spread, 1.0))


def encoded(variables: Floats, train: NDArray[np.bool_]) -> Floats:
    """Clinical variables as the network takes them.

    Args:
        variables: Shape ``(n, v)``; NaN where one is not known.
        train: Rows whose mean and deviation count, shape ``(n,)``.

    Returns:
        Shape ``(n, 2 v)``: standardised, 0 where not known; then 1 where not known.
    """
    missing = np.isnan(variables)
    return np.concatenate([np.where(missing, 0.0, scaled(variables, train)), missing.astype(float)], axis=1)


def folds_of(truth: NDArray[np.bool_], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Fold of each patient, shape ``(n,)``; each fold has its share of both outcomes.

    Raises:
        InputError: An outcome has fewer patients than there are folds.
    """
    if min(truth.sum(), (~truth).sum()) < count:
        raise InputError(f"{count} folds need {count} patients or more of each outcome, got {int(truth.sum())} with it")
    fold = np.empty(len(truth), np.int64)
    for outcome in (False, True):
        rows = rng.permutation(np.flatnonzero(truth == outcome))
        fold[rows] = (np.arange(len(rows)) + (count // 2 if outcome else 0)) % count
    return fold


class _Fitter:
    """One network that is fitted again and again from weights of its own; compiled once."""

    def __init__(self, sizes: tuple[int, int], settings: Settings) -> None:
        import keras

        self._network = late_fusion(image=sizes[0], variables=sizes[1], width=settings.width)
        self._optimizer = keras.optimizers.Adam(settings.learning_rate)
        self._network.compile(self._optimizer, keras.losses.BinaryCrossentropy(from_logits=True))
        self._optimizer.build(self._network.trainable_variables)
        self._clean = arrays(self._optimizer.variables)
        self._steps = settings.steps

    def __call__(
        self, inputs: Sequence[Floats], truth: NDArray[np.bool_], train: NDArray[np.bool_], seed: int
    ) -> Floats:
        """Log-odds of the rows that are not in ``train``."""
        import keras

        for number, variable in enumerate(self._network.trainable_variables):
            kernel = variable.name == "kernel"
            drawn = keras.initializers.GlorotUniform(seed + number) if kernel else keras.initializers.Zeros()
            variable.assign(drawn(variable.shape))
        for variable, value in zip(self._optimizer.variables, self._clean, strict=True):
            variable.assign(value)
        given = [values[train].astype(np.float32) for values in inputs]
        wanted = truth[train].astype(np.float32)[:, None]
        for _ in range(self._steps):
            self._network.train_on_batch(given, wanted)
        held = [values[~train].astype(np.float32) for values in inputs]
        return np.asarray(self._network(held, training=False), dtype=np.float64)[:, 0]


def held_out(patients: Patients, kind: str, settings: Settings) -> Floats:
    """Log-odds of every patient by networks that have not seen the patient.

    Args:
        patients: All of them.
        kind: One of :data:`KINDS`.
        settings: Folds, repeats and fits.

    Returns:
        Shape ``(repeats, n)``.
    """
    import keras

    keras.utils.set_random_seed(settings.seed)
    image, variables = KINDS[kind]
    sizes = (patients.image.shape[1] * image, 2 * patients.variables.shape[1] * variables)
    fitter = _Fitter(sizes, settings)
    odds = np.empty((settings.repeats, len(patients)))
    for repeat in range(settings.repeats):
        # The same folds for every kind, so that kinds differ by what goes in alone.
        fold = folds_of(patients.truth, settings.folds, np.random.default_rng((settings.seed, repeat)))
        for number in range(settings.folds):
            train = fold != number
            inputs = [scaled(patients.image, train)] * image + [encoded(patients.variables, train)] * variables
            odds[repeat, ~train] = fitter(inputs, patients.truth, train, 1000 * repeat + 10 * number)
    return odds


def mean_auc(odds: Floats, truth: NDArray[np.bool_], weights: Floats) -> Floats:
    """AUC of each repeat's held-out scores, averaged over the repeats; shape ``(replicates,)``.

    Args:
        odds: Of :func:`held_out`.
        truth: Shape ``(n,)``.
        weights: How often each patient counts, shape ``(replicates, n)``.
    """
    scores = 1 / (1 + np.exp(-odds))
    return np.asarray(np.mean([weighted_auc(Decision(truth, s, s >= 0.5), weights) for s in scores], axis=0))


def compare(patients: Patients, settings: Settings | None = None) -> list[dict[str, Any]]:
    """AUC of image, variables and both, and their paired differences, each with its 95 % interval.

    Intervals are bootstrapped over patients with the fits as they are: they leave out how much the fits themselves
    would differ on other patients.

    Args:
        patients: All of them.
        settings: Of the cross-validation.

    Returns:
        Rows with ``name``, ``value``, ``ci`` and ``n``.
    """
    settings = settings or Settings()
    drawn, once = group_weights(patients.names), np.ones((1, len(patients)))
    odds = {kind: held_out(patients, kind, settings) for kind in KINDS}
    plain = {kind: float(mean_auc(values, patients.truth, once)[0]) for kind, values in odds.items()}
    replicates = {kind: mean_auc(values, patients.truth, drawn) for kind, values in odds.items()}
    rows = [(kind, plain[kind], replicates[kind]) for kind in KINDS]
    for one, other in (("both", "image"), ("both", "variables"), ("image", "variables")):
        rows.append((f"{one} - {other}", plain[one] - plain[other], replicates[one] - replicates[other]))
    return [_figure(name, value, percentiles(values), len(patients)) for name, value, values in rows]


def _figure(name: str, value: float, ends: tuple[float, float] | None, n: int) -> dict[str, Any]:
    return {"name": f"auc, {name}", "value": value, "ci": None if ends is None else list(ends), "n": n}
