"""The worklist page: drop, table, refused files, demo studies, two patients."""

import dataclasses
import gzip
import io
import zipfile

import nibabel
import numpy as np
import pytest
from PIL import Image

from medimg_core.io import open_study
from medimg_core.phantoms import catalogue, make_phantom
from medimg_core.phantoms.dicom import uid
from medimg_core.study import Opened, Refused, Series, Volume
from pages._ui.mixed import persons
from tests.pages.conftest import (
    case_of,
    case_with_result,
    make_case,
    make_ct,
    make_masks,
    make_prediction,
    make_series,
    make_study,
    settled,
    told,
    words,
)


def drop(app, *files):
    """Give files to the uploader, as a browser does."""
    for name, content in files:
        app.file_uploader[0].upload(name, content)
    return settled(app.run())


def test_a_first_visit_says_what_to_do(open_app):
    app = open_app()
    assert "No study is open yet" in words(app)
    assert "Research use only" in words(app)
    assert not app.dataframe


def test_one_row_a_study_with_what_models_said(open_app):
    flagged, quiet = make_study(1), make_study(2)
    case = case_with_result(flagged, score=0.9)
    both = make_case(flagged, quiet)
    case = both.with_prediction(case.series_key, case.prediction("tiny_model"))
    table = open_app(case).dataframe[0].value
    assert list(table["Patient"]) == ["P-000001", "P-000002"]
    assert list(table["Status"]) == ["analysed", "new"]
    assert list(table["Models say"]) == ["pneumonia: above threshold", ""]
    assert list(table["Images"]) == [1, 1]


def marked_rows(app):
    """Rows that the table shows as chosen."""
    return [value["selection"]["rows"] for key, value in app.session_state.items() if str(key).startswith("worklist-")
            and isinstance(value, dict)]  # fmt: skip


def test_the_marked_row_is_the_current_study_however_it_was_chosen(open_app):
    app = open_app(make_case(make_study(1), make_study(2), make_study(3)))
    assert marked_rows(app) == [[0]]
    app.selectbox(key="panel-study").set_value("1.9.3").run()
    assert case_of(app).study_uid == "1.9.3"
    assert marked_rows(app) == [[2]]


def test_a_stack_says_on_how_many_images(open_app):
    case = make_case(make_study(1, make_ct(5)), make_study(2, make_ct(4)))
    for place, score in enumerate((0.1, 0.9, 0.8)):
        said = dataclasses.replace(make_prediction(case.volume, score=score), slice_index=place)
        case = case.with_prediction(case.series_key, said)
    other = case.with_study("1.9.2")
    other = other.with_segmentation(other.series_key, make_masks(other.volume, (1, (1, 2), (1, 3), (1, 3))))
    table = open_app(other).dataframe[0].value
    assert list(table["Models say"]) == ["pneumonia: above threshold on 2 of 3 images", ""]
    assert list(table["Status"]) == ["analysed", "analysed"]


def test_a_negative_is_not_above_the_threshold_and_nothing_more(open_app):
    table = open_app(case_with_result(make_study(1), score=0.1)).dataframe[0].value
    assert list(table["Models say"]) == ["pneumonia: not above threshold"]


@pytest.mark.parametrize(
    ("point", "said"),
    [
        ("", "pneumonia: not above threshold"),
        ("balanced", "pneumonia: not above threshold"),
        ("sensitive", "pneumonia: above threshold"),
    ],
)
def test_the_table_decides_at_the_operating_point_that_analyse_shows(open_app, card, point, said):
    with (card.folder / "card.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[thresholds]]\nname = "sensitive"\nvalue = 0.3\nsensitivity = 0.9\nspecificity = 0.2\n')
        file.write('source = "none: random weights"\n')
    case = case_with_result(make_study(1), score=0.4)
    app = open_app(case.with_operating("tiny_model", point) if point else case)
    assert list(app.dataframe[0].value["Models say"]) == [said]
    shown = words(app.switch_page("../analyse.py").run())
    decision = "no pneumonia label" if "not" in said else "pneumonia label"
    assert f"**Score 0.40** - {decision}" in shown


def test_a_result_whose_model_is_gone_keeps_the_threshold_it_was_made_with(open_app, card):
    app = open_app(case_with_result(make_study(1), score=0.9))
    (card.folder / "card.toml").unlink()
    assert list(app.run().dataframe[0].value["Models say"]) == ["pneumonia: above threshold"]


def test_a_zipped_phantom_is_read_and_the_uploader_is_emptied(open_app):
    name, content = make_phantom("orientation_radiograph").files[0]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"set/{name}", content)
    app = open_app()
    before = case_of(app).drop
    app = drop(app, ("study.zip", packed.getvalue()))
    case = case_of(app)
    assert len(case.studies) == 1
    assert case.study.synthetic
    assert case.drop == before + 1
    assert not app.file_uploader[0].value
    assert list(app.dataframe[0].value["Origin"]) == ["synthetic"]


def test_one_bad_file_never_spoils_the_rest(open_app):
    app = drop(open_app(), make_phantom("orientation_radiograph").files[0], ("notes.txt", b"not an image"))
    assert len(case_of(app).studies) == 1
    assert app.expander[0].label == "1 file was not read"
    refused = app.dataframe[1].value
    assert list(refused["File"]) == ["notes.txt"]
    assert "MedImg reads DICOM" in refused["Why"][0]
    assert not app.error


def test_the_list_of_refused_files_can_be_cleared(open_app):
    app = open_app(make_case(refused=(Refused("a", "because"), Refused("b", "because"))))
    assert app.expander[0].label == "2 files were not read"
    app.button(key="clear-refused").click().run()
    assert not app.expander


def test_a_demo_study_opens_with_one_click(open_app):
    app = open_app()
    assert sum(button.key.startswith("demo-") for button in app.button) == len(catalogue())
    app = settled(app.button(key="demo-orientation_radiograph").click().run())
    assert [study.synthetic for study in case_of(app).studies] == [True]


def test_the_card_of_a_demo_study_says_that_it_is_open_and_leads_on(open_app):
    app = open_app(make_case(make_study(1)))
    assert "Open." not in words(app)
    for name in ("orientation_radiograph", "orientation_axial"):
        app = settled(app.button(key=f"demo-{name}").click().run())
        assert words(app).count("**Open.**") == 1  # of the one on show
    keys = [button.key for button in app.button]
    card = keys.index("demo-orientation_axial")
    assert keys[card + 1 : card + 3] == ["demo-read", "demo-analyse"]
    app.button(key="demo-read").click().run()
    assert told(app)["main"]


@pytest.mark.parametrize("row", [row for row in catalogue() if not row.large], ids=lambda row: row.id)
def test_every_card_knows_its_study(row):
    (study,) = open_study([make_phantom(row.id).files[0]]).studies
    assert uid(f"{row.id} {row.seed}", "study") == study.uid  # as pages/worklist.py tells it


def keep(app, name):
    """The only button that keeps this patient."""
    (button,) = [button for button in app.button if button.label == f"Keep {name}"]
    return button


def test_two_patients_in_one_drop_wait_for_a_choice(open_app):
    first, second = make_study(1), make_study(2)
    mixed = (persons((first, second)),)
    app = open_app(make_case(first, second, mixed=mixed, warnings=("said by the core too",)))
    assert "2 patients" in app.warning[0].value
    assert "said by the core too" not in words(app)
    keep(app, "P-000002").click().run()
    assert [study.uid for study in case_of(app).studies] == [second.uid]
    assert not app.warning


def test_each_of_two_mixed_drops_waits_for_its_own_choice(open_app):
    studies = tuple(make_study(number) for number in (1, 2, 3, 4))
    app = open_app(make_case(*studies, mixed=(persons(studies[:2]), persons(studies[2:]))))
    assert len(app.warning) == 2
    keep(app, "P-000003").click().run()
    assert [study.uid for study in case_of(app).studies] == ["1.9.1", "1.9.2", "1.9.3"]
    assert len(app.warning) == 1
    keep(app, "P-000001").click().run()
    assert [study.uid for study in case_of(app).studies] == ["1.9.1", "1.9.3"]
    assert not app.warning


def test_persons_under_one_pseudonym_are_told_apart_by_their_rows(open_app):
    drop = (make_study(1, patient="P-A"), make_study(2, patient="P-A"))
    app = open_app(make_case().with_opened(Opened(drop, mixed_patients=True)))
    assert "2 patients" in app.warning[0].value
    keep(app, "P-A (row 2)").click().run()
    assert [study.uid for study in case_of(app).studies] == ["1.9.2"]
    assert not app.warning


def test_many_patients_are_chosen_from_a_list(open_app):
    studies = [make_study(number) for number in range(1, 9)]
    app = open_app(make_case(*studies, mixed=(persons(tuple(studies)),)))
    next(box for box in app.selectbox if box.label == "Patient to keep").select("P-000007").run()
    keep(app, "P-000007").click().run()
    assert [study.uid for study in case_of(app).studies] == ["1.9.7"]


def test_what_to_know_of_the_last_drop_is_told(open_app):
    assert "a folder was empty" in words(open_app(make_case(make_study(1), warnings=("a folder was empty",))))


def test_a_study_is_closed_with_its_results(open_app):
    app = open_app(case_with_result(make_study(1)))
    app.button(key="worklist-close").click().run()
    assert case_of(app).studies == ()
    assert not case_of(app).findings.predictions


def test_warnings_of_the_series_are_told(open_app):
    study = make_study(1, make_series(1, warnings=("two slices are missing",)))
    assert "two slices are missing" in words(open_app(make_case(study)))


def test_the_buttons_lead_to_the_pages(open_app):
    app = open_app(make_case(make_study(1)))
    app.button(key="worklist-read").click().run()
    assert told(app)["main"]


def test_pictures_without_headers_are_told_apart(open_app):
    rng = np.random.default_rng(5)
    pictures = [Volume(rng.integers(0, 256, (1, 20, 24), dtype=np.uint8)) for _ in range(2)]
    studies = [make_study(n, Series(f"1.7.{n}", "", picture), patient="unknown") for n, picture in enumerate(pictures)]
    app = open_app(make_case(*studies))
    told = list(app.dataframe[0].value["Description"])
    assert told == [f"20 x 24 pixels, {picture.fingerprint[:4]}" for picture in pictures]
    assert [option for option in app.selectbox(key="panel-study").options if told[0] in option]


def png(seed):
    """A picture of 20 x 24 pixels."""
    stream = io.BytesIO()
    values = np.random.default_rng(seed).integers(0, 256, (20, 24), dtype=np.uint8)
    Image.fromarray(values).save(stream, "png")
    return stream.getvalue()


def nifti():
    """A gzip file with a volume in it."""
    return gzip.compress(nibabel.Nifti1Image(np.arange(60, dtype=np.int16).reshape(3, 4, 5), np.eye(4)).to_bytes())


def test_files_without_headers_go_by_their_names(open_app):
    long = "a picture of somebody with a very long name 07.png"
    files = [("left.png", png(1)), (long, png(2)), ("head.nii.gz", nifti()), ("broken.gz", gzip.compress(b"x")[:9])]
    app = drop(open_app(), *files)
    described = list(app.dataframe[0].value["Description"])
    assert set(described) == {"left.png", "a picture of ... name 07.png", "head.nii.gz"}
    assert app.selectbox(key="panel-study").options == described
    app.selectbox(key="panel-study").select("left.png").run()
    assert "File: left.png" in words(app)
    assert all("left" not in repr(study) for study in case_of(app).studies)  # it is shown, and not logged


def test_files_of_one_name_are_told_apart_by_their_pixels(open_app):
    app = drop(open_app(), ("same.png", png(1)), ("same.png", png(2)))
    marks = [f"20 x 24 pixels, {study.series[0].volume.fingerprint[:4]}" for study in case_of(app).studies]
    assert list(app.dataframe[0].value["Description"]) == marks


def test_pictures_in_an_archive_go_by_their_names_too(open_app):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("A Person/left.png", png(1))
        archive.writestr("A Person/right.png", png(2))
    app = drop(open_app(), ("set.zip", stream.getvalue()))
    assert set(app.dataframe[0].value["Description"]) == {"left.png", "right.png"}
    assert "A Person" not in words(app)


def test_a_file_with_a_header_leaves_no_name(open_app):
    app = drop(open_app(), ("A_Person.dcm", make_phantom("orientation_radiograph").files[0][1]))
    (series,) = case_of(app).study.series
    assert series.file_name == ""
    assert "A_Person" not in words(app)


def test_a_drop_of_which_nothing_is_read_says_so_beside_open_studies(open_app):
    app = open_app(make_case(make_study(1)))
    app = settled(drop(app, ("note.txt", b"hello")))
    assert "Note: nothing of the last drop could be read" in words(app)
    assert case_of(app).study.uid == make_study(1).uid
    app.button(key="clear-refused").click().run()
    assert "nothing of the last drop" not in words(app)
