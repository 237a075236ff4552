"""The CT: Hounsfield units are those promised, and the nodule is at its place."""

import io
from typing import Any

import numpy as np
import pydicom
import pytest
from scipy import ndimage

from medimg_core.io import open_study
from medimg_core.phantoms import make_phantom
from medimg_core.phantoms.ct import HU, thick_slices
from medimg_core.phantoms.dicom import Plane
from medimg_core.study import Volume

PAIR = ("ct_thorax", "ct_thorax_prior")


@pytest.fixture(scope="module")
def volume() -> Volume:
    found = open_study(make_phantom("ct_thorax").files).studies[0].series[0].volume
    assert found is not None
    return found


@pytest.fixture(scope="module")
def truth() -> Any:
    return make_phantom("ct_thorax").truth


def test_units_geometry_and_shape(volume: Volume, truth: Any) -> None:
    assert volume.unit == "HU"
    assert volume.geometry is not None
    assert volume.geometry.orientation == "SPL"
    assert volume.spacing == pytest.approx(truth["spacing_mm"])


@pytest.mark.parametrize(
    ("place", "tissue"), [((-150, -140, 40), "air"), ((-74, 24, 35), "lung"), ((14, -18, -30), "soft")]
)
def test_tissues_have_their_values(volume: Volume, place: tuple[float, ...], tissue: str) -> None:
    assert volume.geometry is not None
    s, r, c = (int(value) for value in np.rint(volume.geometry.to_index(np.array(place, dtype=float))))
    block = volume.array[s - 1 : s + 2, r - 2 : r + 3, c - 2 : c + 3]
    assert np.median(block) == pytest.approx(HU[tissue], abs=25)


def test_bone_is_dense(volume: Volume) -> None:
    assert np.percentile(volume.array, 99.9) > 0.7 * HU["bone"]


def test_the_nodule_is_at_its_place_in_the_right_lung(volume: Volume, truth: Any) -> None:
    assert volume.geometry is not None
    centre = np.array(truth["nodule"]["lps_mm"])
    index = np.stack(np.meshgrid(*(np.arange(n) for n in volume.shape), indexing="ij"), axis=-1)
    places = volume.geometry.to_world(index)
    near = np.linalg.norm(places - centre, axis=-1) < 9
    weight = np.where(near, volume.array.astype(float) - HU["lung"], 0).clip(100) - 100
    middle = [np.average(places[..., axis], weights=weight) for axis in range(3)]
    assert middle == pytest.approx(centre, abs=1.0)
    assert centre[0] < 0
    nodule = ndimage.map_coordinates(volume.array.astype(float), volume.geometry.to_index(centre)[:, None], order=1)[0]
    assert nodule == pytest.approx(HU["nodule"], abs=90)
    volume_mm3 = weight.sum() / (HU["nodule"] - HU["lung"]) * np.prod(truth["spacing_mm"])
    assert volume_mm3 == pytest.approx(np.pi / 6 * truth["nodule"]["diameter_mm"] ** 3, rel=0.35)


def header(phantom_id: str) -> pydicom.Dataset:
    return pydicom.dcmread(io.BytesIO(make_phantom(phantom_id).files[0][1]))


def nodule_diameter(volume: Volume, centre: Any) -> float:
    """From the volume of what is brighter than lung around a place in LPS mm."""
    assert volume.geometry is not None
    index = np.stack(np.meshgrid(*(np.arange(n) for n in volume.shape), indexing="ij"), axis=-1)
    near = np.linalg.norm(volume.geometry.to_world(index) - np.array(centre), axis=-1) < 9
    share = np.clip((volume.array[near].astype(float) - HU["lung"]) / (HU["nodule"] - HU["lung"]), 0.1, None) - 0.1
    return float(2 * (share.sum() * np.prod(volume.geometry.spacing) * 3 / 4 / np.pi) ** (1 / 3))


def test_the_prior_is_of_the_same_patient_a_year_before() -> None:
    now, before = header("ct_thorax"), header("ct_thorax_prior")
    for keyword in ("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "Modality", "BodyPartExamined"):
        assert now[keyword].value == before[keyword].value
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        assert now[keyword].value != before[keyword].value
    assert int(now.StudyDate) - int(before.StudyDate) == 10000  # one year
    assert before.StudyDate == before.SeriesDate == before.AcquisitionDate == before.ContentDate
    assert (now.PatientAge, before.PatientAge) == ("045Y", "044Y")


def test_both_studies_open_together_as_of_one_patient() -> None:
    files = [(f"{name}/{file}", content) for name in PAIR for file, content in make_phantom(name).files]
    opened = open_study(files)
    assert not opened.mixed_patients
    assert sorted(study.date or "" for study in opened.studies) == ["2025-01-01", "2026-01-01"]
    assert len({study.patient.pseudonym for study in opened.studies}) == 1


def test_the_nodule_has_grown_since_the_prior(volume: Volume, truth: Any) -> None:
    prior: Any = make_phantom("ct_thorax_prior").truth
    earlier = open_study(make_phantom("ct_thorax_prior").files).studies[0].series[0].volume
    assert earlier is not None
    assert (prior["nodule"]["diameter_mm"], prior["later"]["diameter_mm"]) == (7.0, truth["nodule"]["diameter_mm"])
    assert prior["later"]["lps_mm"] == truth["nodule"]["lps_mm"]
    small, large = (
        nodule_diameter(earlier, prior["nodule"]["lps_mm"]),
        nodule_diameter(volume, truth["nodule"]["lps_mm"]),
    )
    assert small == pytest.approx(7.0, abs=0.8)
    assert large == pytest.approx(10.0, abs=0.8)


def test_the_patient_lies_elsewhere_in_the_prior(volume: Volume, truth: Any) -> None:
    prior: Any = make_phantom("ct_thorax_prior").truth
    earlier = open_study(make_phantom("ct_thorax_prior").files).studies[0].series[0].volume
    assert earlier is not None
    assert earlier.geometry is not None
    assert volume.geometry is not None
    shift = np.array(prior["shift_to_later_mm"])
    np.testing.assert_allclose(np.array(prior["nodule"]["lps_mm"]) + shift, truth["nodule"]["lps_mm"])
    places = np.random.default_rng(0).uniform((-100, -60, -60), (100, 60, 30), (4000, 3))

    def values(of: Volume, points: np.ndarray) -> np.ndarray:
        assert of.geometry is not None
        return ndimage.map_coordinates(of.array.astype(float), of.geometry.to_index(points).T, order=1)

    here = values(volume, places)
    registered, unregistered = values(earlier, places - shift), values(earlier, places)
    assert np.abs(registered - here).mean() < 0.5 * np.abs(unregistered - here).mean()


def test_two_series_share_a_frame_of_reference_and_anatomy() -> None:
    phantom = make_phantom("ct_thorax_two_series")
    study = open_study(phantom.files).studies[0]
    by_slices = {series.volume.shape[0]: series for series in study.series if series.volume is not None}
    thin, thick = by_slices[36], by_slices[18]
    assert thin.uid != thick.uid
    assert thin.description != thick.description
    assert thick.description.startswith("SYNTHETIC ")
    assert thick.description.endswith("thick")
    assert thin.volume is not None
    assert thick.volume is not None
    assert thick.volume.geometry is not None
    truth: Any = phantom.truth
    assert truth["thick"]["spacing_mm"] == (8.0, 2.0, 2.0)
    assert thick.volume.spacing == pytest.approx((8.0, 2.0, 2.0))
    body = slice(None, -20)  # rows above the burnt-in word
    mean = (thin.volume.array[::2].astype(float) + thin.volume.array[1::2]) / 2
    np.testing.assert_allclose(thick.volume.array[:, body], mean[:, body], atol=0.5)
    voxel = thick.volume.geometry.to_index(np.array(truth["nodule"]["lps_mm"]))
    np.testing.assert_allclose(voxel, truth["thick"]["nodule_voxel"], atol=1e-3)
    s, r, c = np.rint(voxel).astype(int)
    assert thick.volume.array[s, r, c] > -300


def test_what_is_left_over_is_not_made_thick() -> None:
    stack = np.arange(7, dtype=np.int16).reshape(7, 1, 1)
    plane = Plane((1, 0, 0, 0, 1, 0), np.zeros(3), np.array([0.0, 0.0, 2.0]), (1.0, 1.0))
    thick, where = thick_slices(stack, plane, 3)
    assert thick.ravel().tolist() == [1, 4]
    assert (where.origin[2], where.step[2]) == (2.0, 6.0)
