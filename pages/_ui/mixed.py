"""Drops that held several patients, until the reader keeps one of each."""

from collections.abc import Set
from dataclasses import replace
from itertools import groupby

from medimg_core.study import Study

__all__ = ["MixedDrop", "apart", "closed", "others", "persons", "with_drop"]

MixedDrop = tuple[frozenset[str], ...]
"""The open studies of one drop, by person."""


def apart(study: Study, known: tuple[Study, ...]) -> Study:
    """The study under a key of its own where another patient's open study has the same StudyInstanceUID."""
    who = study.patient.pseudonym
    if all(other.uid != study.uid or other.patient.pseudonym == who for other in known):
        return study
    return replace(study, uid=f"{study.uid}/{who}")


def persons(studies: tuple[Study, ...]) -> MixedDrop:
    """Studies of a mixed drop by person, in their order.

    Several persons under one pseudonym cannot be told apart; each study then counts as a person's own, so
    that no choice keeps two persons.
    """
    if len({study.patient.pseudonym for study in studies}) == 1:
        return tuple(frozenset({study.uid}) for study in studies)
    names = list(dict.fromkeys(study.patient.pseudonym for study in studies))
    ordered = sorted(studies, key=lambda study: names.index(study.patient.pseudonym))
    grouped = groupby(ordered, key=lambda study: study.patient.pseudonym)
    return tuple(frozenset(study.uid for study in own) for _name, own in grouped)


def with_drop(drops: tuple[MixedDrop, ...], drop: MixedDrop) -> tuple[MixedDrop, ...]:
    """Add a mixed drop; the same files dropped again are one drop."""
    return (*(other for other in drops if set(other) != set(drop)), drop)


def closed(drops: tuple[MixedDrop, ...], uids: Set[str]) -> tuple[MixedDrop, ...]:
    """What is left after studies were closed; a drop with one person left needs no choice any more."""
    left = (tuple(person - uids for person in drop if person - uids) for drop in drops)
    return tuple(drop for drop in left if len(drop) > 1)


def others(drops: tuple[MixedDrop, ...], person: frozenset[str]) -> set[str]:
    """Studies that go when this person is kept of the drops the person came in."""
    return {uid for drop in drops if person in drop for other in drop for uid in other - person}
