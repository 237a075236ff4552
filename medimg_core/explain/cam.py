"""Class activation maps in closed form: the head's gradient on the features of the one forward pass.

Where global average pooling and one dense layer follow the last feature map, the gradient of a decision
with respect to that map is the same in every cell: the head's kernel times the gradient of the decision
with respect to the logits, divided by the number of cells. Grad-CAM (Selvaraju et al., ICCV 2017,
arXiv:1610.02391, equations 1 and 2) averages that gradient over the cells, weighs the channels with it and
keeps what is above zero. No backward pass is needed.
"""

import numpy as np
import numpy.typing as npt

from medimg_core.decision import Decision
from medimg_core.engine import dense_head
from medimg_core.errors import NotApplicableError
from medimg_core.registry import ModelCard
from medimg_core.results import Activations

__all__ = ["grad_cam", "signed_cam"]

Map = npt.NDArray[np.float32]


def signed_cam(activations: Activations, card: ModelCard, question: Decision) -> Map:
    """Evidence for and against a decision, cell by cell; its sum and the bias make the log-odds' linear part.

    Args:
        activations: Of the prediction explained.
        card: The model.
        question: What is explained; its log-odds are taken before temperature.

    Returns:
        ``float32``, shape ``(rows, columns)`` of the feature map, in log-odds per cell.

    Raises:
        NotApplicableError: The model has no feature map, or its head is not pooling and one dense layer.
    """
    if card.cam is None or activations.features is None:
        raise NotApplicableError(f"a class activation map needs a last feature map; model {card.id} names none")
    if card.cam.head != "pooling_dense":
        raise NotApplicableError(
            f"the closed form needs a head of pooling and one dense layer; that of {card.id} is {card.cam.head!r}"
        )
    kernel, _ = dense_head(card)
    cells = activations.features.shape[0] * activations.features.shape[1]
    gradient = question.gradient(activations.logits).astype(np.float32) / np.float32(cells)
    # einsum keeps to one thread: for products this small, waking BLAS threads takes longer than the sum
    weights = np.einsum("kc,c->k", kernel, gradient)
    return np.asarray(np.einsum("rck,k->rc", activations.features, weights), dtype=np.float32)


def grad_cam(activations: Activations, card: ModelCard, question: Decision) -> Map:
    """Grad-CAM: :func:`signed_cam`, kept where it is above zero. Arguments and errors as there."""
    return np.maximum(signed_cam(activations, card, question), np.float32(0))
