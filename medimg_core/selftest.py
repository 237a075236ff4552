"""The acceptance test of an installation: phantoms whose truth is known, read and classified on site.

A physicist runs ``medimg selftest`` after installing or changing anything. Every check compares what the
whole chain gives (file -> Study -> Prediction -> Explanation) with a truth that does not come from it.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from medimg_core.errors import MedImgError
from medimg_core.explain.planted.checks import explain_checks
from medimg_core.io import open_study
from medimg_core.phantoms import Phantom, catalogue, make_phantom
from medimg_core.registry import ModelCard, list_models
from medimg_core.results import Prediction, Segmentation
from medimg_core.study import Series

__all__ = ["selftest"]

Progress = Callable[[int, int, str], None]
Check = dict[str, Any]


def selftest(*, explain: bool = False, progress: Progress | None = None) -> dict[str, Any]:
    """Run every check on every phantom and every model.

    Args:
        explain: Instead try explanations and their audit on evidence that is known
            (:mod:`medimg_core.explain.planted`).
        progress: Called as ``progress(done, total, text)``; may raise ``Cancelled``.

    Returns:
        ``{"checks": [{"name", "value", "expected", "holds"}, ...], "holds": bool}``, JSON-ready.
    """
    if explain:
        return _answer(explain_checks(progress=progress))
    infos = catalogue()
    cards = list_models()
    total = len(infos) + len(cards)
    opened: dict[str, tuple[Phantom, Series]] = {}
    checks: list[Check] = []
    for number, info in enumerate(infos):
        _report(progress, number, total, info.title)
        phantom = make_phantom(info.id, reduced=True)  # a few slices show what all of a large one would
        study = open_study(phantom.files)
        series = [series for study in study for series in study.series]
        checks.append(
            _check(
                f"{info.id}: {info.series} marked series, nothing refused",
                _counts(study.refused, series),
                (info.series, 0, True),
            )
        )
        if len(series) == 1 and series[0].volume is not None:
            opened[info.id] = (phantom, series[0])
            checks += _geometry(phantom, series[0])
    checks += _values(opened)
    for number, card in enumerate(cards):
        _report(progress, len(infos) + number, total, card.id)
        checks += _model(card, {name: series for name, (_, series) in opened.items()})
    _report(progress, total, total, "done")
    return _answer(checks)


def _answer(checks: list[Check]) -> dict[str, Any]:
    return {"checks": checks, "holds": all(check["holds"] for check in checks)}


def _report(progress: Progress | None, done: int, total: int, text: str) -> None:
    if progress is not None:
        progress(done, total, text)


def _check(name: str, value: Any, expected: Any, *, holds: bool | None = None) -> Check:
    return {"name": name, "value": value, "expected": expected, "holds": value == expected if holds is None else holds}


def _counts(refused: tuple[Any, ...], series: list[Series]) -> tuple[int, int, bool]:
    return (len(series), len(refused), all(one.synthetic for one in series))


def _geometry(phantom: Phantom, series: Series) -> Iterator[Check]:
    volume = series.volume
    assert volume is not None
    truth = phantom.truth
    if "edges" in truth:
        planar = volume.planar
        found = None if planar is None else (planar.right, planar.bottom)
        yield _check(f"{phantom.id}: letters at the right and bottom edge", found, truth["edges"])
    landmarks, values = truth.get("landmarks"), truth.get("landmark_values")
    if not isinstance(landmarks, dict) or not isinstance(values, dict) or volume.geometry is None:
        return
    spacing = [round(value, 4) for value in volume.geometry.spacing]
    yield _check(f"{phantom.id}: spacing of slices, rows and columns in mm", spacing, _floats(truth["spacing_mm"]))
    for name, point in landmarks.items():
        index = np.rint(volume.geometry.to_index(point)).astype(int)
        inside = bool(np.all(index >= 0) and np.all(index < volume.shape))
        value = float(volume.array[tuple(index)]) if inside else None
        yield _check(f"{phantom.id}: value at landmark {name}, found by its LPS place", value, float(values[name]))


def _floats(values: Any) -> list[float]:
    return [round(float(value), 4) for value in values]


def _values(opened: dict[str, tuple[Phantom, Series]]) -> Iterator[Check]:
    """HU of a CT at places named in mm, and a MONOCHROME1 image that must look like any other."""
    phantom, series = opened.get("ct_thorax", (None, None))
    if phantom is not None and series is not None and series.volume is not None and series.volume.geometry is not None:
        nodule: Any = phantom.truth["nodule"]
        expected: Any = phantom.truth["hu"]
        centre = series.volume.geometry.to_index(nodule["lps_mm"])
        # The four voxels around the centre, in the nearest slice: all of them lie inside the nodule.
        rows, columns = (slice(int(np.floor(c)), int(np.floor(c)) + 2) for c in centre[1:])
        value = float(np.median(series.volume.array[int(np.rint(centre[0])), rows, columns]))
        yield _check("ct_thorax: unit", series.volume.unit, "HU")
        yield _check(
            "ct_thorax: median HU in the nodule, within 25",
            value,
            expected["nodule"],
            holds=abs(value - expected["nodule"]) <= 25,
        )
    phantom, series = opened.get("chest_child_monochrome1", (None, None))
    if phantom is not None and series is not None and series.volume is not None:
        twin = open_study(make_phantom("chest_child_clear", seed=phantom.seed).files).studies[0].series[0].volume
        assert twin is not None
        likeness = float(np.corrcoef(series.volume.presented(0).ravel(), twin.presented(0).ravel())[0, 1])
        yield _check(
            "chest_child_monochrome1: shown like its twin, correlation", likeness, ">= 0.98", holds=likeness >= 0.98
        )


def _model(card: ModelCard, phantoms: dict[str, Series]) -> Iterator[Check]:
    from medimg_core.engine import check
    from medimg_core.inference import fits

    check(card)
    yield _check(f"{card.id}: runs from its weights to its outputs", True, True)
    if card.classification is not None and _reads_chests(card) and "chest_child_clear" in phantoms:
        yield from _chest_model(card, phantoms)
        return
    suited = [series for series in phantoms.values() if fits(series, card)[0]]
    for series in suited[:1]:
        yield from _on_phantom(card, series)
    for series in [series for series in phantoms.values() if series.modality not in card.modality][:1]:
        yield _check(f"{card.id}: another modality is not offered", fits(series, card)[0], False)


def _reads_chests(card: ModelCard) -> bool:
    return bool({"CR", "DX"} & set(card.modality)) and "CHEST" in card.body_part


def _on_phantom(card: ModelCard, series: Series) -> Iterator[Check]:
    """What holds for any model on any image of its kind, here the middle slice of a phantom."""
    from medimg_core.inference import classify, segment

    volume = series.volume
    assert volume is not None
    middle = volume.shape[0] // 2
    results: list[Prediction | Segmentation] = []
    if card.classification is not None:
        results.append(classify(volume, card, series=series, slice_index=middle))
    if card.segmentation is not None:
        masks = segment(volume, card, series=series, slices=(middle, middle))
        outside = int(np.count_nonzero(np.delete(masks.mask, middle, axis=0)))
        on_grid = masks.mask.shape == volume.shape and int(masks.mask.max()) <= len(masks.labels) and not outside
        yield _check(f"{card.id}: the mask lies on the image's grid, in the slice read", on_grid, True)
        results.append(masks)
    for result in results:
        what = "mask" if isinstance(result, Segmentation) else "score"
        codes = [reason.code for reason in result.gate.reasons]
        yield _check(f"{card.id}: the {what} of a phantom is marked as synthetic", "synthetic" in codes, True)
        same = result.fingerprint == volume.fingerprint and result.weights_sha256 == card.sha256
        yield _check(f"{card.id}: the {what} carries the identity of image and weights", same, True)


def _chest_model(card: ModelCard, phantoms: dict[str, Series]) -> Iterator[Check]:
    from medimg_core.engine import dense_head
    from medimg_core.explain import explain
    from medimg_core.inference import classify, fits

    series = phantoms["chest_child_clear"]
    suits, reason = fits(series, card)
    yield _check(f"{card.id}: fits a child's chest radiograph", reason if not suits else "fits", "fits")
    if not suits or series.volume is None:
        return
    prediction = classify(series.volume, card, series=series)
    codes = sorted(reason.code for reason in prediction.gate.reasons)
    yield _check(f"{card.id}: a phantom is marked as synthetic", "synthetic" in codes, True)
    activations = prediction.activations
    if activations is None or activations.features is None:
        yield _check(f"{card.id}: the forward pass leaves a feature map", False, True)
        return
    kernel, bias = dense_head(card)
    pooled = activations.features.mean(axis=(0, 1))
    gap = float(np.abs(pooled @ kernel + bias - activations.logits).max())
    yield _check(f"{card.id}: logits follow from the feature map, largest gap", gap, "<= 1e-4", holds=gap <= 1e-4)
    explanation = explain(prediction, card)
    same = explanation.fingerprint == series.volume.fingerprint and explanation.weights_sha256 == card.sha256
    yield _check(f"{card.id}: the map carries the identity of image and weights", same, True)
    for name in ("ct_thorax", "orientation_axial"):
        if name in phantoms:
            volume = phantoms[name].volume
            assert volume is not None
            try:
                status = classify(volume, card, series=phantoms[name], slice_index=0).gate.status
            except MedImgError as error:
                status = str(error)
            yield _check(f"{card.id}: {name} is refused", status, "refuse")
    if "chest_adult_gate" in phantoms:
        adult = phantoms["chest_adult_gate"]
        assert adult.volume is not None
        codes = [reason.code for reason in classify(adult.volume, card, series=adult).gate.reasons]
        yield _check(f"{card.id}: an adult is outside the card's ages", "age" in codes, True)
