"""Native maps of one decision for a batch of inputs: what one explanation, a stack and an audit are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.decision import Decision
from medimg_core.engine import Forward, apart, forward
from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.explain.cam import CONSTANT, GENERAL, channel_gradient
from medimg_core.explain.gradients import integrated_gradients
from medimg_core.explain.hiding import MARGIN
from medimg_core.explain.methods import Method, check_map, closed_form, method_named
from medimg_core.explain.occlusion import CELL, occlusion
from medimg_core.explain.score_cam import score_cam
from medimg_core.registry import ModelCard

__all__ = ["Maps", "closed_maps", "described", "native_maps"]

Array = npt.NDArray[np.float32]
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class Maps:
    """Maps of a batch, on the method's own grid.

    Attributes:
        native: ``float32``, shape ``(n, rows, columns)``, unit of the method, read-only.
        layer: Layer they come from; empty for a method of the input itself.
        parameters: What the method was run with, JSON-ready.
    """

    native: Array = field(repr=False)
    layer: str
    parameters: Mapping[str, Any]

    def __post_init__(self) -> None:
        self.native.setflags(write=False)


def native_maps(
    batch: npt.NDArray[np.floating],
    card: ModelCard,
    question: Decision,
    *,
    method: str = "grad_cam",
    layer: str | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Maps:
    """Maps of a decision for each input of a batch.

    Args:
        batch: Prepared inputs, shape ``(n, rows, columns, channels)``.
        card: A model that classifies.
        question: The decision; the same for all.
        method: One of :data:`~medimg_core.explain.METHODS` that explains a decision.
        layer: Layer of a class activation map; None for that of the card.
        settings: Of the method, by name.
        progress: Called as ``progress(done, total, text)``; may raise :class:`~medimg_core.errors.Cancelled`.

    Raises:
        IncompatibleInputError: Unknown method or setting, or a batch of another shape.
        NotApplicableError: The method makes no map for this model.
        ModelError: The network cannot be run.
    """
    chosen = method_named(method)
    check_map(card, chosen, layer)
    if chosen.explains != "decision":
        raise IncompatibleInputError(f"{method} explains a mask and not a decision; ask explain() for it")
    asked = chosen.checked(settings)
    if layer is not None and method not in GENERAL:
        raise IncompatibleInputError(f"a layer can be chosen for {', '.join(GENERAL)}; {method} has none to choose")
    if closed_form(method, card, layer):
        return closed_maps(forward(card, batch, masks=False), card, question, chosen)
    values = np.ascontiguousarray(batch, dtype=np.float32)
    if method in GENERAL:
        return _through_the_head(values, card, question, chosen, layer, progress)
    return _MAKERS[method](_Asked(values, card, question, chosen, asked, progress))


@dataclass(frozen=True, eq=False)
class _Asked:
    """What a method is given."""

    batch: Array
    card: ModelCard
    question: Decision
    method: Method
    settings: Mapping[str, Any]
    progress: Progress | None

    def part(self, index: int) -> Progress | None:
        """Progress of one input of the batch, as progress of all."""
        told, count = self.progress, len(self.batch)
        if told is None:
            return None
        return lambda done, total, text: told(index * total + done, count * total, text)


def _through_the_head(
    batch: Array, card: ModelCard, question: Decision, method: Method, layer: str | None, progress: Progress | None
) -> Maps:
    chosen = layer or (card.cam.layer if card.cam is not None else "")
    found = apart.layer_gradient(card, chosen, batch, question, progress)
    native = GENERAL[method.name](found.features, found.gradient)
    return Maps(native, chosen, described(method, gradient="through the layers behind, by TensorFlow"))


def _score_cam(asked: _Asked) -> Maps:
    card = asked.card
    features = forward(card, asked.batch, masks=False).features
    assert card.cam is not None  # it was checked
    assert features is not None
    native = [
        score_cam(image, features[index], card, asked.question, asked.part(index))
        for index, image in enumerate(asked.batch)
    ]
    return Maps(np.stack(native), card.cam.layer, described(asked.method, weights="log-odds of the masked input"))


def _saliency(asked: _Asked) -> Maps:
    native = apart.saliency(asked.card, asked.batch, asked.question, **asked.settings, progress=asked.progress)
    return Maps(native, "", described(asked.method, **asked.settings, size="largest over the channels"))


def _integrated(asked: _Asked) -> Maps:
    found = [
        integrated_gradients(image, asked.card, asked.question, **asked.settings, progress=asked.part(index))
        for index, image in enumerate(asked.batch)
    ]
    worst = max(found, key=lambda one: one.error)
    more = {**asked.settings, "completeness_error": worst.error, "log_odds_change": worst.change}
    return Maps(np.stack([one.native for one in found]), "", described(asked.method, **more))


def _occlusion(asked: _Asked) -> Maps:
    card = asked.card
    grid = _grid(asked)
    native = [
        occlusion(image, grid, card, asked.question, how=asked.settings["how"], progress=asked.part(index))
        for index, image in enumerate(asked.batch)
    ]
    more = {**asked.settings, "blocks": list(grid), "widened_px": MARGIN}
    return Maps(np.stack(native), "", described(asked.method, **more))


def _grid(asked: _Asked) -> tuple[int, int]:
    """Blocks: the cells of the last feature map, or squares of about :data:`CELL` pixels."""
    features = forward(asked.card, asked.batch[:1], masks=False).features
    if features is not None:
        return (features.shape[1], features.shape[2])
    rows, columns = (max(1, round(side / CELL)) for side in asked.card.input.size)
    return (rows, columns)


_MAKERS: dict[str, Callable[[_Asked], Maps]] = {
    "score_cam": _score_cam,
    "vanilla_gradients": _saliency,
    "smooth_grad": _saliency,
    "integrated_gradients": _integrated,
    "occlusion": _occlusion,
}


def closed_maps(passed: Forward, card: ModelCard, question: Decision, method: Method) -> Maps:
    """Class activation maps in closed form, from a forward pass that kept its features.

    Args:
        passed: The pass.
        card: A model whose head is pooling and one dense layer.
        question: The decision.
        method: One that has a closed form.

    Raises:
        NotApplicableError: There are no features, or the head is another one.
    """
    if passed.features is None or passed.logits is None or card.cam is None:
        raise NotApplicableError(f"a class activation map needs a last feature map; model {card.id} names none")
    cells = passed.features.shape[1] * passed.features.shape[2]
    weights = channel_gradient(card, question, passed.logits, cells)
    return Maps(CONSTANT[method.name](passed.features, weights), card.cam.layer, described(method))


def described(method: Method, **more: Any) -> dict[str, Any]:
    """What is recorded with every map of a method."""
    return {"quantity": "log-odds before temperature", "unit": method.unit, "normalisation": "none", **more}
