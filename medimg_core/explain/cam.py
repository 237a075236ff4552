"""Class activation maps from a feature map and the gradient of what is explained with respect to it.

With ``A`` the features, ``S`` what is explained (the log-odds of a decision, before temperature) and ``G = dS/dA``,
``k`` a channel and every sum over ``k`` followed by a cut at zero:

==================  ====================================================  =============================
method              map                                                   source
==================  ====================================================  =============================
grad_cam            sum_k mean(G_k) A_k                                   Selvaraju 2017, arXiv:1610.02391
grad_cam_plus_plus  sum_k (sum alpha_k max(G_k, 0)) A_k, where alpha_k    Chattopadhay 2018, arXiv:1710.11063
                    is 1 / (2 + G_k sum(A_k)) over its sum, and 0 where
                    G_k is 0
layer_cam           sum_k max(G_k, 0) A_k                                 Jiang 2021, doi:10.1109/TIP.2021.3089943
hires_cam           sum_k G_k A_k                                         Draelos & Carin 2020, arXiv:2011.08891
==================  ====================================================  =============================

Grad-CAM++ is that of its authors' code and of tf-keras-vis, which divide ``alpha`` by its sum over the cells, less
the factor ``exp(S)``, the same in every cell: without it a map is in log-odds, like the others, and does not
overflow. HiResCAM's authors leave the cut open.

Where global average pooling and one dense layer follow, ``G`` is the same in every cell: the head's kernel times the
gradient of the decision with respect to the logits, over the number of cells. No backward pass is needed then. As
the mean of a constant is the constant, HiResCAM is Grad-CAM; as alpha over its sum is one over the number of cells,
Grad-CAM++ is LayerCAM, whatever the sign of the features (:func:`medimg_core.explain.identical`).
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from medimg_core.decision import Decision
from medimg_core.engine import dense_head
from medimg_core.errors import NotApplicableError
from medimg_core.registry import ModelCard
from medimg_core.results import Activations

__all__ = ["CONSTANT", "GENERAL", "channel_gradient", "grad_cam", "signed_cam"]

Array = npt.NDArray[np.float32]
Map = npt.NDArray[np.float32]


def channel_gradient(card: ModelCard, question: Decision, logits: npt.NDArray[np.floating], cells: int) -> Array:
    """Gradient of a decision's log-odds with respect to the last features, the same in every cell of a channel.

    Args:
        card: A model whose head is pooling and one dense layer.
        question: What is explained.
        logits: Shape ``(n, classes)``.
        cells: Number of cells of the feature map.

    Returns:
        ``float32``, shape ``(n, channels)``, log-odds per unit of the features.

    Raises:
        NotApplicableError: The head is another one.
    """
    if card.cam is None:
        raise NotApplicableError(f"a class activation map needs a last feature map; model {card.id} names none")
    if card.cam.head != "pooling_dense":
        raise NotApplicableError(
            f"the closed form needs a head of pooling and one dense layer; that of {card.id} is {card.cam.head!r}"
        )
    kernel, _ = dense_head(card)
    gradient = question.gradient(logits).astype(np.float32) / np.float32(cells)
    return np.asarray(np.einsum("kc,nc->nk", kernel, gradient), dtype=np.float32)


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
    if activations.features is None:
        raise NotApplicableError(f"a class activation map needs a last feature map; model {card.id} names none")
    rows, columns = activations.features.shape[:2]
    weights = channel_gradient(card, question, activations.logits[None], rows * columns)
    return np.asarray(_weighed(activations.features[None], weights)[0])


def grad_cam(activations: Activations, card: ModelCard, question: Decision) -> Map:
    """Grad-CAM: :func:`signed_cam`, kept where it is above zero. Arguments and errors as there."""
    return _kept(signed_cam(activations, card, question))


def _kept(values: Array) -> Array:
    return np.asarray(np.maximum(values, np.float32(0)), dtype=np.float32)


def _weighed(features: Array, weights: Array) -> Array:
    """Sum over the channels, each with its weight; ``(n, rows, columns, k)`` and ``(n, k)`` to ``(n, rows, columns)``.

    einsum keeps to one thread: waking BLAS threads takes longer, for one image and for two hundred.
    """
    return np.asarray(np.einsum("nrck,nk->nrc", features, weights), dtype=np.float32)


def _mean_weighed(features: Array, gradient: Array) -> Array:
    return _kept(_weighed(features, gradient.mean(axis=(1, 2))))


def _product(features: Array, gradient: Array) -> Array:
    return _kept(np.asarray(np.einsum("nrck,nrck->nrc", features, gradient), dtype=np.float32))


def _plus_plus(features: Array, gradient: Array) -> Array:
    below = np.float32(2) + gradient * features.sum(axis=(1, 2), keepdims=True)
    alpha = np.zeros_like(gradient)
    np.divide(np.float32(1), below, out=alpha, where=(gradient != 0) & (below != 0))
    total = alpha.sum(axis=(1, 2), keepdims=True)
    alpha /= np.where(total == 0, np.float32(1), total)
    return _kept(_weighed(features, (alpha * _kept(gradient)).sum(axis=(1, 2))))


CONSTANT: dict[str, Callable[[Array, Array], Array]] = {
    "grad_cam": lambda features, weights: _kept(_weighed(features, weights)),
    "grad_cam_plus_plus": lambda features, weights: _kept(_weighed(features, _kept(weights))),
    "layer_cam": lambda features, weights: _kept(_weighed(features, _kept(weights))),
    "hires_cam": lambda features, weights: _kept(_weighed(features, weights)),
}
"""Maps by method from features ``(n, rows, columns, channels)`` and the gradient of all cells, ``(n, channels)``."""

GENERAL: dict[str, Callable[[Array, Array], Array]] = {
    "grad_cam": _mean_weighed,
    "grad_cam_plus_plus": _plus_plus,
    "layer_cam": lambda features, gradient: _product(features, _kept(gradient)),
    "hires_cam": _product,
}
"""Maps by method from features and their gradient, both ``(n, rows, columns, channels)``."""
