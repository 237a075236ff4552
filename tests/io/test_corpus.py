"""Real files, where they are: every one ends read or refused, in time, and the known ones have their known values."""

import csv
import time
from pathlib import Path

import numpy as np
import pytest

from medimg_core.io import frame_times, gate_tags, open_study, slice_thickness, summary
from tests.io.test_opening import counted, only, voxels

pytestmark = pytest.mark.real_data
SECONDS_A_FILE = 5
LEAST_READ = 0.98


@pytest.fixture(scope="module")
def corpus(data_dir: Path) -> Path:
    folder = data_dir / "dicom_corpus"
    if not folder.is_dir():
        pytest.skip("no DICOM corpus among the real images")
    return folder


def test_every_file_is_read_or_refused_in_time(corpus: Path, capsys: pytest.CaptureFixture[str]):
    with (corpus / "index.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    open_study([corpus / rows[0]["path"]])  # imports are not the file's time
    counts = {"with pixels": 0, "objects": 0, "refused": 0}
    decodable, read, images, with_pixels = 0, 0, 0, 0
    for row in rows:
        start = time.process_time()
        opened = open_study([corpus / row["path"]])
        assert time.process_time() - start < SECONDS_A_FILE, row["path"]
        assert counted(opened) == 1, row["path"]
        assert all(len(refused.reason) > 10 for refused in opened.refused)
        series = [entry for study in opened for entry in study.series]
        pixels = any(entry.volume is not None for entry in series)
        counts["refused" if opened.refused else "with pixels" if pixels else "objects"] += 1
        if row["read"] == row["pixel_decode"] == "ok":
            decodable += 1
            read += bool(series)
            is_image = not (series and series[0].kind == "object")
            images += is_image
            with_pixels += pixels
    with capsys.disabled():
        told = f"{len(rows)} files: {counts}; of {decodable} decodable {read} read, of {images} images {with_pixels}"
        print("\n" + told)  # noqa: T201 - the counts are what a reader of the test run wants to see
    assert read >= LEAST_READ * decodable
    assert with_pixels >= LEAST_READ * images


def test_the_whole_corpus_in_one_drop(corpus: Path):
    opened = open_study([corpus])
    assert counted(opened) == sum(1 for path in corpus.rglob("*") if path.is_file())
    assert opened.mixed_patients
    told = repr(opened) + repr([{**study, "patient": ""} for study in summary(opened)["studies"]])
    assert "^" not in told


def test_pet_has_one_slope_a_slice(data_dir: Path):
    opened = open_study([data_dir / "pet_dicom" / "STS_001_FDG_PET.zip"])
    (study,) = opened.studies
    pet, rois = study.series
    volume = voxels(pet)
    assert (pet.files, volume.array.shape, volume.unit, rois.object_name) == (
        267,
        (267, 128, 128),
        "Bq/mL",
        "RT structure set",
    )
    # 71.0 kg, 388.777472 MBq, half-life 6588 s, 2711 s from injection to acquisition: SUVbw of the data's own notes
    suv = volume.array * np.float64(71.0 * 1000 / (3.88777472e8 * 2 ** (-2711 / 6588)))
    assert float(suv.max()) == pytest.approx(66.52, abs=0.005)
    assert float(np.percentile(suv, 99.9)) == pytest.approx(4.76, abs=0.005)
    assert volume.geometry is not None
    assert volume.geometry.orientation == "SPL"
    assert pet.warnings[0].startswith("slice spacing varies from 3.19 to 3.29 mm")
    assert gate_tags(pet).modality == "PT"


def test_cine_sorts_into_space_and_time(data_dir: Path):
    series = only(open_study([data_dir / "heart_cine_dicom" / "SCD0000301_cine_sax.zip"]))
    volume = voxels(series)
    assert (series.files, volume.frames, volume.shape) == (80, 20, (4, 256, 256))
    times = [float(header.TriggerTime) for header in series.source]
    assert all(times[4 * k : 4 * k + 4] == times[4 * k : 4 * k + 1] * 4 for k in range(20))
    assert times[::4] == sorted(set(times))
    assert volume.geometry is not None
    assert volume.geometry.spacing[0] == pytest.approx(8.0, abs=0.001)
    assert slice_thickness(series) == 8.0


def test_enhanced_files_of_one_volume_each_sort_into_space_and_time(corpus: Path):
    folder = corpus / "neurolabusc__dcm_qa_enh" / "In" / "Siemens" / "XA10"
    if not folder.is_dir():
        pytest.skip("no enhanced MR among the real images")
    series = only(open_study([folder]))
    volume = voxels(series)
    assert (series.files, volume.frames, volume.shape, series.warnings) == (4, 4, (6, 64, 64), ())
    assert frame_times(series) == (0, 500, 1000, 1500)  # RepetitionTime is 0.5 s
    assert slice_thickness(series) == pytest.approx(2.4)
    assert volume.geometry is not None
    assert volume.geometry.spacing == pytest.approx((2.4, 3.375, 3.375), abs=1e-3)
    assert len({uid for uid, _ in volume.instances[:6]}) == 1


@pytest.mark.parametrize(
    ("pattern", "frames", "orientation", "colour"),
    [
        ("hippocampus_mri/**/*.nii*", 1, "SAR", False),
        ("brain_fmri/**/*bold.nii*", 78, "SPL", False),
        ("chest_xray/**/*.jpeg", 1, None, False),
        ("gi_polyps/**/*.jpg", 1, None, True),
    ],
)
def test_other_formats(data_dir: Path, pattern: str, frames: int, orientation: str | None, colour: bool):
    path = next(iter(sorted(data_dir.glob(pattern))), None)
    if path is None:
        pytest.skip(f"no file {pattern} among the real images")
    volume = voxels(only(open_study([path])))
    assert volume.frames == frames
    assert volume.colour == colour
    assert (None if volume.geometry is None else volume.geometry.orientation) == orientation
