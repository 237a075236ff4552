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

INFOS = {info.id: info for info in catalogue()}
IDS = list(INFOS)
DX = "1.2.840.10008.5.1.4.1.1.1.1"
STORAGE = {
    "DX": DX,
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "US": "1.2.840.10008.5.1.4.1.1.6.1",
}
STACKS = [name for name in IDS if INFOS[name].modality in ("CT", "MR")]


def headers(phantom_id: str) -> list[pydicom.Dataset]:
    """Of the few slices that stand for a large phantom; test_chest_ct finds them byte for byte in the whole."""
    return [pydicom.dcmread(io.BytesIO(content)) for _, content in make_phantom(phantom_id, reduced=True).files]


def test_the_catalogue_is_cheap_and_its_ids_are_unique() -> None:
    assert len(set(IDS)) == len(IDS)
    assert {"chest_child_clear", "chest_child_consolidation", "chest_adult_gate", "ct_thorax"} <= set(IDS)


@pytest.mark.parametrize("phantom_id", IDS)
def test_every_file_is_marked_synthetic_and_names_a_phantom(phantom_id: str) -> None:
    modality = INFOS[phantom_id].modality
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
    assert len({ds.SeriesInstanceUID for ds in files}) == INFOS[phantom_id].series
    assert len({ds.StudyInstanceUID for ds in files}) == 1
    assert len({(ds.SeriesNumber, ds.InstanceNumber) for ds in files}) == len(files)
    assert len({name for name, _ in make_phantom(phantom_id, reduced=True).files}) == len(files)


@pytest.mark.parametrize("phantom_id", STACKS)
def test_a_stack_has_one_frame_of_reference_of_its_own(phantom_id: str) -> None:
    frames = {ds.FrameOfReferenceUID for ds in headers(phantom_id)}
    assert len(frames) == 1
    others = {headers(name)[0].FrameOfReferenceUID for name in STACKS if name != phantom_id}
    assert not frames & others


@pytest.mark.parametrize("phantom_id", IDS)
def test_texts_have_the_length_that_dicom_allows(phantom_id: str) -> None:
    for ds in headers(phantom_id):
        assert ds.SeriesDescription.startswith("SYNTHETIC ")
        assert max(len(ds.SeriesDescription), len(ds.StudyDescription), len(ds.PatientID)) <= 64


@pytest.mark.parametrize("phantom_id", IDS)
def test_descriptions_tell_a_blind_reader_nothing(phantom_id: str) -> None:
    words = {"nodule", "lesion", "consolidation", "clear", "oval", "spiculated", "finding", "prior", "year", "inverted"}
    for ds in headers(phantom_id):
        said = f"{ds.SeriesDescription} {ds.StudyDescription}".lower()
        assert not [word for word in words if word in said]


@pytest.mark.parametrize("phantom_id", IDS)
def test_one_study_of_synthetic_series_opens_without_a_warning(phantom_id: str) -> None:
    phantom = make_phantom(phantom_id, reduced=True)
    opened = open_study(phantom.files)
    assert (len(opened.studies), opened.refused, opened.warnings) == (1, (), ())
    study = opened.studies[0]
    assert len(study.series) == INFOS[phantom_id].series
    assert sum(series.files for series in study.series) == len(phantom.files)
    assert study.warnings == ()
    for series in study.series:
        assert series.synthetic
        assert series.kind == "image"
        assert series.volume is not None
        assert series.warnings == ()


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
    assert json.loads(json.dumps(dict(make_phantom(phantom_id, reduced=True).truth)))


MASKS = {
    "brain_flair": {"lesion"},
    "breast_ultrasound_benign": {"lesion"},
    "breast_ultrasound_spiculated": {"lesion"},
    "liver_ct": {"liver", "lesion"},
}


@pytest.mark.parametrize("phantom_id", IDS)
def test_masks_lie_on_the_opened_volume_and_cannot_be_written_to(phantom_id: str) -> None:
    phantom = make_phantom(phantom_id, reduced=True)
    assert set(phantom.masks) == MASKS.get(phantom_id, set())
    for mask in phantom.masks.values():
        volume = open_study(phantom.files).studies[0].series[0].volume
        assert volume is not None
        assert (mask.shape, mask.dtype, mask.flags.writeable) == (volume.shape, np.dtype(bool), False)
        assert mask.any()


@pytest.mark.parametrize("phantom_id", sorted(MASKS))
def test_another_seed_makes_another_lesion(phantom_id: str) -> None:
    one, other = make_phantom(phantom_id, reduced=True), make_phantom(phantom_id, seed=2, reduced=True)
    assert (one.masks["lesion"] != other.masks["lesion"]).any()


def test_writing_gives_the_same_bytes(tmp_path: Path) -> None:
    paths = write_phantom("orientation_coronal", tmp_path / "new" / "folder")
    assert [(path.name, path.read_bytes()) for path in paths] == list(make_phantom("orientation_coronal").files)


@pytest.mark.parametrize("phantom_id", ["ct_thorax", "orientation_axial"])
def test_a_small_phantom_is_never_reduced_and_made_once(phantom_id: str) -> None:
    assert make_phantom(phantom_id, reduced=True) is make_phantom(phantom_id)


def test_making_a_large_phantom_reports_progress_and_can_be_stopped() -> None:
    seen: list[tuple[int, int]] = []

    def stop(done: int, total: int, text: str) -> None:
        seen.append((done, total))
        raise InterruptedError

    with pytest.raises(InterruptedError):
        make_phantom("ct_chest_nodules", seed=77, reduced=True, progress=stop)
    assert seen == [(0, 26)]


@pytest.mark.parametrize(("phantom_id", "seed"), [("no_such", None), ("ct_thorax", -1)])
def test_unknown_ids_and_seeds_are_refused(phantom_id: str, seed: int | None) -> None:
    with pytest.raises(IncompatibleInputError, match="must be"):
        make_phantom(phantom_id, seed=seed)


@pytest.mark.parametrize(
    ("phantom_id", "ink"),
    [
        ("ct_thorax", 400),
        ("ct_thorax_prior", 400),
        ("ct_thorax_two_series", 400),
        ("ct_chest_nodules", 400),
        ("heart_cine", 900),
        ("brain_flair", 1800),
        ("breast_ultrasound_benign", 255),
        ("breast_ultrasound_spiculated", 255),
        ("liver_ct", 400),
    ],
)
def test_the_word_synthetic_is_burnt_into_every_slice(phantom_id: str, ink: int) -> None:
    for series in open_study(make_phantom(phantom_id, reduced=True).files).studies[0].series:
        assert series.volume is not None
        corner = series.volume.array[..., -18:, :100].reshape(-1, 18, 100) == ink
        everywhere = corner.all(axis=0)
        assert everywhere.sum() > 60
        assert np.ptp(np.flatnonzero(everywhere.any(axis=0))) > 40  # the whole word, not a bright spot
