"""``medimg selftest --explain`` holds here, and would not where maps are wrong."""

import numpy as np
import pytest

from medimg_core.cli import _parser
from medimg_core.explain import METHODS, explain
from medimg_core.explain.planted import checks, planted_image
from medimg_core.explain.planted.wrong import WRONG
from medimg_core.inference import classify
from medimg_core.selftest import selftest


def test_every_check_holds(planted_models) -> None:
    seen: list[tuple[int, int]] = []
    answer = selftest(explain=True, progress=lambda done, total, text: seen.append((done, total)))
    assert {check["name"]: check["value"] for check in answer["checks"] if not check["holds"]} == {}
    assert answer["holds"] is True
    names = " ".join(check["name"] for check in answer["checks"])
    assert all(method.title in names for method in METHODS.values())
    assert all(f"audit: {kind} maps" in names for kind in ("true", *WRONG))
    assert seen == [(number, len(seen)) for number in range(len(seen))]


@pytest.mark.parametrize(("words", "explain"), [(["selftest"], False), (["selftest", "--explain", "--json"], True)])
def test_the_command_line_asks_for_it(words, explain) -> None:
    assert _parser().parse_args(words).explain is explain


@pytest.mark.parametrize("change", [np.zeros_like, np.ones_like, lambda native: native[::-1, ::-1]])
def test_a_map_elsewhere_is_no_hit(planted_models, change) -> None:
    import dataclasses

    card, made = planted_models["planted_pooled"], planted_image(0)
    true = explain(classify(made.volume, card, series=made.series), card)
    wrong = dataclasses.replace(true, native=np.array(change(true.native)))
    found = list(checks._placed("wrong", [(wrong, made)]))
    assert [check["holds"] for check in found] == [False, False]
