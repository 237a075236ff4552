"""No text of a model folder, a file or an index is read as Markdown: an image in it would be fetched from outside."""

import dataclasses
import re

import pytest

from medimg_core.detection import NoduleList
from medimg_core.errors import UnreadableFileError
from medimg_core.results import Flag, GateOutcome, GateReason
from medimg_core.study import Opened, Refused
from pages._ui import jobs
from pages._ui.evaluation.bench import KEY, Bench, Shown
from tests.pages.conftest import make_case, make_ct, make_masks, make_prediction, make_series, make_study, put_card
from tests.pages.ui.evaluation.made import curve, curves, reading_evaluation, write_folder
from tests.tiny_model import CARD, MULTI

LEAK = "![word](http://outside/a.png) <img src=http://outside/b.png>"
AWAKE = re.compile(r"(?<!\\)(?:\[[\w ]*\\?\]\(|<img)|http://")
CODE = re.compile(r"``.*?``")
SAFE = {
    ("Selectbox", "options"), ("Selectbox", "raw_value"), ("TextInput", "default"), ("Text", "body"),
    ("Code", "code_text"), ("Dataframe", "alt"), ("BidiComponent", "json"),
}  # fmt: skip
"""What Streamlit never reads as Markdown; the scripts of the components set no HTML."""
WORDS = {
    "title", "intended_use", "weights_licence", "region", "limits", "sites", "never_measured", "positive_text",
    "negative_text", "source", "licence", "split", "classes", "positive",
}  # fmt: skip
FIGURE = """
[[{0}]]
name = "{1}"
value = 0.5
ci = [0.4, 0.6]
n = 3
data = "{1}"
note = "{1}"
"""
CURVE = """
[[robustness]]
change = "{0} $\\\\frac"
unit = "{0}"
metric = "{0}"
strengths = [0, 1]
values = [0.9, 0.8]
low = [0.8, 0.7]
high = [0.95, 0.9]
n = 3
data = "{0}"
"""


def hostile(text):
    """A card's template with an image in each of its words."""
    lines = []
    for line in text.splitlines():
        key = line.partition(" = ")[0]
        if key in WORDS or (key == "name" and lines[-1] in ("[[data]]", "[outputs.reading]")):
            line = re.sub(r'"([^"]*)"', lambda found: f'"{LEAK.replace("word", found[1])}"', line)  # noqa: PLW2901
        lines.append(line)
    more = "".join(FIGURE.format(name, LEAK) for name in ("metrics", "shortcuts", "gate_figures"))
    return "\n".join(lines) + more + CURVE.format(LEAK)


def strings(message):
    """Every text of a protocol buffer, with its message's and field's names."""
    for field, value in message.ListFields():
        many = value if field.is_repeated else [value]
        for each in many:
            if field.message_type is not None and hasattr(each, "ListFields"):
                yield from strings(each)
            elif isinstance(each, str):
                yield message.DESCRIPTOR.name, field.name, each


def blocks(node):
    """Protocol buffers of all elements and containers below."""
    for child in getattr(node, "children", {}).values():
        if getattr(child, "proto", None) is not None:
            yield child.proto
        yield from blocks(child)


def shown(app):
    """In how many places the text is shown; fails where it is awake."""
    found = [each for proto in blocks(app._tree) for each in strings(proto)]
    cells = [cell for table in app.table for row in table.value.reset_index().values for cell in row]
    found += [("Table", "cell", str(cell)) for cell in cells]
    leaks = [each for each in found if "outside" in each[2] and each[:2] not in SAFE]
    assert [each for each in leaks if AWAKE.search(CODE.sub("", each[2]))] == []
    assert not app.exception
    return len(leaks)


@pytest.fixture
def models(card, tmp_path, monkeypatch):
    """Both cards, and a folder that is no model."""
    folder = tmp_path / "foreign"
    monkeypatch.setenv("MEDIMG_MODELS", str(folder))
    stack = MULTI.replace('modality = ["US"]', 'modality = ["CT"]').replace('extent = "image"', 'extent = "volume"')
    put_card(folder, hostile(CARD), "tiny_model")
    put_card(folder, hostile(stack), "tiny_multi")
    broken = folder / "![a](http:outside`"
    broken.mkdir()
    (broken / "card.toml").write_text(f'schema = 1\n"{LEAK}" = 1\n', encoding="utf-8")
    return folder


REASONS = {
    "mark": (GateReason("other", LEAK, refuses=False),),
    "refuse": (GateReason("other", LEAK, refuses=True),),
}


def test_the_models_page(open_app, models):
    app = open_app(page="models")
    assert shown(app) >= 10
    assert "**The model folder `` ![a](http:outside` `` cannot be used.**" in app.error[0].value


@pytest.mark.parametrize("status", ["mark", "refuse"])
def test_a_score(open_app, models, status):
    case = make_case(make_study(1, make_series(1, description=LEAK)))
    said = make_prediction(case.volume, reasons=REASONS[status])
    said = dataclasses.replace(said, reading=LEAK, class_scores={LEAK: 0.1, "b": 0.3, "c": 0.6})
    app = open_app(case.with_prediction(case.series_key, said), "analyse")
    if status == "mark":
        app.toggle(key="classes-tiny_model").set_value(True).run()
    assert shown(app) >= (8 if status == "mark" else 3)


@pytest.mark.parametrize("status", ["mark", "refuse", "none"])
def test_masks(open_app, models, status):
    case = make_case(make_study(1, dataclasses.replace(make_ct(), body_part="", description=LEAK)))
    boxes = ((1, (0, 2), (1, 4), (1, 4)), (1, (4, 4), (5, 5), (5, 7)), (2, (0, 0), (0, 0), (0, 1)))
    made = make_masks(
        case.volume, *boxes, names=(LEAK, "b"), model_id="tiny_multi", whole=False, agreement={LEAK: 0.9, "b": 0.8},
        flags=(Flag("far", LEAK, (1,)),), gate=GateOutcome(REASONS.get(status, ()), (LEAK,)), declared=(LEAK,),
    )  # fmt: skip
    case = case if status == "none" else case.with_segmentation(case.series_key, made)
    found = NoduleList(case.volume.fingerprint, "", (), LEAK, {"least_score": 0.3}, (), made.mask, (LEAK,))
    case = dataclasses.replace(case, findings=case.findings.with_nodules(case.series_key, found))
    assert shown(open_app(case, "analyse")) >= 8


def test_models_that_do_not_fit(open_app, models):
    app = open_app(make_case(make_study(1, make_series(1, modality="MR", body_part="HEAD"))), "analyse")
    assert shown(app) >= 2


def test_the_worklist(open_app, models):
    study = dataclasses.replace(make_study(1, make_series(1, description=LEAK), patient=LEAK), warnings=(LEAK,))
    other = make_study(2, make_series(2), patient=LEAK)
    opened = Opened((study, other), (Refused(LEAK, LEAK),), (LEAK,), mixed_patients=True)
    assert shown(open_app(make_case().with_opened(opened))) > 2
    assert shown(open_app(make_case().with_opened(dataclasses.replace(opened, mixed_patients=False)))) > 1


def test_tasks_and_errors(open_app, models):
    app = open_app()
    app.session_state[jobs.FAILED] = [UnreadableFileError(LEAK)]
    app.run()
    assert shown(app) >= 1


@pytest.mark.parametrize("tab", range(3))
def test_an_evaluation(open_app, models, tab, tmp_path, monkeypatch):
    monkeypatch.delenv("MEDIMG_DATA", raising=False)
    app = open_app()
    folder = write_folder(tmp_path / "data", labels=(LEAK, "other"))
    curve_ = {**curve(), "data": LEAK, "change": LEAK}
    facts = {"reading": LEAK, "curves": curves(), "robustness": [curve_], "subgroups": {LEAK: {LEAK: {"n": 3}}}}
    made = reading_evaluation(**facts)
    app.session_state[KEY] = Bench(shown=Shown(made, LEAK), tab=tab, typed=str(folder))
    app = app.switch_page("../evaluate.py").run()
    assert shown(app) > 2
