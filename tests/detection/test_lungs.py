"""The lungs: what is in, what is out, and how full they are."""

import numpy as np
import pytest

from medimg_core.detection.grid import Grid, Stack, stack_of
from medimg_core.detection.lungs import find_lungs
from medimg_core.detection.settings import NoduleSettings
from medimg_core.errors import NotApplicableError
from tests.detection.chest import EXTENT, WALL, ball, chest, rod

VOLUME_ML = EXTENT[0] * (EXTENT[1] - 2 * WALL) * (EXTENT[2] - 2 * WALL) / 1000


def state(place: tuple[float, float, float], *shapes: object, **changes: float) -> tuple[bool, bool]:
    """Whether a place, mm of the corner, counts as aerated, and as within the closed lungs."""
    lungs = find_lungs(stack_of(chest(shapes, **changes)), NoduleSettings())  # type: ignore[arg-type]
    index = tuple(lungs.grid.nearest(place))
    return bool(lungs.air[index]), bool(lungs.region[index])


def test_the_lungs_have_their_volume_and_value() -> None:
    lungs = find_lungs(stack_of(chest()), NoduleSettings())
    assert lungs.volume_ml == pytest.approx(VOLUME_ML, rel=0.05)
    assert lungs.parenchyma == pytest.approx(-850, abs=5)
    assert -650 <= lungs.threshold <= -350
    low, high = lungs.box(0.0)
    assert low == pytest.approx((0, WALL, WALL), abs=2.1)
    assert high == pytest.approx((EXTENT[0], EXTENT[1] - WALL, EXTENT[2] - WALL), abs=2.1)


@pytest.mark.parametrize(
    ("place", "shapes", "expected"),
    [
        ((30, 42, 50), (), (True, True)),
        ((30, 42, 50), (ball((30, 42, 50), 20),), (False, True)),
        ((30, 42, 50), (rod((30, 42, 50), (1, 0, 0), 8),), (False, True)),
        ((30, 42, 15), (ball((30, 42, 15), 8),), (False, True)),
        ((30, 42, 8), (), (False, False)),
        ((30, 42, 2), (), (False, False)),
    ],
    ids=["lung", "nodule", "vessel", "on the wall", "chest wall", "room"],
)
def test_what_belongs_to_the_lungs(
    place: tuple[float, float, float], shapes: tuple[object, ...], expected: tuple[bool, bool]
) -> None:
    assert state(place, *shapes) == expected


def test_an_airway_is_no_aerated_lung() -> None:
    airway = (rod((30, 42, 50), (1, 0, 0), 24), rod((30, 42, 50), (1, 0, 0), 18, -1000))
    aerated, _ = state((30, 42, 50), *airway)
    assert not aerated


@pytest.mark.parametrize("lung", [-780.0, -930.0], ids=["dense", "emphysema"])
def test_dense_and_empty_lungs_are_found(lung: float) -> None:
    assert state((30, 42, 50), lung=lung) == (True, True)


def test_the_foam_of_a_table_is_no_lung() -> None:
    values = np.full((30, 80, 80), -1000, dtype=np.int16)
    values[:, 4:50, 4:76] = 40
    values[:, 10:44, 10:70] = -850
    values[:, 54:74, 6:74] = -100  # the shell of the table, and foam in it
    values[:, 55:73, 7:73] = -930
    lungs = find_lungs(Stack(values, np.full(3, 2.0), (0, 1, 2), (False,) * 3), NoduleSettings())
    assert lungs.air[15, 27, 40]
    assert not lungs.region[15, 64, 40]
    assert lungs.volume_ml == pytest.approx(30 * 34 * 60 * 8 / 1000, rel=0.02)


@pytest.mark.parametrize("lung", [-1000.0, -990.0, 30.0], ids=["air", "gas", "tissue"])
def test_without_lung_there_is_no_answer(lung: float) -> None:
    with pytest.raises(NotApplicableError, match="aerated lung of at least 50 ml, found none"):
        find_lungs(stack_of(chest(lung=lung)), NoduleSettings())


def test_a_small_stack_needs_a_smaller_least_volume() -> None:
    stack = stack_of(chest())
    with pytest.raises(NotApplicableError, match="at least 500 ml"):
        find_lungs(stack, NoduleSettings(least_lung_ml=500.0))


def test_the_grid_covers_the_stack() -> None:
    stack = stack_of(chest())
    lungs = find_lungs(stack, NoduleSettings())
    assert lungs.grid == Grid.over((0, 0, 0), stack.extent, 2.0)
    assert np.all(lungs.region[lungs.air])
