"""Every phantom: valid tags, marked synthetic, opened whole by the one door, the same bytes for the same seed."""

import io
import json
from pathlib import Path

import numpy as np
import pydicom
import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.io import open_study
from medimg_core.phantoms import catalogue, make_phantom, write_phantom

IDS = [info.id for info in catalogue()]
DX = "1.2.840.10008.5.1.4.1.1.1.1"
STORAGE = {"DX": DX, "CT": "1.2.840.10008.5.1.4.1.1.2", "MR": "1.2.840.10008.5.1.4.1.1.4"}


def headers(phantom_id: str) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(io.BytesIO(content)) for _, content in make_phantom(phantom_id).files]


def test_the_catalogue_is_cheap_and_its_ids_are_unique() -> None:
    assert len(set(IDS)) == len(IDS)
    assert {"chest_child_clear", "chest_child_consolidation", "chest_adult_gate", "ct_thorax"} <= set(IDS)


@pytest.mark.parametrize("phantom_id", IDS)
def test_every_file_is_marked_synthetic_and_names_a_phantom(phantom_id: str) -> None:
    modality = {info.id: info.modality for info in catalogue()}[phantom_id]
    for ds in headers(phantom_id):
        assert ds["SyntheticData"].value == "YES"
        assert ds.BurnedInAnnotation == "YES"
        assert str(ds.PatientName).startswith("PHANTOM^")
        assert ds.PatientID.startswith("PHANTOM-")
        assert ds.Modality == modality
        assert ds.SOPClassUID == STORAGE[modality] == ds.file_meta.MediaStorageSOPClassUID
        assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
        assert ds.pixel_array.max() <= 4095


@pytest.mark.parametrize("phantom_id", IDS)
def test_instances_of_a_series_share_it_and_differ(phantom_id: str) -> None:
    files = headers(phantom_id)
    assert len({ds.SOPInstanceUID for ds in files}) == len(files)
    assert len({ds.SeriesInstanceUID for ds in files}) == 1
    assert len({name for name, _ in make_phantom(phantom_id).files}) == len(files)


@pytest.mark.parametrize("phantom_id", IDS)
def test_one_study_of_one_synthetic_series_opens_without_a_warning(phantom_id: str) -> None:
    phantom = make_phantom(phantom_id)
    opened = open_study(phantom.files)
    assert (len(opened.studies), opened.refused, opened.warnings) == (1, (), ())
    study = opened.studies[0]
    assert len(study.series) == 1
    series = study.series[0]
    assert series.synthetic
    assert series.kind == "image"
    assert series.files == len(phantom.files)
    assert (study.warnings, series.warnings) == ((), ())


def test_uids_differ_between_phantoms_and_between_seeds() -> None:
    uids = [headers(phantom_id)[0].StudyInstanceUID for phantom_id in IDS]
    other = pydicom.dcmread(io.BytesIO(make_phantom("orientation_radiograph", seed=9).files[0][1]))
    assert len({*uids, other.StudyInstanceUID}) == len(IDS) + 1


def test_the_names_in_use_do_not_sort_like_the_slices() -> None:
    files = make_phantom("orientation_axial").files
    numbers = [int(pydicom.dcmread(io.BytesIO(content)).InstanceNumber) for _, content in sorted(files)]
    assert numbers != sorted(numbers)


@pytest.mark.parametrize("phantom_id", IDS)
def test_the_truth_is_json(phantom_id: str) -> None:
    assert json.loads(json.dumps(dict(make_phantom(phantom_id).truth)))


def test_writing_gives_the_same_bytes(tmp_path: Path) -> None:
    paths = write_phantom("orientation_coronal", tmp_path / "new" / "folder")
    assert [(path.name, path.read_bytes()) for path in paths] == list(make_phantom("orientation_coronal").files)


@pytest.mark.parametrize(("phantom_id", "seed"), [("no_such", None), ("ct_thorax", -1)])
def test_unknown_ids_and_seeds_are_refused(phantom_id: str, seed: int | None) -> None:
    with pytest.raises(IncompatibleInputError, match="must be"):
        make_phantom(phantom_id, seed=seed)


def test_the_word_synthetic_is_burnt_into_every_slice_of_the_ct() -> None:
    volume = open_study(make_phantom("ct_thorax").files).studies[0].series[0].volume
    assert volume is not None
    corner = volume.array[:, -14:, :60]
    ink = corner == 400
    assert np.all(ink == ink[0])
    assert ink[0].sum() > 60
