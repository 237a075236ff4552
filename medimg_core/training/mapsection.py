"""The section of a model folder's README on its maps, from ``audit.json``."""

from collections.abc import Sequence

from medimg_core.errors import WeightsError
from medimg_core.explain.audit import MethodRecord, Record, judged, read_record
from medimg_core.explain.audit.measured import Share
from medimg_core.explain.distinct import distinct
from medimg_core.explain.methods import METHODS
from medimg_core.registry import ModelCard

__all__ = ["TITLE", "map_lines", "with_known_maps", "with_maps"]

TITLE = "## Maps"
_BEFORE = "## Limits"


def map_lines(card: ModelCard, record: Record) -> list[str]:
    """A table, one row a method; methods that make one map share a row.

    Args:
        card: The model.
        record: Its ``audit.json``.
    """
    lines = [
        "| method | changes when the network forgets (similarity: all weights randomised / different images) | "
        "faithful (share of images, 95 % interval) | peak in what was drawn | share of the map inside | overlap |",
        "|---|---|---|---|---|---|",
    ]
    for names in distinct(card, record.methods):
        title = ", ".join(METHODS[name].title for name in names)
        lines.append(f"| {title} | {' | '.join(_cells(record.methods[names[0]]))} |")
    return [*lines, "", *_words(record)]


def with_maps(text: str, lines: Sequence[str]) -> str:
    r"""A README whose section on maps holds these lines; it comes before the limits.

    Examples:
        >>> print(with_maps("# Model\n\n## Limits\n", ["none"]))
        # Model
        <BLANKLINE>
        ## Maps
        <BLANKLINE>
        none
        <BLANKLINE>
        ## Limits
        <BLANKLINE>
    """
    head, mark, rest = text.partition(f"{TITLE}\n")
    if mark:
        _, limits, tail = rest.partition(f"{_BEFORE}\n")
        text = head + limits + tail
    section = "\n".join([TITLE, "", *lines, "", ""])
    before, limits, after = text.partition(f"{_BEFORE}\n")
    return before + section + limits + after


def with_known_maps(text: str, card: ModelCard) -> str:
    """A README with the section on maps where ``audit.json`` belongs to the card's weights; else as it is.

    Args:
        text: The README.
        card: The model, with its folder.
    """
    try:
        record = read_record(card)
    except WeightsError:  # of the weights before
        return text
    return text if record is None else with_maps(text, map_lines(card, record))


def _cells(one: MethodRecord) -> list[str]:
    verdict = judged(one).replace("_", " ")
    cells = [f"{verdict} ({one.stages[-1].ssim:.2f} / {one.pair_ssim:.2f})"]
    found, lies = one.faithful, one.placed
    cells.append("-" if found is None else f"{_value(found.shown)}, n {found.images}")
    if lies is None:
        return [*cells, "-", "-", "-"]
    overlap = "-" if lies.overlap is None else _value(lies.overlap)
    near = "" if lies.near is None else f"; within a cell {_value(lies.near)}"
    return [*cells, f"{_value(lies.pointing)}, n {lies.images}{near}", _value(lies.energy), overlap]


def _value(share: Share) -> str:
    ends = "" if share.ci is None else f" ({share.ci[0]:.2f} to {share.ci[1]:.2f})"
    chance = "" if share.chance is None else f" (by chance {share.chance:.2f})"
    return f"{share.value:.2f}{ends}{chance}"


def _words(record: Record) -> list[str]:
    """What was measured on what."""
    some = list(record.methods.values())
    words = [f"Forgetting: {some[0].images} images of {record.data}; rule and source stand in the audit of every map."]
    faithful, placed = record.faithful, record.placed
    if faithful is not None:
        words.append(
            f"Faithful: images of {faithful.data} that are positive and called so; for how many hiding what the map "
            "marks, and showing it alone, moves the score more than at least 49 of 50 random choices, in two ways of "
            "hiding."
        )
    if placed is not None:
        words.append(
            f"Place: against the masks of {placed.data} (patients or groups: {placed.groups}); a map without evidence "
            "misses. Overlap is cut at a share of the peak that was fixed on training images."
        )
    return words
