"""Regions on the Explain page: where they come from, what is written on them, and a box without a pointer."""

import io
import math
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from medimg_core.results import GateOutcome, RegionProbe, Variant
from pages._ui.explained import Probed
from pages._ui.explaining.box import BOX
from pages._ui.explaining.desk import seat
from pages._ui.explaining.export import about, packed
from pages._ui.explaining.kept import explained, keep
from pages._ui.explaining.probe_panel import current_probe
from pages._ui.explaining.region_choice import KNOWN, MARKED, region_of
from pages._ui.view import tag_of
from tests.pages.conftest import case_of, case_with_result, make_study, told, words
from tests.pages.test_explain import asked_of, audited, drawn, mapped

OWN = math.log(2)
"""Log-odds of two classes of three, as far as the network of these tests can tell."""
AUDITS = [
    ((), "MAP NOT AUDITED", "this region comes from a map that was not audited."),
    (
        ("not_shown",),
        "MAP NOT SHOWN TO FOLLOW THE MODEL",
        "this region comes from a map that is not shown to follow the model.",
    ),
    (("shown", "shown"), "", ""),
]


def variant_of(case, *, distance=None, limit=None):
    """The image, as if it had been changed."""
    said = replace(case.prediction("tiny_model"), gate=GateOutcome((), distance, limit))
    return Variant(replace(case.volume, array=case.volume.array.astype(np.float32)), said, 0.1, 0.6)


def probed(case, chosen, measurement=None, *, region=None, **figures):
    """The same with a region hidden, and the same shape on the other side."""
    inside = np.zeros(case.volume.shape[1:], bool)
    inside[2:5, 3:7] = True
    variant = variant_of(case, **figures)
    probe = RegionProbe(
        how="border",
        keep=False,
        region=inside if region is None else region,
        log_odds=OWN,
        score=0.9,
        distance=figures.get("distance"),
        after=variant,
        control_region=inside[:, ::-1].copy(),
        control=variant,
        control_note="Mirrored.",
    )
    return keep(case, replace(explained(case), probed=Probed(asked_of(case), measurement, probe, chosen)))


def hiding(app):
    app.segmented_control(key="explain-task").set_value("hide").run()
    return app


@pytest.mark.parametrize(("verdicts", "mark", "text"), AUDITS)
def test_a_region_of_a_map_carries_the_mark_of_the_map(open_app, card, verdicts, mark, text):
    case = mapped()
    case = probed(audited(case, *verdicts) if verdicts else case, MARKED)
    app = hiding(open_app(case, "explain"))
    assert app.selectbox(key="explain-region").value == MARKED
    assert (text or "this region comes from a map") in words(app) or not text
    assert ("this region comes from a map" in words(app)) is bool(text)
    banner = told(app)["other"]["marks"]["banner"][-1]
    assert banner == " - ".join(filter(None, ("CHANGED IMAGE: REGION FILLED", mark)))
    said = about(seat(case_of(app), card))["region"]
    assert (said["taken_from"], said["mark"]) == ("map", mark or None)


@pytest.mark.parametrize("name", ["region.png", "control.png"])
def test_files_of_a_region_of_a_map_are_burnt_with_its_mark(card, name):
    def picture(case):
        with zipfile.ZipFile(io.BytesIO(packed(seat(case, card)))) as archive:
            return archive.read(name)

    pictures = [picture(probed(audited(mapped(), *told), MARKED)) for told in (("shown", "shown"), ("not_shown",))]
    pictures.append(picture(probed(mapped(), MARKED)))
    assert len(set(pictures)) == 3
    assert picture(probed(mapped(), KNOWN)) == pictures[0]  # what is known of the image is of no map


@pytest.mark.parametrize(("chosen", "source"), [(KNOWN, "known"), (BOX, "box by numbers"), ("r-1", "drawn")])
def test_regions_that_no_map_drew_carry_no_mark(card, chosen, source):
    case = drawn(audited(mapped(), "not_shown"))
    desk = seat(case, card)
    measurement = None if chosen == KNOWN else region_of(desk, chosen)[0]
    said = about(seat(probed(case, chosen, measurement), card))["region"]
    assert (said["taken_from"], said["mark"]) == (source, None)


@pytest.mark.parametrize("verdicts", [(), ("not_shown",), ("shown", "shown")])
def test_a_region_is_not_seen_under_the_figures_of_another(open_app, verdicts):
    case = mapped()
    case = probed(audited(case, *verdicts) if verdicts else case, MARKED)
    app = hiding(open_app(case, "explain"))
    assert len(app.table) == 1
    app.selectbox(key="explain-region").set_value(BOX).run()
    assert not app.table
    assert told(app)["other"]["marks"]["banner"][-1] == "THE BOX, NOTHING IS HIDDEN YET"
    app.selectbox(key="explain-region").set_value(MARKED).run()
    assert len(app.table) == 1


def test_strangeness_is_told_without_exponents(open_app):
    case = probed(mapped(), MARKED, distance=1163.2, limit=828.4)
    text = words(hiding(open_app(case, "explain")))
    assert "the changed image is stranger than the model's own (1,160, limit 828)" in text
    assert "out-of-distribution score, limit 828." in text
    assert "e+" not in text


def fields(app, case):
    names = ("row", "column", "rows", "columns")
    return [app.number_input(key=f"explain-box-{name}-{tag_of(case.series_key)}") for name in names]


def test_a_box_is_given_by_numbers_and_seen_beside_the_image(open_app, card):
    case = case_with_result(make_study(1))  # 12 x 16 pixels
    app = hiding(open_app(case, "explain"))
    assert "Or give a box by numbers." in words(app)
    assert app.selectbox(key="explain-region").options == ["A box by numbers"]
    assert [each.value for each in fields(app, case)] == [5, 7, 3, 4]  # in the middle
    assert [each.label for each in fields(app, case)] == ["First row", "First column", "Rows", "Columns"]
    (over,) = told(app)["overlaysBeside"]
    assert told(app)["other"]["marks"]["banner"][-1] == "THE BOX, NOTHING IS HIDDEN YET"

    fields(app, case)[0].set_value(2).run()
    fields(app, case)[3].set_value(6).run()
    assert [each.value for each in fields(app, case)] == [2, 7, 3, 6]
    (moved,) = told(app)["overlaysBeside"]
    assert moved["id"] != over["id"]
    app.run()
    assert told(app)["overlaysBeside"][0]["id"] == moved["id"]  # the browser fetches it once
    measurement, inside = region_of(seat(case_of(app), card), BOX)
    expected = np.zeros((12, 16), bool)
    expected[1:4, 6:12] = True
    np.testing.assert_array_equal(inside, expected)
    assert measurement.id == BOX


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ((12, 1, 5, 4), [12, 1, 1, 4]),
        ((1, 16, 1, 16), [1, 16, 1, 1]),
        ((3, 4, 12, 16), [3, 4, 10, 13]),
    ],
)
def test_a_box_ends_where_the_image_does(open_app, given, kept):
    case = case_with_result(make_study(1))
    app = hiding(open_app(case, "explain"))
    for field, value in zip(fields(app, case), given, strict=True):
        field.set_value(value)
    app.run()
    assert [each.value for each in fields(app, case)] == kept


def test_a_box_that_was_hidden_is_shown_until_it_is_moved(open_app, card):
    case = case_with_result(make_study(1))
    app = hiding(open_app(case, "explain"))
    measurement, inside = region_of(seat(case_of(app), card), BOX)
    app = hiding(open_app(probed(case_of(app), BOX, measurement, region=inside), "explain"))
    assert told(app)["other"]["marks"]["banner"][-1] == "CHANGED IMAGE: REGION FILLED"
    assert current_probe(seat(case_of(app), card)) is not None
    fields(app, case)[0].set_value(1).run()
    assert current_probe(seat(case_of(app), card)) is None
    assert told(app)["other"]["marks"]["banner"][-1] == "THE BOX, NOTHING IS HIDDEN YET"


def test_a_box_of_another_series_begins_in_the_middle(open_app):
    case = case_with_result(make_study(1))
    elsewhere = keep(case, explained(case).with_setting(BOX, (("1", "2", ""), (0, 0, 1, 1))))
    assert [each.value for each in fields(hiding(open_app(elsewhere, "explain")), case)] == [5, 7, 3, 4]
