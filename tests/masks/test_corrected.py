"""A corrected mask in figures."""

import json

import numpy as np
import pytest

from medimg_core.correcting import Drop, Stroke, apply
from medimg_core.errors import IncompatibleInputError
from medimg_core.geometry import Geometry
from medimg_core.masks import corrected_summary, parts, regions, remeasured, volumes_ml
from medimg_core.results import GateOutcome, MaskLabel, Segmentation
from medimg_core.study import Volume

LABELS = (MaskLabel(1, "lesion"), MaskLabel(2, "rim"))
GEOMETRY = Geometry.from_dicom(
    orientation=[1, 0, 0, 0, 1, 0], position=[0, 0, 0], pixel_spacing=[2, 1], slice_step=[0, 0, 5]
)
VOXEL_ML = 2 * 1 * 5 / 1000


def made(*, whole=True, geometry=GEOMETRY):
    """Two lesions of 12 and 4 voxels, and a rim of 3."""
    volume = Volume(np.zeros((3, 8, 10), np.int16), geometry=geometry)
    mask = np.zeros(volume.shape, np.uint8)
    mask[0:2, 2:4, 1:4] = 1
    mask[2, 6, 5:9] = 1
    mask[1, 0, 7:10] = 2
    found = [parts(mask, label.value) for label in LABELS]
    return volume, Segmentation(
        model_id="tiny_masks",
        weights_sha256="ab" * 32,
        fingerprint=volume.fingerprint,
        frame=0,
        slices=(0, 2),
        labels=LABELS,
        mask=mask,
        raw=mask,
        regions=regions(found, LABELS, volume, sides=True, whole=whole),
        volumes_ml=volumes_ml(found, LABELS, volume, whole=whole),
        flags=(),
        agreement={},
        threshold=0.5,
        gate=GateOutcome(),
    )


def test_without_an_edit_it_measures_what_the_model_made():
    volume, found = made()
    again = remeasured(apply(found, ()), volume, sides=True)
    assert again.regions == found.regions
    assert again.volumes_ml == found.volumes_ml
    assert [(each.dice, each.added, each.removed) for each in again.differences] == [(1.0, 0, 0)] * 2


def test_a_correction_is_measured_anew():
    volume, found = made()
    # 5 pixels of row 4 below the large lesion on slice 1; the small one goes
    after = remeasured(apply(found, [Stroke(1, 1, (41, 5)), Drop((2, 6, 6))]), volume, sides=True)
    assert [(region.number, region.name, region.voxels) for region in after.regions] == [
        (1, "lesion, right", 17),
        (2, "rim, left", 3),
    ]
    assert after.regions[0].slice_index == 1
    assert after.volumes_ml == pytest.approx({"lesion": 17 * VOXEL_ML, "rim": 3 * VOXEL_ML})
    lesion, rim = after.differences
    assert (lesion.added, lesion.removed, lesion.slices) == (5, 4, (1, 2))
    assert lesion.dice == pytest.approx(2 * 12 / (16 + 17))
    assert lesion.change_ml == pytest.approx(VOXEL_ML)
    assert (rim.dice, rim.change_ml) == (1.0, 0.0)


@pytest.mark.parametrize(("whole", "geometry"), [(False, GEOMETRY), (True, None)])
def test_a_volume_that_the_model_withheld_stays_withheld(whole, geometry):
    volume, found = made(whole=whole, geometry=geometry)
    after = remeasured(apply(found, [Stroke(1, 1, (41, 5))]), volume, sides=False)
    assert set(after.volumes_ml.values()) == {None}
    assert {region.volume_ml for region in after.regions} == {None}
    assert {each.change_ml for each in after.differences} == {None}


def test_another_volume_is_refused():
    _, found = made()
    other = Volume(np.ones((3, 8, 10), np.int16), geometry=GEOMETRY)
    with pytest.raises(IncompatibleInputError, match="this is another one"):
        remeasured(apply(found, ()), other, sides=False)


def test_its_summary_is_json():
    volume, found = made()
    corrected = apply(found, [Drop((1, 0, 8))])
    said = json.loads(json.dumps(corrected_summary(corrected, remeasured(corrected, volume, sides=True))))
    assert set(said) == {"edits", "volumes_ml", "regions", "differences"}
    assert (said["edits"], said["volumes_ml"]["rim"]) == (1, 0.0)
    assert [region["name"] for region in said["regions"]] == ["lesion, right", "lesion, left"]
    assert said["differences"][1] == {
        "label": 2, "name": "rim", "dice": 0.0, "added": 0, "removed": 3,
        "change_ml": pytest.approx(-3 * VOXEL_ML), "slices": [1],
    }  # fmt: skip
