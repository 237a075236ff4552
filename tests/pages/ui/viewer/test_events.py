"""What the browser says is checked, kept under its own series, and never trusted."""

from dataclasses import replace

import numpy as np
import pytest

from medimg_core.study import Series, Volume
from pages._ui.settings import Settings
from pages._ui.viewer import events
from pages._ui.viewer import shown as shown_module
from pages._ui.viewer.shown import Shown, item_of
from tests.pages.conftest import make_case, make_ct, make_study

LENGTH = {"id": "m-1", "kind": "length", "axis": 0, "frame": 0, "points": [[2, 1, 1], [2, 1, 5]]}


@pytest.fixture
def case():
    return make_case(make_study(1, make_ct(5)))


def seen(case, **changes):
    view = {"index": [3, 2, 2], "frame": 0, "window": {"key": "preset:bone"}, "inverted": True, "layout": "three"}
    return {"of": item_of(case.volume).id, "view": view, "measurements": [LENGTH], **changes}


def test_view_and_measurements_are_kept(case):
    after = events.take(case, seen(case))
    assert (after.view.slice_index, after.view.voi, after.view.inverted) == (3, "preset:bone", True)
    (made,) = after.measurements_of()
    assert made.values["length"] == pytest.approx(4.0)
    assert made.length_unit == "mm"
    assert events.plain(after.measurements_of()) == [{**LENGTH, "points": [[2.0, 1.0, 1.0], [2.0, 1.0, 5.0]]}]


def test_what_is_said_of_another_series_stays_with_that_one():
    case = make_case(make_study(1, make_ct(5)), make_study(2, make_ct(4)))
    other = case.with_study(case.studies[1].uid)
    after = events.take(case, seen(other))  # the browser still shows the second study
    assert after.view.slice_index == case.view.slice_index
    assert after.measurements_of() == ()
    assert after.with_study(case.studies[1].uid).view.slice_index == 3


@pytest.mark.parametrize(("heard", "place"), [(None, 3), (0, 1), (1, 3), (2, 3), ("1", 3)])
def test_a_page_s_wish_stands_until_the_viewer_has_heard_it(case, heard, place):
    sent = case.with_view(slice_index=1, goal=(1, None, None), goals=1)
    said = seen(sent)
    said["view"]["goal"] = heard
    after = events.take(sent, said)
    assert after.view.slice_index == place
    assert after.view.inverted  # all else that was told counts


@pytest.mark.parametrize(
    "said",
    [None, 7, [], {}, {"of": "nothing"}, {"of": None, "view": {}, "measurements": [LENGTH]}],
    ids=["nothing", "a number", "a list", "empty", "unknown voxels", "no voxels"],
)
def test_what_is_of_no_open_series_changes_nothing(case, said):
    assert events.take(case, said) is case


@pytest.mark.parametrize(
    "view",
    [
        {"index": [99, 0, 0]}, {"index": "3"}, {"index": [1.5, 0, 0]}, {"index": [-1, 0, 0]}, {"frame": 4},
        {"frame": "0"}, {"window": "bone"}, {"window": {"key": 5}}, {"inverted": "yes"}, {},
    ],
)  # fmt: skip
def test_a_view_that_breaks_a_rule_leaves_that_part_as_it_was(case, view):
    after = events.take(case, seen(case, view=view, measurements=None)).view
    before = case.view
    assert (after.slice_index, after.frame, after.voi, after.inverted) == (
        before.slice_index, before.frame, before.voi, before.inverted,
    )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "circle"}, {"points": [[2, 1, 1]]}, {"points": [[9, 1, 1], [9, 1, 5]]}, {"points": "all"},
        {"axis": 3}, {"frame": 1}, {"id": "<script>"}, {"points": [[2, 1, float("nan")], [2, 1, 5]]},
    ],
)  # fmt: skip
def test_measurements_that_break_a_rule_are_left_out(case, change):
    after = events.take(case, seen(case, measurements=[{**LENGTH, **change}, LENGTH, "text"]))
    assert [made.id for made in after.measurements_of()] == ["m-1"]


def test_state_that_is_too_long_is_not_kept(case):
    after = events.take(case, seen(case, view={"index": [1, 0, 0], "tool": "x" * 20_000}))
    assert after.view.rest == ""
    assert after.view.slice_index == 1


def test_the_viewer_finds_its_state_again(case):
    after = events.take(case, seen(case))
    what = Shown(after.study, after.series, after.volume)
    state = events.saved(after, what)
    assert (state["layout"], state["index"], state["frame"]) == ("three", [3, 2, 2], 0)
    moved = events.saved(after.with_view(slice_index=1), what)
    assert moved["index"] == [1, 2, 2]  # what Python decided since holds


def test_a_reduced_volume_speaks_of_slices_of_the_series(case):
    what = Shown(case.study, case.series, case.volume, factors=(2, 1, 1))
    assert [what.slice_on_screen(index) for index in range(5)] == [0, 0, 1, 1, 2]
    assert [what.slice_in_series(index) for index in range(3)] == [1, 3, 4]


def test_a_measurement_that_did_not_change_is_not_computed_again(case):
    first = events.take(case, seen(case))
    again = events.take(first, seen(first, measurements=[LENGTH, {**LENGTH, "id": "m-2"}]))
    assert again.measurements_of()[0] is first.measurements_of()[0]
    moved = events.take(again, seen(again, measurements=[{**LENGTH, "points": [[2, 1, 1], [2, 1, 4]]}]))
    assert moved.measurements_of()[0].values["length"] == pytest.approx(3.0)


def test_on_a_reduced_volume_the_series_own_voxels_are_measured(monkeypatch):
    rng = np.random.default_rng(2)
    series = make_ct(6)
    volume = replace(series.volume, array=rng.normal(0, 20, (6, 40, 40)).astype(np.int16))
    case = make_case(make_study(1, replace(series, volume=volume)))
    monkeypatch.setattr(shown_module, "SETTINGS", Settings(viewer_voxels=2000))
    what = shown_module.shown(case.study, case.series)
    assert what.factors == (2, 2, 2)
    square = {"id": "r", "kind": "rectangle", "axis": 0, "frame": 0, "points": [[1, 2, 3], [1, 10, 12]]}
    after = events.take(case, {"of": what.item.id, "view": {}, "measurements": [square]})
    (made,) = after.measurements_of()
    assert made.points[0] == (3.0, 4.5, 6.5)  # slice 3 stands for slices 2 and 3
    inside = volume.array[3, 5:21, 7:25].astype(float)
    assert made.values["mean"] == pytest.approx(inside.mean())
    assert made.values["sd"] == pytest.approx(inside.std())
    assert events.plain(after.measurements_of(), what) == [square]


@pytest.mark.parametrize("index", [3, "all", [1, 2], [1, 2, "x"], None, [1.5, 2, 3]])
def test_a_kept_state_that_makes_no_sense_does_no_harm(case, index):
    after = events.take(case, seen(case, view={"index": index}))
    what = Shown(after.study, after.series, after.volume)
    assert events.saved(after, what)["index"] == [after.view.slice_index, 3, 4]


def test_a_measurement_at_the_edge_of_a_reduced_volume_is_kept(monkeypatch):
    series = make_ct(3)
    volume = replace(series.volume, array=np.arange(3 * 11 * 11, dtype=np.int16).reshape(3, 11, 11))
    case = make_case(make_study(1, replace(series, volume=volume)))
    monkeypatch.setattr(shown_module, "SETTINGS", Settings(viewer_voxels=120))
    what = shown_module.shown(case.study, case.series)
    assert what.factors == (1, 2, 2)  # 6 x 6 of 11 x 11: the last block is a part
    line = {"id": "e", "kind": "length", "axis": 0, "frame": 0, "points": [[1, 0, 0], [1, 5.4, 5.5]]}
    after = events.take(case, {"of": what.item.id, "view": {}, "measurements": [line]})
    assert after.measurements_of()[0].points[1] == (1.0, 10.5, 10.5)  # not beyond the series
    forged = {**line, "points": [[1, 0, 0], [1, float("inf"), 2]]}
    assert events.take(case, {"of": what.item.id, "view": {}, "measurements": [forged]}).measurements_of() == ()


def test_a_large_colour_volume_is_counted_by_pixels_and_let_go(monkeypatch):
    colour = Volume(np.zeros((5, 8, 8, 3), np.uint8), colour=True, photometric="RGB")
    case = make_case(make_study(1, Series("1", "US", colour)))
    monkeypatch.setattr(shown_module, "SETTINGS", Settings(viewer_voxels=400))  # 320 pixels, 960 numbers
    assert shown_module.shown(case.study, case.series).volume is colour
    assert shown_module.derived_bytes(colour) == 0
