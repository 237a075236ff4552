"""Measurements drawn with the mouse: their sizes against the phantom's, their values against NumPy and Python."""

import re
from typing import Any

import numpy as np
import pytest

from tests.browser.viewer_stage import Opener, Viewer, digits, volume_of
from tests.stage.cases import SIZES

pytestmark = pytest.mark.browser

(_, TOP, LEFT), (_, BOTTOM, RIGHT) = SIZES["block"]
CORNERS = ((6, TOP - 0.5, LEFT - 0.5), (6, BOTTOM - 0.5, RIGHT - 0.5))  # edges of the block: between two voxels
Point = tuple[float, float, float]


def only(viewer: Viewer) -> dict[str, Any]:
    """What Python knows of the one measurement."""
    (found,) = viewer.told()["measurements"]
    return dict(found)


def points(viewer: Viewer) -> list[list[float]]:
    """Points of the latest measurement, as drawn."""
    return list(viewer.js("viewer.measuring.list.at(-1).points"))


def lines(viewer: Viewer) -> list[str]:
    """What the latest measurement says on the screen."""
    return list(viewer.js("viewer.measuring.list.at(-1).lines"))


@pytest.mark.parametrize("clicks", [True, False])
def test_a_length_is_the_blocks_to_a_pixel(open_case: Opener, clicks: bool) -> None:
    viewer = open_case("solid")
    _, down, across = SIZES["spacing"]
    high, wide = (BOTTOM - TOP) * down, (RIGHT - LEFT) * across
    for end, expected in (((6, TOP - 0.5, RIGHT - 0.5), wide), ((6, BOTTOM - 0.5, LEFT - 0.5), high)):
        viewer.press("d")
        if clicks:
            viewer.draw(CORNERS[0], end)
        else:
            viewer.drag(viewer.point(CORNERS[0]), viewer.point(end))
        assert digits(lines(viewer)[0])[0] == pytest.approx(expected, abs=max(down, across))
        assert lines(viewer)[0].endswith(" mm")
        viewer.press("Escape")
        if clicks:
            break
        viewer.press("Control+z")
    else:
        viewer.press("Control+y")
    measured = only(viewer)
    assert measured["values"]["length"] == pytest.approx(wide if clicks else high, abs=max(down, across))
    assert (measured["unit"], measured["note"]) == ("mm", "")
    one, other = (np.array(point) * SIZES["spacing"] for point in points(viewer))
    assert measured["values"]["length"] == pytest.approx(float(np.linalg.norm(one - other)), rel=1e-12)


def inside(kind: str, drawn: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Pixels whose centre lies in a shape; drawn are (row, column) points."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    (top, left), (bottom, right) = drawn.min(axis=0), drawn.max(axis=0)
    if kind == "rectangle":
        return (rows >= top) & (rows <= bottom) & (columns >= left) & (columns <= right)
    if kind == "ellipse":
        middle = ((top + bottom) / 2, (left + right) / 2)
        away = ((rows - middle[0]) / ((bottom - top) / 2)) ** 2 + ((columns - middle[1]) / ((right - left) / 2)) ** 2
        return away <= 1
    from matplotlib.path import Path

    grid = np.stack([rows.ravel(), columns.ravel()], axis=1)
    return Path(np.vstack([drawn, drawn[:1]])).contains_points(grid).reshape(shape)


AREAS = {"rectangle": 1.0, "ellipse": np.pi / 4}


@pytest.mark.parametrize(("kind", "key"), [("rectangle", "t"), ("ellipse", "e"), ("freehand", "f")])
def test_a_region_has_numpys_mean(open_case: Opener, kind: str, key: str) -> None:
    viewer, volume = open_case("solid"), volume_of("solid")
    viewer.press(key)
    if kind == "freehand":
        outline: list[Point] = [(6, 26, 20), (6, 30, 58), (6, 40, 40), (6, 54, 56), (6, 50, 22)]
        viewer.page.mouse.move(*viewer.point(outline[0]))
        viewer.page.mouse.down()
        for point in outline[1:]:
            viewer.page.mouse.move(*viewer.point(point), steps=4)
        viewer.page.mouse.up()
    else:
        viewer.drag(viewer.point(CORNERS[0]), viewer.point(CORNERS[1]))
    drawn = np.array(points(viewer))
    assert set(drawn[:, 0]) == {6}
    plane = volume.array[6].astype(np.float64)
    chosen = plane[inside(kind, drawn[:, 1:], plane.shape)]
    told = only(viewer)
    values = told["values"]
    assert values["n"] == chosen.size > 500
    assert values["mean"] == np.cumsum(chosen)[-1] / chosen.size  # exactly
    assert values["sd"] == pytest.approx(chosen.std(), rel=1e-12)
    assert (values["min"], values["max"]) == (chosen.min(), chosen.max())
    area, middle, ends = (digits(line) for line in lines(viewer))
    assert middle[0] == pytest.approx(values["mean"], abs=0.5)
    assert middle[1] == pytest.approx(values["sd"], abs=0.06)
    assert ends == pytest.approx([values["min"], values["max"]])
    assert area[0] == pytest.approx(values["area"], abs=0.5)
    assert "HU" in lines(viewer)[1]
    if kind in AREAS:
        _, down, across = SIZES["spacing"]
        wide, high = (RIGHT - LEFT) * across, (BOTTOM - TOP) * down
        assert values["area"] == pytest.approx(
            AREAS[kind] * wide * high, abs=AREAS[kind] * (wide * down + high * across)
        )
        assert chosen.min() > 700  # the block, and nothing beside it


def test_angle_axes_and_probe(open_case: Opener) -> None:
    viewer, volume = open_case("solid"), volume_of("solid")
    viewer.press("a")
    viewer.draw((6, 30, 20), (6, 70, 20), (6, 70, 60))
    assert viewer.js("viewer.measuring.list.length") == 1
    assert float(lines(viewer)[0].rstrip("°")) == pytest.approx(90, abs=1.5)
    viewer.press("b")
    viewer.draw((6, 20, 15), (6, 20, 65), (6, 10, 40), (6, 40, 40))
    long, short = digits(lines(viewer)[0])
    assert (long, short) == (pytest.approx(25, abs=0.5), pytest.approx(22.5, abs=0.75))
    viewer.press("q")
    viewer.draw((6, 33, 44))
    assert digits(lines(viewer)[0]) == [float(volume.array[6, 33, 44])]
    told = {each["kind"]: each["values"] for each in viewer.told()["measurements"]}
    assert told["probe"]["value"] == float(volume.array[6, 33, 44])
    assert told["angle"]["angle"] == pytest.approx(90, abs=1.5)
    assert (told["bidirectional"]["long"], told["bidirectional"]["short"]) == pytest.approx((long, short), abs=0.06)
    assert volume.geometry is not None
    where = volume.geometry.to_world([6, 33, 44])
    np.testing.assert_allclose([told["probe"][f"lps_{axis}"] for axis in "xyz"], where, atol=0.2)


def test_reformatted_planes_are_measured_in_millimetres(open_case: Opener) -> None:
    viewer, volume = open_case("solid"), volume_of("solid")
    viewer.layout("one:1")
    viewer.press("d")
    row = viewer.js("picture.index[1]")
    viewer.draw((3.5, row, LEFT - 0.5), (8.5, row, LEFT - 0.5))
    assert digits(lines(viewer)[0])[0] == pytest.approx(10, abs=2)
    viewer.press("t")
    viewer.drag(viewer.point((4, row, 20)), viewer.point((8, row, 60)))
    drawn = np.array(points(viewer))
    plane = volume.array[:, row].astype(np.float64)
    chosen = plane[inside("rectangle", drawn[:, [0, 2]], plane.shape)]
    length, region = viewer.told()["measurements"]
    assert length["values"]["length"] == pytest.approx(10, abs=2)
    assert region["values"]["mean"] == np.cumsum(chosen)[-1] / chosen.size


@pytest.mark.parametrize(
    ("name", "unit", "note", "size"), [("plain", "px", "", 48.0), ("detector", "mm", "at the detector", 24.0)]
)
def test_the_unit_is_what_the_file_says(open_case: Opener, name: str, unit: str, note: str, size: float) -> None:
    viewer = open_case(name)
    viewer.press("d")
    viewer.draw((0, TOP - 0.5, LEFT - 0.5), (0, TOP - 0.5, RIGHT - 0.5))
    assert re.fullmatch(rf"[\d.]+ {unit}( {note})?", lines(viewer)[0])
    assert lines(viewer)[0].endswith(note or unit)
    told = only(viewer)
    assert (told["unit"], told["note"]) == (unit, note)
    assert told["values"]["length"] == pytest.approx(size, abs=1)


def test_edit_delete_undo_redo_and_another_run_of_the_script(open_case: Opener) -> None:
    viewer = open_case("solid")
    count = "viewer.measuring.list.length"
    viewer.press("t")
    viewer.drag(viewer.point((6, 30, 20)), viewer.point((6, 50, 40)))
    viewer.press("Escape")
    first = points(viewer)
    viewer.drag(viewer.point((6, 50, 40)), viewer.point((6, 55, 50)))  # a corner is taken along
    moved = points(viewer)
    assert moved[0] == first[0]
    np.testing.assert_allclose(moved[1], [6, 55, 50], atol=0.2)
    assert viewer.js("picture.window.width") == 1600  # and nothing was windowed
    viewer.drag(viewer.point((6, 30, 30)), viewer.point((6, 33, 34)))  # by its edge the whole is
    whole = np.array(points(viewer)) - np.array(moved)
    np.testing.assert_allclose(whole, [[0, 3, 4], [0, 3, 4]], atol=0.2)
    mean = only(viewer)["values"]["mean"]
    assert digits(lines(viewer)[1])[0] == pytest.approx(mean, abs=0.5)
    viewer.press("Control+z")
    assert points(viewer) == moved
    viewer.press("Control+z", "Control+z")
    assert viewer.js(count) == 0
    viewer.press("Control+y", "Control+Shift+Z", "Control+y")
    np.testing.assert_allclose(np.array(points(viewer)) - np.array(moved), whole)
    for key in ("Delete", "Backspace"):
        viewer.page.mouse.click(*viewer.point(tuple(points(viewer)[0])))  # chosen
        viewer.press(key)
        assert viewer.js(count) == 0
        assert viewer.told()["measurements"] == []
        viewer.press("Control+z")
        assert viewer.js(count) == 1
    kept = only(viewer)
    viewer.rerun()
    assert viewer.js(count) == 1
    assert only(viewer) == kept
    viewer.press("ArrowDown")
    assert viewer.js("viewer.measuring.on(pane).length") == 0  # it belongs to its slice
    viewer.button("panel").click()
    viewer.page.locator(".mv-side li button").first.click()
    assert viewer.js("[picture.index[0], viewer.measuring.on(pane).length]") == [6, 1]
    viewer.page.locator(".mv-side li button").nth(1).click()
    assert viewer.js(count) == 0
