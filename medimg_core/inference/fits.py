"""Whether a model can be offered for a series."""

from medimg_core.gate import Declared, check_kind, check_tags, check_unit
from medimg_core.registry import ModelCard
from medimg_core.study import Series

__all__ = ["fits"]


def fits(series: Series, card: ModelCard, *, declared: Declared | None = None) -> tuple[bool, str]:
    """Whether a model can be offered for a series.

    Args:
        series: As read.
        card: The model.
        declared: The reader's word for what the tags do not say; it overrules none of them.

    Returns:
        True and an empty text, or False and the reason in a sentence. What only the pixels tell (blank,
        grey or not) is left to :func:`~medimg_core.inference.classify` and
        :func:`~medimg_core.inference.segment`, as is everything that is marked and not refused.
    """
    if series.volume is None:
        return False, "It holds no image."
    reasons, _ = check_tags(series, card, declared)
    reasons += check_unit(series.volume, card, declared)[0]
    reasons += check_kind(series.volume, card, slice_index=0)
    refusals = [reason.text for reason in reasons if reason.refuses]
    return (False, refusals[0]) if refusals else (True, "")
