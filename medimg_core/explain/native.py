"""Native maps of one decision for a batch of inputs: what one explanation, a stack and an audit are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.decision import Decision
from medimg_core.engine import Forward, forward
from medimg_core.errors import NotApplicableError
from medimg_core.explain.cam import CONSTANT, channel_gradient
from medimg_core.explain.methods import Method, closed_form, method_named
from medimg_core.registry import ModelCard

__all__ = ["Maps", "closed_maps", "native_maps"]

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
    chosen.checked(settings)
    if not closed_form(method, card, layer):
        raise NotApplicableError(f"{method} needs a head of pooling and one dense layer; {card.id} has another")
    return closed_maps(forward(card, batch, masks=False), card, question, chosen)


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
