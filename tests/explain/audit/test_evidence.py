"""A map that says nothing is announced."""

import numpy as np
import pytest

from medimg_core.explain.audit.evidence import evidence
from tests.explain.audit.planted import GRID, case


@pytest.mark.parametrize(
    ("native", "reason"),
    [
        (np.zeros(GRID), "the map is empty"),
        (np.full(GRID, -3.0), "the map is empty"),
        (np.full(GRID, 2.5), "the map is the same everywhere"),
        (2.5 + 1e-4 * np.arange(144).reshape(GRID) / 144, "the map is the same everywhere"),
    ],
)
def test_an_empty_or_flat_map_is_announced(planted_models, native, reason):
    item = evidence(case(0).asked(native))
    assert (item.name, item.verdict, item.reason) == ("evidence", "not_shown", reason)


def test_any_other_map_is_not(planted_models):
    assert evidence(case(0).asked()) is None
    faint = np.zeros(GRID)
    faint[3, 4] = 1e-6
    assert evidence(case(0).asked(faint)) is None
