"""An audit in one line: worst result first, no count, and never that the model is right."""

import json

import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.results import Audit, AuditItem


def audit_of(**verdicts: str) -> Audit:
    items = tuple(
        AuditItem(name, verdict, "", "rule", "source", {"n": 1}, "" if verdict == "shown" else f"why {name}")  # type: ignore[arg-type]
        for name, verdict in verdicts.items()
    )
    return Audit("toy", "0", "f", 2, 0, "grad_cam", "features", "pneumonia", items)


END = " It does not say that the model is right."


@pytest.mark.parametrize(
    ("verdicts", "line", "folded"),
    [
        ({"sanity": "shown", "faithfulness": "shown", "anatomy": "not_shown"}, "shown.", False),
        ({"sanity": "shown", "faithfulness": "not_shown"}, "not shown (faithfulness: why faithfulness).", True),
        ({"faithfulness": "shown", "sanity": "not_shown"}, "not shown (sanity: why sanity).", True),
        (
            {"sanity": "cannot_tell", "faithfulness": "not_shown"},
            "not shown (faithfulness: why faithfulness; cannot tell sanity: why sanity).",
            True,
        ),
        ({"sanity": "cannot_tell", "faithfulness": "shown"}, "cannot tell (sanity: why sanity).", False),
        ({"sanity": "shown", "faithfulness": "not_applicable"}, "cannot tell (faithfulness: why faithfulness).", False),
        ({"faithfulness": "shown"}, "cannot tell (sanity: not asked).", False),
        (
            {"sanity": "shown", "faithfulness": "shown", "stability": "cannot_tell"},
            "shown (cannot tell stability: why stability).",
            False,
        ),
        (
            {"sanity": "shown", "faithfulness": "shown", "responsiveness": "not_shown"},
            "not shown (responsiveness: why responsiveness).",
            False,
        ),
        ({"sanity": "shown", "faithfulness": "shown", "class_contrast": "not_applicable"}, "shown.", False),
        ({"evidence": "not_shown"}, "cannot tell (evidence: why evidence).", True),
    ],
)
def test_the_line(verdicts: dict[str, str], line: str, folded: bool) -> None:
    found = audit_of(**verdicts)
    assert found.line == f"Map follows the model: {line}{END}"
    assert found.folded is folded
    assert found.as_dict()["line"] == found.line


def test_items_stand_worst_first_and_else_as_given() -> None:
    found = audit_of(a="shown", b="information", c="not_shown", d="cannot_tell", e="not_shown", f="not_applicable")
    assert [item.name for item in found.items] == ["c", "e", "d", "a", "f", "b"]
    assert found.item("d") is found.items[2]
    assert found.item("nothing") is None


def test_it_is_ready_for_json_and_leaves_the_fingerprint_out() -> None:
    told = audit_of(sanity="shown").as_dict()
    assert json.loads(json.dumps(told)) == told
    assert "fingerprint" not in told
    assert told["items"][0] == {
        "name": "sanity",
        "verdict": "shown",
        "sentence": "",
        "rule": "rule",
        "source": "source",
        "reason": "",
        "figures": {"n": 1},
    }


def test_an_unknown_verdict_is_refused() -> None:
    with pytest.raises(IncompatibleInputError, match="verdict must be one of"):
        audit_of(sanity="green")
