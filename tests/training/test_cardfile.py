"""Changing one part of a card's text."""

import tomllib

from medimg_core.registry import Figure
from medimg_core.training.cardfile import COMPARISON, replace_comparison, replace_gate, replace_shortcuts
from tests.training.test_package import figure, text


def rival(value):
    return Figure("auc", value, None, 40, "set val", f"{COMPARISON}another network")


def test_comparison_rows_are_added_then_replaced_and_all_else_stays():
    before = tomllib.loads(text())
    once = replace_comparison(text(), [rival(0.8), figure("auc", 0.9)])
    twice = replace_comparison(replace_comparison(text(), [rival(0.8)]), [rival(0.7)])
    assert [row["value"] for row in tomllib.loads(once)["metrics"]] == [0.9, 0.8, 0.9]
    after = tomllib.loads(twice)
    assert [row["value"] for row in after["metrics"]] == [0.9, 0.7]
    assert {key: value for key, value in after.items() if key != "metrics"} == {
        key: value for key, value in before.items() if key != "metrics"
    }


def test_the_gate_goes_in_beside_them():
    changed = replace_gate(replace_comparison(text(), [rival(0.8)]), {"limit": 2.5}, [figure("marked", 0.9)])
    table = tomllib.loads(changed)
    assert table["gate"] == {"limit": 2.5}
    assert len(table["metrics"]) == 2
    assert table["gate_figures"][0]["ci"] == [0.85, 0.95]


def test_shortcuts_are_replaced_with_what_follows_from_them():
    before = tomllib.loads(text(outside=True))
    changed = tomllib.loads(replace_shortcuts(text(outside=True), [figure("frame_only_auc", 0.5)], uses_outside=False))
    assert changed.pop("uses_outside") is False
    assert [row["value"] for row in changed.pop("shortcuts")] == [0.5]
    assert changed == {key: value for key, value in before.items() if key not in ("uses_outside", "shortcuts")}
