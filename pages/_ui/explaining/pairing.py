"""What stands beside a map: another map of the same image, or the same question of another case."""

import weakref
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, replace

from medimg_core.explain import METHODS
from medimg_core.explain.compare import Agreement, Comparison, agreement, compare, same_map
from medimg_core.registry import ModelCard
from medimg_core.results import Explanation
from pages._ui.explained import Asked, Choice
from pages._ui.explaining.desk import Desk, offered, seat
from pages._ui.explaining.kept import explained
from pages._ui.state import Case, hidden

__all__ = ["CASE", "HERE", "MODEL", "SHOWN", "Pair", "agreed", "compared", "others_of", "pair_of", "voters"]

SHOWN, CASE, MODEL = "beside", "other_case", "other_model"
"""Settings: what is beside, the other case, the second model."""
HERE = ("", -1)
"""In the place of another case: this image. Not None, which a list takes for no choice at all."""

_pairs: MutableMapping[Explanation, tuple[weakref.ref[Explanation], Comparison]] = weakref.WeakKeyDictionary()
_agreed: MutableMapping[Explanation, tuple[tuple[int, ...], Agreement]] = weakref.WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Pair:
    """What stands beside the map that is asked for.

    Attributes:
        one: The map asked for.
        other: Where the second map is asked for; of another image, a case in which that is current.
        same: Whether both are of one image.
    """

    one: Desk
    other: Desk
    same: bool


def others_of(case: Case) -> Iterator[tuple[tuple[str, int], Case]]:
    """Every other open series with images that may be shown, by study and place, each as a case that shows it."""
    for study in case.studies:
        for place, series in enumerate(study.series):
            if series.volume is None:
                continue
            other = replace(case.with_study(study.uid).with_series(place), overlay=case.overlay)
            if other.series_key != case.series_key and not hidden(other.series_key):
                yield (study.uid, place), other


def pair_of(desk: Desk, cards: list[ModelCard]) -> Pair:
    """Both maps as they are asked for now.

    Args:
        desk: Of the first.
        cards: Models that fit and make maps.
    """
    known = explained(desk.case)
    chosen = known.settings.get(CASE)
    other = next((found for key, found in others_of(desk.case) if key == chosen), None)
    if other is not None:  # the same question of another image
        choice = known.choices.get(desk.card.id, Choice())
        return Pair(desk, seat(other, desk.card, choice=choice), same=False)
    card = next((card for card in cards if card.id == known.settings.get(MODEL)), desk.card)
    return Pair(desk, seat(desk.case, card, choice=known.others.get(card.id) or _other_choice(desk, card)), same=True)


def _other_choice(desk: Desk, card: ModelCard) -> Choice:
    """Until one is chosen: the same of another model; of the same one another method, since a map is itself."""
    own = explained(desk.case).choices.get(desk.card.id, Choice())
    if card.id != desk.card.id:
        return Choice(method=own.method)
    others = [row[0] for row in offered(card, own.layer) if desk.method not in row]
    return Choice(method=others[0].name, label=own.label) if others else own


def compared(one: Explanation, other: Explanation) -> Comparison:
    """Both maps compared; remembered as long as the first is kept."""
    known = _pairs.get(one)
    if known is None or known[0]() is not other:
        known = _pairs[one] = weakref.ref(other), compare(one, other)
    return known[1]


def agreed(desk: Desk) -> Agreement:
    """Where the maps that were made of this image, model and class agree, without those that are folded.

    Raises:
        NotApplicableError: Too few methods, or not of every family.
    """
    one = desk.explanation
    assert one is not None
    found = list(voters(desk)[0].values())
    names = tuple(id(each) for each in found)
    known = _agreed.get(one)
    if known is None or known[0] != names:
        known = _agreed[one] = names, agreement(found)
    return known[1]


def voters(desk: Desk) -> tuple[dict[Asked, Explanation], dict[Asked, Explanation]]:
    """Maps that were made of this image, model and class.

    Args:
        desk: Has a map.

    Returns:
        Those with a vote on where methods agree; those without: their audit, or that of the very same map by another
        method, folds them.
    """
    one, known = desk.explanation, explained(desk.case)
    assert one is not None
    asked = [each for each in known.maps if (each.key, each.label) == (desk.key, one.label)]
    found = {each: made for each in asked if (made := desk.map_of(each)) is not None}
    found = {each: made for each, made in found.items() if METHODS[made.method].explains == "decision"}
    folded = [made for each, made in found.items() if not known.shown(each)]
    away = {each: made for each, made in found.items() if any(same_map(made, other) for other in folded)}
    return {each: made for each, made in found.items() if each not in away}, away
