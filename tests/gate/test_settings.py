"""The [gate] table of a card."""

import dataclasses

import pytest

from medimg_core.errors import InvalidCardError
from medimg_core.gate import GateSettings, gate_settings

FULL = {"method": "knn", "limit": 1.5, "neighbours": 5, "thumbnail_limit": 2, "posture_limit": -0.5}


def test_a_full_table_is_read(tiny_model):
    found = gate_settings(dataclasses.replace(tiny_model, gate=FULL))
    assert found == GateSettings("knn", 1.5, 5, 2.0, -0.5)
    assert found.fitted


def test_an_empty_table_means_no_fit(tiny_model):
    assert not gate_settings(tiny_model).fitted


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "oracle"}, "`method` must be one of mahalanobis, relative_mahalanobis, knn, got 'oracle'"),
        ({"limit": "far"}, "`limit` must be a number, got str"),
        ({"limit": True}, "`limit` must be a number, got bool"),
        ({"neighbours": 0}, "`neighbours` must be a whole number of 1 or more"),
        ({"neighbours": 2.5}, "`neighbours` must be a whole number"),
        ({"limits": 3}, "unknown: limits, missing: none"),
    ],
)
def test_a_wrong_table_is_refused(tiny_model, change, message):
    with pytest.raises(InvalidCardError, match=message):
        gate_settings(dataclasses.replace(tiny_model, gate={**FULL, **change}))


def test_a_missing_key_is_refused(tiny_model):
    part = {key: value for key, value in FULL.items() if key != "posture_limit"}
    with pytest.raises(InvalidCardError, match="unknown: none, missing: posture_limit"):
        gate_settings(dataclasses.replace(tiny_model, gate=part))
