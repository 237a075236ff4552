"""What the untrained detector of lung nodules finds in phantoms with known truth. No figure here is of a patient.

``python -m benchmarks.nodules [--json] [--seeds 21 22 23]``. The chest CT of 200 slices of 512 x 512 is made for each
seed three times: with the nine nodules of the catalogue's phantom; with twelve drawn at random beside vessels, many of
them touching one, of 4 to 18 mm, every other solid one lobulated; and without nodules, for false positives only. These
seeds and drawn nodules were not looked at while the detector was written. Hits and rates are LUNA16's
(``medimg_core.evaluation.froc``). Time is processor time of this process; memory is the growth at its peak in a process
of its own. Phantom nodules are sharp balls in healthy, motionless lungs: expect less in people.
"""

import argparse
import gc
import json
import multiprocessing
import os
import platform
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from medimg_core.detection import BlobDetector, NoduleSettings
from medimg_core.evaluation.froc import RATES, Scan, TrueNodule, froc, judge
from medimg_core.geometry import Geometry
from medimg_core.phantoms.chest_ct import SHAPE, plane, render, vessel_rods
from medimg_core.phantoms.nodules import NODULES, Nodule
from medimg_core.study import Volume

SEEDS = (21, 22, 23)
DRAWN = 12
SLAB = 40
TARGETS = {"nine": 0.95, "drawn": 0.85, "false": 2.0, "size": 0.5, "seconds": 25.0, "memory": 1.5}


def scan(seed: int, nodules: Sequence[Nodule], *, noise: bool = True) -> Volume:
    """The chest with some nodules, in HU."""
    values = np.empty(SHAPE, dtype=np.int16)
    for first in range(0, SHAPE[0], SLAB):
        slab = render(seed, first, first + SLAB, noise=noise, nodules=tuple(nodules))
        values[first : first + SLAB] = np.rint(slab).clip(-1024, 3071)
    return Volume(values, unit="HU", geometry=plane().geometry())


def drawn(seed: int, clean: Volume) -> Iterator[tuple[TrueNodule, list[Nodule]]]:
    """Nodules at random beside vessels, at least 70 % of each in lung: the truth, and the balls that make it up."""
    assert clean.geometry is not None
    rng, rods = np.random.default_rng([seed, 23]), vessel_rods(seed)
    taken: list[tuple[np.ndarray, float]] = []
    while len(taken) < DRAWN:
        kind = str(rng.choice(["solid", "ground_glass", "part_solid", "calcified"], p=[0.64, 0.12, 0.12, 0.12]))
        size = float(rng.uniform(4.0 if kind == "solid" else 6.0, 18.0))
        rod, way = rng.integers(len(rods.radius)), rng.normal(size=3)
        way /= np.linalg.norm(way)
        centre = rods.places[rod] + way * (size / 2 + rods.radius[rod]) * rng.uniform(0.8, 1.6)
        if any(np.linalg.norm(centre - other) < (size + width) / 2 + 6 for other, width in taken):
            continue
        if not _in_lung(clean.array, clean.geometry, centre, size):
            continue
        hu, core = {"solid": (40.0, 0.0), "ground_glass": (-600.0, 0.0), "part_solid": (-600.0, size / 2)}.get(
            kind, (500.0, 0.0)
        )
        balls = [Nodule(kind, _place(centre), size, hu=hu, core=core)]
        if kind == "solid" and len(taken) % 2:
            balls += [_bump(balls[0], rng) for _ in range(2)]
        taken.append((centre, size))
        yield _truth(balls), balls


def _in_lung(values: np.ndarray, geometry: Geometry, centre: np.ndarray, size: float) -> bool:
    place, reach = geometry.to_index(centre), size / 2 / np.array(geometry.spacing)
    low, high = np.floor(place - reach).astype(int), np.ceil(place + reach).astype(int) + 1
    if low.min() < 0 or (high > values.shape).any():
        return False
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    axes = np.ogrid[box]
    ball = sum(((axis - at) / r) ** 2 for axis, at, r in zip(axes, place, reach, strict=True)) <= 1
    inside = values[box][ball]
    return bool((inside > -700).mean() <= 0.3 and inside.min() > -950)


def _bump(ball: Nodule, rng: np.random.Generator) -> Nodule:
    way = rng.normal(size=3)
    centre = np.array(ball.centre) + way / np.linalg.norm(way) * ball.diameter * rng.uniform(0.25, 0.45)
    return Nodule(ball.kind, _place(centre), ball.diameter * rng.uniform(0.6, 0.85), hu=ball.hu)


def _place(centre: np.ndarray) -> tuple[float, float, float]:
    return (float(centre[0]), float(centre[1]), float(centre[2]))


def _truth(balls: Sequence[Nodule]) -> TrueNodule:
    """Middle of all, by volume; the diameter of the first: where there are bumps it is not compared."""
    weights = np.array([ball.volume for ball in balls])
    centre = weights @ np.array([ball.centre for ball in balls]) / weights.sum()
    kind = balls[0].kind if len(balls) == 1 else "lobulated"
    return TrueNodule(_place(centre), balls[0].diameter, kind)


def _peak(seed: int, answer: Any) -> None:
    """Send the growth of this process while it detects, in bytes."""
    volume = scan(seed, NODULES)
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # begin the high-water mark anew (proc_pid_clear_refs(5))
    before = _status("VmRSS")
    BlobDetector().detect(volume)
    answer.send(_status("VmHWM") - before)


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def peak_memory(seed: int) -> float:
    """Growth of a process that detects, GB."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_peak, args=(seed, there))
    process.start()
    there.close()
    grown: int = here.recv()
    process.join()
    return grown / 1e9


def measure(seeds: Sequence[int]) -> dict[str, Any]:
    """Run all scans; the claims, the curve and the misses."""
    detector = BlobDetector(NoduleSettings(least_score=0.0, most_candidates=255))
    least = NoduleSettings().least_score
    scans: dict[str, list[Scan]] = {"nine": [], "drawn": [], "none": []}
    seconds = []
    for seed in seeds:
        lot = list(drawn(seed, scan(seed, (), noise=False)))
        cases: dict[str, tuple[list[TrueNodule], list[Nodule]]] = {
            "nine": ([_truth([nodule]) for nodule in NODULES], list(NODULES)),
            "drawn": ([truth for truth, _ in lot], [ball for _, balls in lot for ball in balls]),
            "none": ([], []),
        }
        for name, (truth, nodules) in cases.items():
            volume = scan(seed, nodules)
            start = time.process_time()
            found = detector.detect(volume)
            seconds.append(time.process_time() - start)
            scans[name].append(judge(found, truth))
    curves = {name: froc(scans[name]) for name in ("nine", "drawn")}
    every = [one for lot in scans.values() for one in lot]
    false = {name: sum(s >= least for one in lot for s in one.false_scores) / len(lot) for name, lot in scans.items()}
    errors = [
        abs(error)
        for one in every
        for truth, error, score in zip(one.truth, one.size_errors, one.hit_scores, strict=True)
        if error is not None and score is not None and score >= least and truth.kind != "lobulated"
    ]
    values = {
        "sensitivity, nine nodules of the phantom": (curves["nine"].at_score(least)[0], TARGETS["nine"], "share"),
        "sensitivity, nodules drawn beside vessels": (curves["drawn"].at_score(least)[0], TARGETS["drawn"], "share"),
        "false positives a scan, all phantoms": (statistics.mean(false.values()), -TARGETS["false"], "a scan"),
        "error of the mean axis, mean absolute": (statistics.mean(errors), -TARGETS["size"], "mm"),
        "processor time, 200 slices of 512 x 512": (statistics.median(seconds), -TARGETS["seconds"], "s"),
    }
    if Path("/proc/self/clear_refs").exists():
        values["peak memory beside the volume"] = (peak_memory(seeds[0]), -TARGETS["memory"], "GB")
    whole = froc(every)
    return {
        "claims": [
            {
                "name": f"{name} (phantoms, no patient)",
                "value": round(value, 3),
                "target": abs(target),
                "unit": unit,
                "holds": value >= target if target > 0 else value <= -target,
            }
            for name, (value, target, unit) in values.items()
        ],
        "seeds": list(seeds),
        "score": least,
        "scans": len(every),
        "nodules": whole.nodules,
        "false_positives": {name: round(value, 2) for name, value in false.items()},
        "froc": {f"{rate:g}": round(whole.at_rate(rate), 3) for rate in RATES},
        "performance": round(whole.performance, 3),
        "missed": _missed(every, least),
        "machine": {
            "platform": platform.platform(),
            "processors": os.cpu_count(),
            "load_average": round(os.getloadavg()[0], 2),
        },
    }


def _missed(scans: Sequence[Scan], least: float) -> list[str]:
    return [
        f"{truth.kind} {truth.diameter_mm:.1f} mm"
        for one in scans
        for truth, score in zip(one.truth, one.hit_scores, strict=True)
        if score is None or score < least
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    arguments = parser.parse_args()
    answer = measure(arguments.seeds)
    if arguments.json:
        print(json.dumps(answer))
        return
    for claim in answer["claims"]:
        mark = "holds" if claim["holds"] else "DOES NOT HOLD"
        print(f"{claim['name']}: {claim['value']} {claim['unit']} (target {claim['target']}) {mark}")
    print(f"{answer['nodules']} nodules in {answer['scans']} scans, false positives a scan {answer['false_positives']}")
    print(f"sensitivity at false positives a scan: {answer['froc']}, mean {answer['performance']}")
    print(f"missed: {', '.join(answer['missed']) or 'none'}")
    print(answer["machine"])


if __name__ == "__main__":
    main()
