"""One colour for each label over the picture, told apart by the colour-blind too."""

import re
from collections.abc import Iterable, Mapping

import streamlit as st

from medimg_core.masks import COLOURS
from medimg_core.registry import ModelCard

__all__ = ["CANDIDATES", "Rgb", "label_colours", "label_style"]

Rgb = tuple[int, int, int]

_ORANGE, _SKY, _, _YELLOW, _BLUE, _VERMILION, _PINK = COLOURS[1:]
_LIT_GREEN: Rgb = (86, 214, 130)  # of the eight colours' green, which a thin line in a dark lung loses
# the first is none of a map's colours, nor near the cyan of its contour; the dark blue, which grey hides, comes last
_ORDER: tuple[Rgb, ...] = (_LIT_GREEN, _ORANGE, _PINK, _SKY, _VERMILION, _BLUE)

CANDIDATES: Rgb = _YELLOW
"""Of what a search without a model marks."""


def label_colours(cards: Iterable[ModelCard]) -> Mapping[tuple[str, int], Rgb]:
    """Colours by model and label; a label keeps its own as long as the same models fit.

    Args:
        cards: Models that fit the series, in the order of the page.
    """
    labels = [
        (card.id, value)
        for card in cards
        if card.segmentation is not None
        for value in range(1, len(card.segmentation.classes) + 1)
    ]
    return {label: _ORDER[place % len(_ORDER)] for place, label in enumerate(labels)}


def label_style(colours: Mapping[tuple[str, int], Rgb]) -> None:
    """Mark what is said of a label with its colour over the picture, as an edge at the left.

    Args:
        colours: By model and label; what says it lies in a container ``label-<model>-<label>``.
    """
    # a model's id is its folder's name, which may hold anything; the browser names a container's class likewise
    plain = {(re.sub("[^a-zA-Z0-9_-]", "-", model_id), value): colour for (model_id, value), colour in colours.items()}
    keys = {f"label-{name}-{value}": colour for (name, value), colour in plain.items()}
    rules = (
        f".st-key-{key} {{ border-left: 3px solid rgb{colour}; padding-left: 0.5rem; }}"
        for key, colour in {**keys, "label-nodules": CANDIDATES}.items()
    )
    st.html(f"<style>{' '.join(rules)}</style>")
