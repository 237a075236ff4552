"""Does the map of the next class look the same? Then it says where something is, and not why this class."""

import numpy as np

from medimg_core.decision import Decision, decision
from medimg_core.explain.audit.asked import Asked
from medimg_core.explain.audit.similarity import correlation
from medimg_core.explain.methods import closed_form
from medimg_core.explain.native import native_maps
from medimg_core.registry import ModelCard
from medimg_core.results import AuditItem

__all__ = ["ALIKE", "RULE", "SOURCE", "UNLIKE", "class_contrast"]

UNLIKE = 0.5
"""Correlation up to which two maps share at most a quarter of their variance."""
ALIKE = 0.866
"""Correlation from which on they share three quarters."""

RULE = (
    "Shown where the map of the next class shares at most a quarter of its variance with this map (correlation 0.5), "
    "not shown from three quarters on (0.87). Not applicable with two classes, with classes on one side of the "
    "reading, and where the model outlines one kind of region of which its classes are kinds."
)
SOURCE = "Rudin 2019, doi:10.1038/s42256-019-0048-x, figure 2: one map for two classes"


def class_contrast(asked: Asked) -> AuditItem:
    """The item.

    Args:
        asked: The map under audit.
    """
    card, question = asked.query.card, asked.query.question
    output = card.classification
    assert output is not None  # a query is of a model that classifies
    rest = [index for index in range(len(output.classes)) if index not in question.positive]
    following = max(rest, key=asked.query.activations.logits.__getitem__)
    none = _pointless(card, question, following, len(rest))
    if none:
        return AuditItem("class_contrast", "not_applicable", none, RULE, SOURCE)
    if not closed_form(asked.explanation.method, card, asked.explanation.layer or None):
        return AuditItem(
            "class_contrast",
            "cannot_tell",
            "The map of the next class takes too long to be made while somebody waits.",
            RULE,
            SOURCE,
            reason="too slow to be repeated",
        )
    against = decision(card, label=output.classes[following])
    native = native_maps(asked.query.batch, card, against, method=asked.explanation.method).native[0]
    alike = correlation(asked.evidence, np.maximum(native, 0))
    figures = {"next_class": output.classes[following], "correlation": alike, "empty": not bool((native > 0).any())}
    told = f"correlation {alike:.2f} with the map of {output.classes[following]}, the next class"
    if alike <= UNLIKE:
        return AuditItem("class_contrast", "shown", f"The map is this class's own: {told}.", RULE, SOURCE, figures)
    if alike >= ALIKE:
        sentence = f"Another class has the same map: {told}."
        return AuditItem(
            "class_contrast", "not_shown", sentence, RULE, SOURCE, figures, "another class has the same map"
        )
    return AuditItem(
        "class_contrast",
        "cannot_tell",
        f"The maps of two classes overlap: {told}.",
        RULE,
        SOURCE,
        figures,
        "maps overlap",
    )


def _pointless(card: ModelCard, question: Decision, following: int, rest: int) -> str:
    """Why the comparison would mean nothing, in a sentence; empty where it means something."""
    output, outlined = card.classification, card.segmentation
    assert output is not None  # a query is of a model that classifies
    other = output.classes[following]
    if rest == 1:
        return f"Only {other} is left beside this label: the map against one is the map for it."
    if output.reading is not None and len(question.positive) == 1:
        name, side = output.classes[question.positive[0]], output.reading.positive
        if (name in side) == (other in side):
            return (
                f"The next class, {other}, lies on the same side of the reading as {name}: both are kinds of one "
                "finding, in one place."
            )
    if outlined is not None and len(outlined.classes) == 1:
        return (
            f"The classes of this model are kinds of what it outlines, {outlined.classes[0]}: they live in one place."
        )
    return ""
