"""The LICENSE of a model's weights, from what its card says of the data."""

import textwrap

from medimg_core.registry import ModelCard
from medimg_core.training.provenance import STRANGE

__all__ = ["LICENSE", "licence_text", "write_licence"]

LICENSE = "LICENSE"
TITLE = "Licence of the weights in this folder"
WIDTH = 116


def licence_text(card: ModelCard) -> str:
    """The text of a LICENSE.

    Args:
        card: Its ``weights_licence`` and ``[[data]]`` are what people wrote in the recipe.
    """
    parts = [
        f"{TITLE}\n{'=' * len(TITLE)}",
        _filled(
            "The weights (weights.keras) and the reference data derived from images (reference.npz) are made available "
            f"under this licence: {card.weights_licence}"
        ),
        "They were trained on:",
        "\n".join(_filled(f"- {source.name}: {source.licence}", "  ") for source in card.data),
    ]
    if any(source.licence.startswith(STRANGE) for source in card.data):
        parts.append(
            _filled(
                "The licence above is the recipe's, chosen for the data that it was written for. Of other data ask "
                "those who hold the rights before you pass the weights on."
            )
        )
    parts.append("The code of this project is under the Apache License 2.0 (LICENSE at the root).")
    return "\n\n".join(parts) + "\n"


def write_licence(card: ModelCard) -> None:
    """Write a LICENSE into the model's folder; one that is there was written by people and stays."""
    path = card.folder / LICENSE
    if not path.exists():
        path.write_text(licence_text(card), encoding="utf-8")


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
