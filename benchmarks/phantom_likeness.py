"""How like the phantom radiographs are to real ones: grey histogram and power spectrum.

``python -m benchmarks.phantom_likeness --json``. Phantoms and the ``val`` images of ``chest_xray`` are
compared as 8-bit images squashed to 224 x 224. Each distance stands beside the same distance between
random halves of real images of the same number, so that it means something. The data folder is
``MEDIMG_DATA``, or ``shared/data`` beside the checkout.
"""

import argparse
import csv
import json
import os
import platform
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.timing import data_folder

SIZE = 224
Grey = npt.NDArray[np.uint8]


def phantoms(count: int, first_seed: int) -> Grey:
    """Child radiographs of consecutive seeds: clear, right and left consolidation in turn; ``(count, 224, 224)``."""
    from medimg_core.phantoms.radiograph import TOP, chest_radiograph

    images = []
    for number in range(count):
        pixels = chest_radiograph(first_seed + number, lesion=("", "right", "left")[number % 3]).pixels
        images.append(squash((pixels.astype(np.float32) * (255 / TOP)).astype(np.uint8)))
    return np.stack(images)


def squash(image: Grey) -> Grey:
    """To a square, aspect not kept, as the training images were."""
    return np.asarray(Image.fromarray(image).resize((SIZE, SIZE), Image.Resampling.BILINEAR))


def real(folder: Path) -> tuple[Grey, list[str]]:
    """The ``val`` images, ``(n, 224, 224)``, and each one's patient."""
    with (folder / "index.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "val"]
    images = [squash(np.asarray(Image.open(folder / row["image"]).convert("L"))) for row in rows]
    return np.stack(images), [row["patient"] for row in rows]


def histograms(images: Grey) -> npt.NDArray[np.float64]:
    """Share of pixels at each grey, ``(n, 256)``."""
    return np.stack([np.bincount(image.ravel(), minlength=256) / image.size for image in images])


def spectra(images: Grey) -> npt.NDArray[np.float64]:
    """Radially averaged power in dB, ``(n, 111)``: frequencies 1 to 111 cycles an image, Hann window."""
    window = np.hanning(SIZE)[:, None] * np.hanning(SIZE)[None, :]
    f = np.fft.fftfreq(SIZE) * SIZE
    radius = np.rint(np.hypot(f[:, None], f[None, :])).astype(int).ravel()
    counts = np.bincount(radius)[1:112]
    rows = []
    for image in images:
        values = (image / 255.0 - image.mean() / 255.0) * window
        power = np.abs(np.fft.fft2(values)).ravel() ** 2
        rows.append(10 * np.log10(np.bincount(radius, weights=power)[1:112] / counts + 1e-9))
    return np.stack(rows)


def wasserstein(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    """Earth mover's distance between two grey histograms, grey levels."""
    return float(np.abs(np.cumsum(a - b)).sum())


def decibels(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    """Root mean square difference of two mean spectra, dB, every octave weighted alike."""
    weight = 1 / np.arange(1, len(a) + 1)
    return float(np.sqrt(np.sum(weight * (a - b) ** 2) / weight.sum()))


def compare(folder: Path, count: int, seed: int, first_seed: int) -> dict[str, Any]:
    """Distances of phantoms and of real samples to the rest of the real images."""
    made, (images, patients) = phantoms(count, first_seed), real(folder)
    rng = np.random.default_rng(seed)
    claims: list[dict[str, Any]] = []
    detail: dict[str, dict[str, Any]] = {}
    for name, feature, distance, unit in (
        ("grey histogram", histograms, wasserstein, "grey levels"),
        ("power spectrum", spectra, decibels, "dB"),
    ):
        ours, theirs = feature(made), feature(images)
        people = np.array(patients)
        unique = np.unique(people)
        samples = []
        for _ in range(300):
            chosen = rng.permutation(unique)[:count]  # one image a patient, rest without those patients
            picked = np.array([rng.choice(np.flatnonzero(people == one)) for one in chosen])
            rest = ~np.isin(people, chosen)
            samples.append(distance(theirs[picked].mean(axis=0), theirs[rest].mean(axis=0)))
        pool = theirs.mean(axis=0)
        value = distance(ours.mean(axis=0), pool)
        single = float(np.median([distance(one, pool) for one in ours]))
        single_real = float(np.median([distance(one, pool) for one in theirs]))
        limit = float(np.percentile(samples, 95))
        detail[name] = {
            "unit": unit,
            "phantoms_to_val": round(value, 3),
            "val_to_val_mean": round(float(np.mean(samples)), 3),
            "val_to_val_p95": round(limit, 3),
            "one_phantom_to_val": round(single, 3),
            "one_val_image_to_val": round(single_real, 3),
        }
        for claim, ratio, target in (
            ("median distance of one phantom to val over that of one val image", single / single_real, 1.0),
            # 1 would be out of reach of a test at 5 %; 2 says the shift is of the order of chance
            ("phantoms to val over the 95th percentile of as many val images to the rest", value / limit, 2.0),
        ):
            row = {"name": f"{name}: {claim}", "value": round(ratio, 3), "target": target, "unit": "ratio"}
            claims.append(row | {"holds": ratio <= target})
    return {
        "claims": claims,
        "detail": detail,
        "phantoms": count,
        "val_images": len(images),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
    }


def sheet(folder: Path, path: Path, *, first_seed: int, edge: int) -> None:
    """Contact sheet: real and made images in random places; for looking at, never for keeping with the code."""
    made = phantoms(16, first_seed)
    images, _ = real(folder)
    rng = np.random.default_rng(first_seed)
    both = np.concatenate([images[rng.choice(len(images), 16, replace=False)], made])
    order = rng.permutation(32)
    page = Image.new("L", (8 * (edge + 4), 4 * (edge + 4)), 40)
    for place, number in enumerate(order):
        tile = Image.fromarray(both[number]).resize((edge, edge), Image.Resampling.LANCZOS)
        page.paste(tile, ((place % 8) * (edge + 4), (place // 8) * (edge + 4)))
    page.save(path)
    print("phantoms at (from 0, by rows):", sorted(int(p) for p in np.flatnonzero(order >= 16)))


def main() -> None:
    """Print the distances, or write a contact sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first-seed", type=int, default=1000, help="seed of the first phantom")
    parser.add_argument("--sheet", type=Path, help="write a contact sheet here instead")
    parser.add_argument("--edge", type=int, default=96)
    options = parser.parse_args()
    folder = data_folder("chest_xray") / "chest_xray"
    if options.sheet is not None:
        sheet(folder, options.sheet, first_seed=options.first_seed, edge=options.edge)
        return
    result = compare(folder, options.count, options.seed, options.first_seed)
    if options.json:
        print(json.dumps(result))
        return
    for name, row in result["detail"].items():
        print(name, *(f"{key}={value}" for key, value in row.items()))
    for claim in result["claims"]:
        print(f"{claim['name']}: {claim['value']} (target at most {claim['target']}, holds: {claim['holds']})")


if __name__ == "__main__":
    main()
