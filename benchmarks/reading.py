"""What opening a CT costs beside bare pydicom.

``python -m benchmarks.reading [--json]``. 300 uncompressed slices of 512 x 512, made on the spot with the
header of a real scanner's size, are read from disk and decoded in turn by pydicom alone and by
``open_study``, which also sniffs, checks, sorts, rescales and stacks them. Processor time of this process,
medians of the rounds: load on the machine hits both alike, and the ratio is what counts.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

SLICES = 300
PRIVATE_ELEMENTS = 150
"""Elements beside those that place the slice; scanners write 100 to 300."""
TARGET = 2.0


def write_slices(folder: Path) -> list[Path]:
    """Write the stack, named so that names do not give its order; returns the paths."""
    import pydicom
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = CTImageStorage
    data.StudyInstanceUID, data.SeriesInstanceUID, data.FrameOfReferenceUID = (generate_uid() for _ in range(3))
    data.Modality, data.PatientID, data.ImageType = "CT", "BENCHMARK", ["ORIGINAL", "PRIMARY", "AXIAL"]
    data.Rows = data.Columns = 512
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
    data.RescaleSlope, data.RescaleIntercept, data.PixelSpacing = 1, -1024, [0.7, 0.7]
    data.ImageOrientationPatient, data.SliceThickness = [1, 0, 0, 0, 1, 0], 1.25
    data.add_new(0x00090010, "LO", "BENCHMARK")
    for number in range(PRIVATE_ELEMENTS):
        data.add_new(0x00091000 + number, "DS", f"{number}.5")
    pixels = np.random.default_rng(0).integers(0, 2000, (512, 512)).astype(np.int16)
    pixels[:100] = 24  # air: -1000 HU
    paths = []
    for index in range(SLICES):
        data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        data.InstanceNumber, data.ImagePositionPatient = SLICES - index, [-180, -180, 1.25 * index]
        data.PixelData = (pixels + index).tobytes()
        paths.append(folder / f"{index * 37 % SLICES:04d}")
        pydicom.dcmwrite(paths[-1], data, enforce_file_format=True)
    return sorted(paths)


def bare(paths: list[Path]) -> None:
    """Read and decode with pydicom alone."""
    import pydicom

    kept = [pydicom.dcmread(path).pixel_array for path in paths]
    assert len(kept) == SLICES


def ours(paths: list[Path]) -> None:
    """Open as a study."""
    from medimg_core.io import open_study

    volume = open_study(paths).studies[0].series[0].volume
    assert volume is not None
    assert volume.shape == (SLICES, 512, 512)
    assert volume.unit == "HU"


def processor_time(task: Callable[[], None]) -> float:
    """Seconds of this process, user and system, that a call takes."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    task()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure(rounds: int) -> dict[str, Any]:
    """Time both in turn; the claim, and the medians in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        paths = write_slices(Path(folder))
        bare(paths)
        ours(paths)
        pairs = [(processor_time(lambda: bare(paths)), processor_time(lambda: ours(paths))) for _ in range(rounds)]
    alone, opened = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = opened / alone
    return {
        "claims": [
            {
                "name": f"open_study / bare pydicom, {SLICES} CT slices",
                "value": round(ratio, 3),
                "target": TARGET,
                "unit": "x",
                "holds": ratio <= TARGET,
            }
        ],
        "medians_s": {"bare pydicom": round(alone, 3), "open_study": round(opened, 3)},
        "rounds": rounds,
        "machine": {
            "platform": platform.platform(),
            "processors": os.cpu_count(),
            "load_average": round(os.getloadavg()[0], 2),
        },
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    answer = measure(arguments.rounds)
    if arguments.json:
        print(json.dumps(answer))
        return
    for name, value in answer["medians_s"].items():
        print(f"{name:14} {value:7.3f} s")
    for claim in answer["claims"]:
        mark = "holds" if claim["holds"] else "DOES NOT HOLD"
        print(f"{claim['name']}: {claim['value']} (target {claim['target']}) {mark}")
    print(answer["machine"])


if __name__ == "__main__":
    main()
