"""Headers against a card."""

import dataclasses

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.gate import Declared, check_tags, read_tags
from medimg_core.registry import OutputSpec
from medimg_core.study import Series, Volume

pytestmark = pytest.mark.filterwarnings("ignore:.*VR CS")  # broken values are what is tested

VOLUME = Volume(np.zeros((1, 4, 4), np.uint8))


def header(**tags):
    from pydicom import Dataset

    dataset = Dataset()
    for keyword, value in {"Modality": "DX", "BodyPartExamined": "CHEST", "ViewPosition": "AP", **tags}.items():
        setattr(dataset, keyword, value)
    return dataset


def series(kind="image", **tags):
    return Series("1.2", "DX", VOLUME, kind=kind, source=(header(**{"PatientAge": "004Y", **tags}),))


def codes(reasons):
    return {reason.code: reason.refuses for reason in reasons}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, {}),
        ({"Modality": "CR"}, {}),
        ({"Modality": "CT"}, {"modality": True}),
        ({"Modality": ""}, {"modality_unknown": False}),
        ({"BodyPartExamined": "thorax"}, {}),
        ({"BodyPartExamined": "SKULL"}, {"body_part": True}),
        ({"BodyPartExamined": ""}, {"body_part_unknown": False}),
        ({"ViewPosition": "LL"}, {"view": True}),
        ({"ViewPosition": "RL"}, {"view": True}),
        ({"ViewPosition": "LATERAL"}, {"view": True}),
        ({"ViewPosition": "PA"}, {"view": False}),
        ({"ViewPosition": ""}, {"view_unknown": False}),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, {"localiser": True}),
        ({"PatientAge": "001Y"}, {}),
        ({"PatientAge": "005Y"}, {}),
        ({"PatientAge": "006Y"}, {"age": False}),
        ({"PatientAge": "011M"}, {"age": False}),
        ({"PatientAge": "047Y"}, {"age": False}),
        ({"PatientAge": ""}, {"age_unknown": False}),
        ({"SyntheticData": "YES"}, {"synthetic": False}),
        ({"Modality": "MR", "ViewPosition": "LL"}, {"modality": True, "view": True}),
    ],
)
def test_what_each_tag_does(tiny_model, tags, expected):
    reasons, said = check_tags(series(**tags), tiny_model)
    assert codes(reasons) == expected
    assert said == ()


def test_a_series_set_apart_as_a_localiser_is_refused(tiny_model):
    reasons, _ = check_tags(series(kind="localiser"), tiny_model)
    assert codes(reasons) == {"localiser": True}


def test_nothing_known_marks_everything_and_refuses_nothing(tiny_model):
    reasons, _ = check_tags(None, tiny_model)
    assert codes(reasons) == dict.fromkeys(
        ("modality_unknown", "body_part_unknown", "view_unknown", "age_unknown"), False
    )


def test_the_reader_s_word_counts_where_the_file_is_silent(tiny_model):
    declared = Declared(modality="CT", body_part="CHEST", view="AP", age_years=40)
    reasons, said = check_tags(None, tiny_model, declared)
    assert codes(reasons) == {"modality": True, "age": False}
    assert said == ("modality CT", "body part CHEST", "view AP", "age 40 years")


def test_the_reader_s_word_never_overrules_a_tag(tiny_model):
    declared = Declared(modality="DX", view="AP", age_years=3)
    reasons, said = check_tags(series(Modality="CT", ViewPosition="LL", PatientAge="060Y"), tiny_model, declared)
    assert codes(reasons) == {"modality": True, "view": True, "age": False}
    assert said == ()


def test_a_card_without_views_and_ages_does_not_ask_for_them(tiny_model):
    population = dataclasses.replace(tiny_model.population, views=(), age_years=None)
    card = dataclasses.replace(tiny_model, population=population, body_part=())
    assert codes(check_tags(None, card)[0]) == {"modality_unknown": False}


def test_free_text_in_a_coded_tag_never_reaches_a_message(tiny_model):
    reasons, _ = check_tags(series(BodyPartExamined="Chest of Mr Doe, 12.3.1950"), tiny_model)
    texts = " ".join(reason.text for reason in reasons)
    assert "MR DOE" not in texts.upper()
    assert "1950" not in texts
    assert codes(reasons) == {"body_part_unclear": False}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"BodyPartExamined": "LEFT HAND, Doe"}, {"body_part_unclear": False}),
        ({"BodyPartExamined": "HAND/WRIST"}, {"body_part_unclear": False}),
        ({"ViewPosition": "as ordered!"}, {"view_unclear": False}),
        ({"ViewPosition": "Lateral!"}, {"view": True}),
        ({"Modality": "dx?"}, {"modality_unclear": False}),
    ],
)
def test_a_tag_that_is_no_code_is_not_silent(tiny_model, tags, expected):
    word = Declared(modality="DX", body_part="CHEST", view="AP", age_years=3)
    reasons, said = check_tags(series(**tags), tiny_model, word)
    assert codes(reasons) == expected
    assert said == ()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("399067008", {"view": True}),
        ("R-10236", {"view": True}),
        ("399348003", {}),
        ("272479007", {"view": False}),
        ("399110001", {"view_unclear": False}),
    ],
)
def test_a_coded_view_counts_where_there_is_no_term(tiny_model, code, expected):
    from pydicom import Dataset

    item = Dataset()
    item.CodeValue = code
    found = series(ViewPosition="", ViewCodeSequence=[item])
    assert codes(check_tags(found, tiny_model, Declared(view="AP"))[0]) == expected


def test_the_reader_s_word_is_repeated_only_where_it_is_a_code(tiny_model):
    reasons, said = check_tags(None, tiny_model, Declared(body_part="knee of Mr Doe, 1950"))
    assert codes(reasons)["body_part"]
    assert "1950" not in " ".join([*said, *(reason.text for reason in reasons)])


def test_an_impossible_age_is_refused():
    with pytest.raises(IncompatibleInputError, match=r"age must lie in 0\.\.130 years, got 200"):
        Declared(age_years=200)


def test_tags_hide_the_age_in_repr():
    assert "4" not in repr(read_tags(series()))


@pytest.mark.parametrize(("part", "told"), [("DOE JOHN", "another"), ("KNEE", "KNEE")])
def test_a_word_that_could_be_a_name_is_not_repeated(tiny_model, part, told):
    (reason,) = check_tags(series(BodyPartExamined=part), tiny_model)[0]
    assert reason.text.endswith(f"the file's body part is {told}.")
    assert reason.refuses


def flair(card, **population):
    limits = dataclasses.replace(card.population, views=(), age_years=None, sequences=("FLAIR",), **population)
    return dataclasses.replace(card, modality=("MR",), body_part=("BRAIN", "HEAD"), population=limits)


MR = {"Modality": "MR", "BodyPartExamined": "HEAD", "ViewPosition": "", "ScanningSequence": ["SE", "IR"]}
SPIN = {"ScanningSequence": "SE"}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"EchoTime": 120, "RepetitionTime": 9000, "InversionTime": 2500}, {}),
        ({"SeriesDescription": "Ax FLAIR"}, {}),
        ({}, {"sequence_unknown": False}),
        (
            {"EchoTime": 12, "RepetitionTime": 2000, "InversionTime": 860, "SeriesDescription": "FLAIR"},
            {"sequence": True},
        ),
        ({**SPIN, "EchoTime": 12, "RepetitionTime": 500}, {"sequence": True}),
        ({**SPIN, "EchoTime": 100, "RepetitionTime": 4000}, {"sequence": True}),
        ({"DiffusionBValue": 1000.0}, {"sequence": True}),
        ({"Modality": "CT"}, {"modality": True}),
        ({"Modality": "CT", "BodyPartExamined": "KNEE"}, {"modality": True, "body_part": True}),
    ],
)
def test_a_model_of_one_sequence(tiny_model, tags, expected):
    reasons, said = check_tags(series(**{**MR, **tags}), flair(tiny_model))
    assert codes(reasons) == expected
    assert said == ()


@pytest.mark.parametrize(
    ("word", "expected", "said"),
    [
        (None, {"sequence_unknown": False}, ()),
        ("flair", {}, ("sequence FLAIR",)),
        ("T1", {"sequence": True}, ("sequence T1",)),
        ("OTHER", {"sequence": True}, ("sequence OTHER",)),
    ],
)
def test_the_reader_s_word_gives_the_sequence_of_a_picture(tiny_model, word, expected, said):
    declared = Declared(modality="MR", body_part="BRAIN", sequence=word)
    reasons, spoken = check_tags(None, flair(tiny_model), declared)
    assert codes(reasons) == expected
    assert spoken == ("modality MR", "body part BRAIN", *said)


def test_the_reader_s_word_does_not_overrule_the_times(tiny_model):
    scan = series(**{**MR, **SPIN, "EchoTime": 12, "RepetitionTime": 500})
    reasons, said = check_tags(scan, flair(tiny_model), Declared(sequence="FLAIR"))
    assert codes(reasons) == {"sequence": True}
    assert said == ()


def test_what_a_sequence_s_messages_say(tiny_model):
    def texts(**tags):
        return [reason.text for reason in check_tags(series(**{**MR, **tags}), flair(tiny_model))[0]]

    assert texts() == ["The file does not say that it is a FLAIR; the model was trained on no other sequence."]
    assert texts(SeriesDescription="DWI of Mr Doe") == ["The model reads FLAIR; this is DWI."]
    word = Declared(modality="MR", body_part="HEAD", sequence="as for Mr Doe")
    reasons, said = check_tags(None, flair(tiny_model), word)
    assert [reason.text for reason in reasons] == ["The model reads FLAIR; this is another sequence."]
    assert "DOE" not in " ".join(said).upper()


def test_a_card_without_sequences_takes_any_and_hears_no_word(tiny_model):
    population = dataclasses.replace(flair(tiny_model).population, sequences=())
    card = dataclasses.replace(flair(tiny_model), population=population)
    reasons, said = check_tags(series(**MR), card, Declared(sequence="T1"))
    assert (reasons, said) == ((), ())


@pytest.mark.parametrize(
    ("modality", "part", "tags", "expected"),
    [
        ("US", "BREAST", {"Modality": "US", "BodyPartExamined": "BREAST"}, {}),
        ("US", "BREAST", {"Modality": "US", "BodyPartExamined": "THYROID"}, {"body_part": True}),
        ("US", "BREAST", {"Modality": "MG", "BodyPartExamined": "BREAST"}, {"modality": True}),
        ("CT", "LIVER", {"Modality": "CT", "BodyPartExamined": "CHESTABDPELVIS"}, {}),
        ("CT", "LIVER", {"Modality": "CT", "BodyPartExamined": "CHEST_TO_ABDOMEN"}, {}),
        ("CT", "LIVER", {"Modality": "CT", "BodyPartExamined": "HEAD"}, {"body_part": True}),
        ("DX", "CHEST", {"BodyPartExamined": "WHOLEBODY"}, {"body_part": True}),
    ],
)
def test_parts_of_larger_regions(tiny_model, modality, part, tags, expected):
    population = dataclasses.replace(tiny_model.population, views=(), age_years=None)
    card = dataclasses.replace(tiny_model, modality=(modality,), body_part=(part,), population=population)
    assert codes(check_tags(series(**tags), card)[0]) == expected


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (("classification",), "the score says nothing"),
        (("segmentation",), "the mask says nothing"),
        (("classification", "segmentation"), "score and mask say nothing"),
    ],
)
def test_a_synthetic_image_is_told_of_what_the_model_gives(tiny_model, kinds, said):
    outputs = tuple(OutputSpec(kind, kind, ("one", "other"), None, "") for kind in kinds)
    reasons, _said = check_tags(series(SyntheticData="YES"), dataclasses.replace(tiny_model, outputs=outputs))
    assert [reason.text for reason in reasons] == [f"This is a synthetic image: {said} about any patient."]
