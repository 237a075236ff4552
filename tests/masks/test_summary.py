"""A segmentation as plain values."""

import json
import math

import numpy as np

from medimg_core.masks import parts, regions, summary
from medimg_core.results import Flag, GateOutcome, GateReason, MaskLabel, Segmentation
from medimg_core.study import Volume

LABELS = (MaskLabel(1, "liver"),)


def segmentation(**more):
    mask = np.zeros((3, 20, 20), np.uint8)
    mask[1, 4:9, 5:15] = 1
    fields = {
        "model_id": "tiny",
        "weights_sha256": "ab" * 32,
        "fingerprint": "cd" * 32,
        "frame": 0,
        "slices": (0, 2),
        "labels": LABELS,
        "mask": mask,
        "raw": mask,
        "regions": regions([parts(mask, 1)], LABELS, Volume(mask), sides=False, whole=False),
        "volumes_ml": {"liver": None},
        "flags": (Flag("gap", "1 slice without liver.", (2,)),),
        "agreement": {"liver": math.nan},
        "threshold": math.nan,
        "gate": GateOutcome((GateReason("unit", "It has none.", refuses=False),), declared=("modality CT",)),
        "declared": ("first and last slice",),
    }
    return Segmentation(**{**fields, **more})


def test_it_is_json_without_voxels():
    said = summary(segmentation())
    assert json.loads(json.dumps(said, allow_nan=False)) == said
    assert (said["threshold"], said["agreement"], said["volumes_ml"]) == (None, {"liver": None}, {"liver": None})
    assert said["labels"] == {"liver": 1}
    assert said["flags"] == [{"code": "gap", "text": "1 slice without liver.", "slices": [2]}]
    assert (said["gate"], said["gate_reasons"]) == ("mark", [{"code": "unit", "text": "It has none."}])
    assert said["declared"] == ["modality CT", "first and last slice"]
    assert said["note"] == "Research use only, not for diagnosis."


def test_regions_are_said_with_their_ends():
    (region,) = summary(segmentation())["regions"]
    assert (region["number"], region["name"], region["voxels"], region["slice"]) == (1, "liver", 50, 1)
    assert region["slices"] == [1, 1]
    assert region["centroid"] == [1.0, 6.0, 9.5]
    assert (region["area"], region["length_unit"], region["volume_ml"]) == (50.0, "px", None)
    assert np.hypot(*np.subtract(*region["long_ends"])[1:]) == region["long_axis"]
