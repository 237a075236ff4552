"""A model that segments, on the Analyse page: run, outlines, what speaks against them, and the score beside them."""

import dataclasses

import numpy as np
import pytest

from medimg_core.correcting import Stroke
from medimg_core.results import Activations, Flag, GateOutcome, GateReason, Prediction
from medimg_core.study import Series, Volume
from pages._ui.settings import Settings
from pages._ui.state import KEY
from pages._ui.viewer import shown as shown_module
from tests.pages.conftest import (
    SHA,
    case_of,
    components,
    make_case,
    make_ct,
    make_masks,
    make_series,
    make_study,
    put_card,
    settled,
    told,
    words,
)
from tests.tiny_model import CARD, MASKS, MULTI

PARTS = ((1, (0, 2), (1, 4), (1, 4)), (1, (4, 4), (5, 5), (5, 7)))
STACK = MULTI.replace('modality = ["US"]', 'modality = ["CT"]').replace('extent = "image"', 'extent = "volume"')


def chest(slices=5):
    return dataclasses.replace(make_ct(slices), body_part="CHEST")


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A folder of the test's own models."""
    folder = tmp_path / "own"
    monkeypatch.setenv("MEDIMG_MODELS", str(folder))
    return folder


@pytest.fixture
def opened(card, models, open_app):
    """Analyse with a card that segments and a result of it; gives the page and the result."""

    def run(text=MASKS, *boxes, series=None, edits=(), card_changes=(), still=False, **changes):
        for old, new in card_changes:
            assert old in text
            text = text.replace(old, new)
        name = "tiny_multi" if "multi_task" in text else "tiny_masks"
        put_card(models, text, name)
        case = make_case(make_study(1, series or chest()))
        result = make_masks(case.volume, *(boxes or PARTS), model_id=name, **changes)
        case = case.with_segmentation(case.series_key, result).with_edits(result, edits)
        return open_app(case, "analyse", still=still), result

    return run


def buttons(app, start):
    return [button for button in app.button if button.key and button.key.startswith(start)]


def turn_to(app, place):
    """As the viewer does when the reader scrolls."""
    held = app.session_state[KEY]
    held.case = held.case.with_view(slice_index=place)


def said(volume, place, score, *reasons):
    """What a multi-task model said of one slice."""
    empty = np.zeros(2, np.float32)
    return Prediction(
        model_id="tiny_multi", weights_sha256=SHA, fingerprint=volume.fingerprint, slice_index=place, frame=0,
        reading="malignant", score=score, log_odds=0.0, score_range=(score, score), threshold=0.5, class_scores={},
        gate=GateOutcome(reasons), uses_outside=False,
        activations=Activations(np.zeros((2, 2, 8), np.float32), np.zeros(8, np.float32), empty, np.zeros((0, 2))),
        input_shape=volume.shape[1:],
    )  # fmt: skip


def test_run_outlines_the_volume_and_its_parts_lead_to_their_slices(tiny_masks, card, open_app, monkeypatch):
    monkeypatch.setenv("MEDIMG_MODELS", str(tiny_masks.folder.parent))
    values = np.full((4, 40, 56), -80, np.int16)
    values[:, :2] = -60
    values[2:4, 8:20, 10:40] = 250
    volume = dataclasses.replace(make_ct(4).volume, array=values)
    app = open_app(make_case(make_study(1, dataclasses.replace(chest(4), volume=volume))), "analyse")
    assert "Outlines: bright" in words(app)
    app = settled(app.button(key="run-tiny_masks").click().run())
    result = case_of(app).segmentation("tiny_masks")
    assert result.mask[3, 10, 20] == 1
    (over,) = told(app)["overlays"]
    assert (over["kind"], over["shape"], over["edits"]["ids"]) == ("mask", [1, 4, 40, 56], [])
    assert [each["name"] for each in over["labels"]] == ["bright"]
    (part,) = buttons(app, "part-")
    assert "image 3" in part.label
    assert told(app)["view"]["goal"] is None
    part.click().run()
    assert case_of(app).view.slice_index == 2
    assert told(app)["view"]["goal"] == {"n": 1, "index": [2, *case_of(app).view.goal[1:]]}


def test_the_list_says_what_was_measured(opened):
    app, _ = opened()
    text = words(app)
    # voxels of 3 x 2 x 1 mm: 48 and 3 of them
    assert "**bright**: 0.31 mL, 2 parts, images 1 to 5" in text
    first, second = (button.label for button in buttons(app, "part-"))
    assert first.startswith("**1, image 1**\n")
    assert "0.29 mL" in first
    assert second.startswith("**2, image 5**\n3.0 x 2.0 mm, 6.0 mm², 0.018 mL, touches the edge")
    assert "Dice 0.93 between masks under small changes; not a confidence interval." in text
    assert "Weights: Apache-2.0" in text


def test_signs_of_failure_stand_first_and_lead_to_their_slices(opened):
    flags = (Flag("gap", "1 slice without bright among others with it.", (0, 4)), Flag("border", "It touches."))
    app, _ = opened(flags=flags)
    checks = [each.value for each in app.markdown if "Check:" in each.value]
    assert checks == [
        ":orange[**Check:**] 1 slice without bright among others with it.",
        ":orange[**Check:**] It touches.",
    ]
    (go,) = buttons(app, "flag-")
    assert go.label == "Go to image 5"  # the next after the one on show, which is 3
    go.click().run()
    assert case_of(app).view.slice_index == 4
    assert buttons(app, "flag-")[0].label == "Go to image 1"


def test_a_mark_stands_over_the_masks_and_a_refusal_in_their_place(opened):
    mark = GateOutcome((GateReason("age_unknown", "The age is unknown.", refuses=False),))
    app, _ = opened(gate=mark)
    assert "The age is unknown." in app.warning[0].value


def test_a_refusal_takes_the_place_of_the_masks(opened):
    refuse = GateOutcome((GateReason("unit", "The unit is another.", refuses=True),))
    app, _ = opened(gate=refuse)
    assert "No result: the model does not apply here." in app.error[0].value
    assert "The unit is another." in app.error[0].value
    assert told(app)["overlays"] == []
    assert not buttons(app, "part-")
    assert "mL" not in words(app)


def test_a_volume_is_withheld_until_the_reader_names_the_slices(opened):
    told_why = Flag("extent", "No volume is given: nobody has said which.")
    app, _ = opened(card_changes=[('extent = "volume"', 'extent = "reader"')], whole=False, flags=(told_why,))
    assert "**bright**: volume withheld, 2 parts" in words(app)
    assert "mL" not in words(app)
    keys = [number.label for number in app.number_input]
    assert keys == ["First with bright", "Last with bright"]
    app.number_input[0].set_value(2).run()
    assert "Name the other end, too" in words(app)
    app.button(key=next(b.key for b in app.button if b.label == "Last: image 3")).click().run()
    assert case_of(app).view.spans == {"tiny_masks": (1, 2)}
    app.switch_page("../read.py").run()
    app.switch_page("../analyse.py").run()
    assert [number.value for number in app.number_input] == [2, 3]
    app.number_input[0].set_value(5).run()
    assert "the first image lies behind the last" in words(app)


def test_corrections_are_measured_and_can_be_taken_back_and_made_again(opened):
    edit = Stroke(1, 1, (0, 2), id="a1")
    app, result = opened(MASKS, edits=[edit])
    text = words(app)
    assert "**Corrected by the reader**, 1 edit" in text
    assert "bright: Dice 0.98 with the model's mask; 2 voxels added, 0 removed; +0.012 mL; image 2." in text
    assert "**bright** as corrected: 0.32 mL, 2 parts" in text
    assert told(app)["overlays"][0]["edits"]["ids"] == ["a1"]
    app.button(key="discard-tiny_masks").click().run()
    assert case_of(app).corrected(result) is None
    assert "as corrected" not in words(app)
    app.button(key="restore-tiny_masks").click().run()
    assert case_of(app).corrected(result).edits == (edit,)


def test_the_brush_is_offered_only_where_it_can_paint(opened, monkeypatch):
    app, _ = opened()
    assert "Shift+B paints" in words(app)
    monkeypatch.setattr(shown_module, "SETTINGS", Settings(viewer_voxels=100))  # of 240
    app.run()
    assert "Shift+B" not in words(app)
    assert "reduced for display; masks are only corrected" in words(app)
    assert told(app)["overlays"][0]["edits"] is None


def test_files_are_offered_of_the_models_mask_and_of_the_corrected_one(opened):
    app, _ = opened(edits=[Stroke(1, 1, (0, 2), id="a1")])
    offered = [each.proto.label for each in app.get("download_button")]
    assert offered == ["NIfTI", "PNG of image 3", "NIfTI", "PNG of image 3", "CSV", "JSON"]


def test_a_single_image_has_areas_and_sides_but_no_volume(opened):
    series = make_series(2)
    text = MASKS.replace('["CT"]', '["DX"]').replace('unit = "HU"', 'unit = "any"')
    boxes = ((1, (0, 0), (2, 2), (1, 5)), (1, (0, 0), (2, 2), (10, 13)))
    app, _ = opened(text, *boxes, series=series, sides=True, whole=False)
    text = words(app)
    assert "**bright**: 2 parts, 2.2 mm² at the detector" in text
    assert "**1, right**: 2.5 x 0.50 mm, 1.2 mm² at the detector" in text
    assert "**2, left**: 2.0 x 0.50 mm, 1.0 mm² at the detector" in text
    assert "withheld" not in text
    assert "mL" not in text
    assert not buttons(app, "part-")
    assert not app.number_input


def test_without_millimetres_sizes_are_pixels_and_it_is_said(opened):
    volume = Volume(np.zeros((1, 12, 16), np.int16))
    text = MASKS.replace('unit = "HU"', 'unit = "any"')
    app, _ = opened(
        text, (1, (0, 0), (2, 2), (1, 5)), series=Series("1.7", "CT", volume, body_part="CHEST"), whole=False
    )
    assert "**bright**: 5.0 x 1.0 px, 5 pixels (spacing not known)" in words(app)


def test_the_score_follows_the_slice_on_show_without_a_new_run(opened):
    series = chest()
    scores = [said(series.volume, place, score) for place, score in enumerate((0.1, 0.6, 0.8, 0.2, 0.3))]
    odd = GateReason("out_of_distribution", "This one is strange.", refuses=False)
    scores[3] = said(series.volume, 3, 0.2, odd)
    app, _ = opened(STACK, series=series, names=("dark", "bright"), predictions=tuple(scores))
    assert "Asked: malignant; outlines: dark, bright" in words(app)
    assert "**Image 3**" in words(app)
    assert "**Score 0.80** - malignant label" in words(app)
    assert "2 of 5 images reach the threshold: 2-3; highest 0.80 on image 3." in words(app)
    (strip,) = components(app, "profile")
    assert strip["scores"] == [0.1, 0.6, 0.8, 0.2, 0.3]
    assert (strip["place"], strip["threshold"], strip["first"]) == (2, 0.5, 0)
    turn_to(app, 3)
    app.run()
    assert "**Score 0.20** - no malignant label" in words(app)
    assert "This one is strange." in words(app)
    assert components(app, "profile")[0]["place"] == 3
    assert case_of(app).findings.predictions  # the same run, for the worklist and the map


def test_a_model_of_single_images_is_run_on_each(opened):
    films = dataclasses.replace(make_series(2).volume, array=np.zeros((3, 12, 16), np.int16))
    series = Series("1.8", "US", films, body_part="BREAST")
    first = said(films, 1, 0.7)
    app, _ = opened(MULTI, (2, (1, 1), (2, 5), (1, 5)), series=series, names=("dark", "bright"), slices=(1, 1),
                    predictions=(first,), whole=False, declared=("first and last slice",))  # fmt: skip
    assert "**Score 0.70**" in words(app)
    assert "On your word" not in words(app)
    assert not components(app, "profile")
    turn_to(app, 2)
    app.run()
    assert "Score" not in words(app)
    assert app.button(key="run-tiny_multi").label == "Run"
    assert told(app)["overlays"] == []


def test_one_button_for_maps_has_the_key(card, models, open_app):
    for name in ("one", "two"):
        put_card(models, CARD, name)
    case = make_case(make_study(1))
    for name in ("one", "two"):
        result = dataclasses.replace(said(case.volume, 0, 0.9), model_id=name, reading="pneumonia")
        case = case.with_prediction(case.series_key, result)
    app = open_app(case, "analyse")
    assert [button.proto.shortcut for button in buttons(app, "map-toggle-")] == ["m", ""]


def test_a_still_picture_shows_the_outlines_too(opened):
    app, _ = opened(still=True)
    (alt,) = [picture.alt for element in app.image for picture in element.proto.imgs]
    assert "outlines of Tiny test network that segments" in alt
