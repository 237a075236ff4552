"""What opening a CT costs beside bare pydicom and beside SimpleITK.

``python -m benchmarks.reading [--json]``. 300 uncompressed slices of 512 x 512, made on the spot with the
header of a real scanner's size, are read from disk and decoded in turn by pydicom alone, by SimpleITK's
series reader over the file names that it sorts, and by ``open_study``, which also sniffs, checks, sorts,
rescales and stacks them. Processor time of this process (all of its threads), medians of the rounds: load on
the machine hits all alike, and the ratio is what counts. Each is timed right after an untimed run of the same:
a virtual machine that gives freed memory back to its host pays for the first touch of it again, which would
count for whoever comes next. The memory that opening takes at its peak is
measured in a process of its own, beside the bytes of the voxels.
"""

import argparse
import gc
import json
import multiprocessing
import os
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

SLICES = 300
PRIVATE_ELEMENTS = 150
"""Elements beside those that place the slice; scanners write 100 to 300."""
TARGETS = {"bare pydicom": 2.0, "SimpleITK": 0.5}
MEMORY_TARGET = 1.5


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


def simple_itk(paths: list[Path]) -> None:
    """Read as SimpleITK's users do: the reader sorts the folder's files and reads them into one image."""
    import SimpleITK

    toolkit: Any = SimpleITK
    reader = toolkit.ImageSeriesReader()
    reader.SetFileNames(toolkit.ImageSeriesReader.GetGDCMSeriesFileNames(str(paths[0].parent)))
    assert reader.Execute().GetSize() == (512, 512, SLICES)


def timed(task: Callable[[list[Path]], None], paths: list[Path]) -> tuple[float, float]:
    """Seconds that the second of two calls takes: of this process, user and system; and on the wall."""
    task(paths)
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    task(paths)
    after, end = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, end - start


def _peak(paths: list[Path], answer: Any) -> None:
    """Send the largest growth of this process while it opens the files, in bytes."""
    ours(paths)  # imports and caches are not the study's
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # begin the high-water mark anew (proc_pid_clear_refs(5))
    before = _status("VmRSS")
    ours(paths)
    answer.send(_status("VmHWM") - before)


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def peak_memory(paths: list[Path]) -> float:
    """Largest growth of a process that opens the files, over the bytes of the voxels."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_peak, args=(paths, there))
    process.start()
    there.close()
    grown: int = here.recv()
    process.join()
    return grown / (SLICES * 512 * 512 * 2)


def measure(rounds: int) -> dict[str, Any]:
    """Time all in turn; the claims, and the medians in seconds."""
    tasks = {"bare pydicom": bare, "SimpleITK": simple_itk, "open_study": ours}
    with tempfile.TemporaryDirectory() as folder:
        paths = write_slices(Path(folder))
        times = [{name: timed(task, paths) for name, task in tasks.items()} for _ in range(rounds)]
        memory = peak_memory(paths) if Path("/proc/self/clear_refs").exists() else None
    processor = {name: statistics.median(entry[name][0] for entry in times) for name in tasks}
    wall = {name: statistics.median(entry[name][1] for entry in times) for name in tasks}
    ratios = {
        f"open_study / {name}, {SLICES} CT slices": (processor["open_study"] / processor[name], target)
        for name, target in TARGETS.items()
    }
    if memory is not None:
        ratios[f"peak memory of open_study / voxels, {SLICES} CT slices"] = (memory, MEMORY_TARGET)
    return {
        "claims": [
            {"name": name, "value": round(value, 3), "target": target, "unit": "x", "holds": value <= target}
            for name, (value, target) in ratios.items()
        ],
        "medians_s": {name: round(value, 3) for name, value in processor.items()},
        "wall_medians_s": {name: round(value, 3) for name, value in wall.items()},
        "wall_ratios": {name: round(wall["open_study"] / wall[name], 3) for name in TARGETS},
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
        print(f"{name:14} {value:7.3f} s, on the wall {answer['wall_medians_s'][name]:7.3f} s")
    for claim in answer["claims"]:
        mark = "holds" if claim["holds"] else "DOES NOT HOLD"
        print(f"{claim['name']}: {claim['value']} (target {claim['target']}) {mark}")
    print(answer["machine"])


if __name__ == "__main__":
    main()
