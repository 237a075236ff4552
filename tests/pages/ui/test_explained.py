"""What is kept of maps: one a wish, audits with their maps, nothing of closed series."""

from dataclasses import replace

import pytest

from medimg_core.results import Audit, AuditItem
from pages._ui.explained import MOST_MAPS, Asked, Changed, Choice, Explained, Probed
from tests.pages.conftest import SHA, make_explanation, make_series

SERIES, OTHER = ("1", "2", ""), ("3", "4", "")
MAP = make_explanation(make_series().volume)


def asked(series=SERIES, place=0, **changes) -> Asked:
    return Asked(**{"key": (series, "m", place, 0), "method": "grad_cam", "label": "x", "layer": "f", **changes})


def audit(*verdicts) -> Audit:
    items = tuple(AuditItem(name, verdict, "", "", "") for name, verdict in verdicts)
    return Audit("m", SHA, "", 0, 0, "grad_cam", "f", "x", items)


BAD = audit(("sanity", "not_shown"))
GOOD = audit(("sanity", "shown"), ("faithfulness", "shown"))


@pytest.mark.parametrize("change", [{"method": "layer_cam"}, {"label": "y"}, {"layer": ""}, {"region": ((0, 1, 2),)}])
def test_whatever_decides_a_map_tells_it_from_others(change):
    made = Explained().with_map(asked(), MAP)
    assert made.maps.get(asked()) is MAP
    assert made.maps.get(asked(**change)) is None


def test_the_oldest_map_goes_with_its_audit():
    made = Explained()
    for place in range(MOST_MAPS):
        made = made.with_map(asked(place=place), MAP).with_audit(asked(place=place), BAD)
    made = made.with_map(asked(place=0), MAP)  # made again: it is the newest now
    made = made.with_map(asked(place=MOST_MAPS), MAP)
    assert len(made.maps) == MOST_MAPS
    assert asked(place=0) in made.maps
    assert asked(place=1) not in made.maps
    assert asked(place=1) not in made.audits


def test_an_audit_of_a_map_that_is_gone_is_not_kept():
    assert not Explained().with_audit(asked(), BAD).audits


@pytest.mark.parametrize(
    ("told", "anyway", "shown"),
    [(None, False, True), (GOOD, False, True), (BAD, False, False), (BAD, True, True)],
)
def test_what_an_audit_folds_is_shown_only_on_demand(told, anyway, shown):
    made = Explained().with_map(asked(), MAP)
    made = made if told is None else made.with_audit(asked(), told)
    assert made.with_anyway(asked(), on=anyway).shown(asked()) is shown


def test_only_the_first_reveal_counts():
    first, second = (object(),), (object(), object())
    made = Explained().with_reveal(SERIES, first).with_reveal(SERIES, second).with_reveal(OTHER, second)
    assert (made.before[SERIES], made.before[OTHER]) == (first, second)


def test_choices_are_kept_by_model_for_both_maps_apart():
    made = Explained().with_choice("m", Choice("layer_cam", "y")).with_choice("m", Choice(label="z"), second=True)
    assert (made.choices["m"], made.others["m"]) == (Choice("layer_cam", "y"), Choice(label="z"))


def test_nothing_stays_of_a_closed_series():
    made = Explained().with_model(SERIES, "m").with_reveal(SERIES, ())
    for key in (SERIES, OTHER):
        made = made.with_map(asked(key), MAP).with_audit(asked(key), BAD).with_anyway(asked(key), on=True)
    made = replace(made, probed=Probed(asked(), None, None), changed=Changed(asked(OTHER), None, None))
    left = made.with_choice("m", Choice(label="y")).without(lambda key: key == SERIES)
    assert list(left.maps) == list(left.audits) == [asked(OTHER)]
    assert left.anyway == {asked(OTHER)}
    assert not left.models
    assert not left.before
    assert left.probed is None
    assert left.changed is made.changed
    assert left.choices  # says nothing of any image
