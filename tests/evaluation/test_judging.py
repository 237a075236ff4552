"""Rows read once, with masks that are known."""

import gzip

import nibabel
import numpy as np
import pytest
from PIL import Image

from medimg_core.errors import Cancelled, IncompatibleInputError, NotApplicableError, UnreadableFileError, WeightsError
from medimg_core.evaluation.files import drawn, image_of
from medimg_core.evaluation.folder import read_folder
from medimg_core.evaluation.judging import Found, Unreadable, judge
from medimg_core.registry import Target
from tests.evaluation.small_folder import PASS, SHAPE, found, square, write_folder, write_mask

LESION = Target("lesion", "mask", 0, ("lesion",))
WHOLE = Target("whole", "whole_mask", 0, ("lesion", "rim"))


@pytest.fixture
def rows(tmp_path):
    """Two images with a drawn square, one with an empty mask, one without."""
    write_mask(tmp_path / "m" / "a.png", square(4))
    write_mask(tmp_path / "m" / "b.png", square(12))
    write_mask(tmp_path / "m" / "c.png", np.zeros(SHAPE, bool))
    write_mask(tmp_path / "m" / "wide.png", square(4, 12, 4))
    table = [
        ["a.png", "m/a.png", "m/wide.png", "yes"],
        ["b.png", "m/b.png", "", "no"],
        ["c.png", "m/c.png", "", "no"],
        ["d.png", "", "", "yes"],
    ]
    return read_folder(write_folder(tmp_path, table, ("image", "mask", "whole_mask", "label")))


def segment(row):
    """Finds what was drawn in a, two columns too far right in b, something in c."""
    if row.case == "a":
        wide = square(4, 12, 4)
        return found(square(4), wide & ~square(4))
    return found(square(14), status="mark")


def test_masks_are_compared_on_the_image_s_grid(rows):
    judged = judge(rows, segment=segment, targets=(LESION, WHOLE))
    assert [row.case for row in judged.rows] == ["a", "b", "c"]  # d has nothing to be compared with
    assert judged.gate() == {"pass": 1, "mark": 2, "refuse": 0}
    first, second, third = judged.overlaps["lesion"]
    assert (first.dice, first.hd95) == (1.0, 0.0)
    assert (second.dice, second.hd95) == (0.75, 2.0)
    assert (third.true, third.predicted) == (0, 64)
    # A target of several classes is their union; rows without a file of its own are left out of it.
    assert judged.overlaps["whole"][0].dice == 1.0
    assert judged.overlaps["whole"][1:] == (None, None)
    assert judged.predictions == ()


def test_a_prediction_that_comes_with_the_masks_is_used(rows):
    asked = []

    def predict(row):
        asked.append(row.case)
        return f"alone {row.case}", PASS

    class Said(str):
        gate = PASS

    def both(row):
        return found(square(4), prediction=Said(f"with masks {row.case}"))

    judged = judge(rows, predict=lambda row: asked.append(row.case) or Said(row.case), segment=both, targets=(LESION,))
    assert asked == ["d"]
    assert judged.predictions == ("with masks a", "with masks b", "with masks c", "d")
    assert judged.overlaps["lesion"][3] is None
    assert judged.gate()["pass"] == 4


def test_a_row_that_cannot_be_read_is_noted_and_the_others_go_on(rows):
    said = []

    def broken(row):
        if row.case == "b":
            raise UnreadableFileError("a PNG must be whole; it ends early")
        return segment(row)

    judged = judge(rows, segment=broken, targets=(LESION, WHOLE), progress=lambda done, *_: said.append(done))
    assert [row.case for row in judged.rows] == ["a", "c"]
    assert judged.unreadable == (Unreadable("b.png", "a PNG must be whole; it ends early"),)
    assert judged.gate() == {"pass": 1, "mark": 1, "refuse": 1}
    assert [len(column) for column in judged.overlaps.values()] == [2, 2]
    assert said == [0, 1, 2, 3]
    assert "b.png" not in repr(judged.unreadable)


def test_a_drawn_mask_that_cannot_be_used_is_a_reason_too(rows):
    rows[0].masks["mask"].write_bytes(b"nothing")
    Image.new("L", (5, 5)).save(rows[1].masks["mask"])
    judged = judge(rows, segment=segment, targets=(LESION,))
    assert [row.case for row in judged.rows] == ["c"]
    first, second = (each.reason for each in judged.unreadable)
    assert first.startswith("its drawn mask cannot be used: an image must be readable; this one is not:")
    assert second.startswith("its drawn mask cannot be used: a mask must have its image's slices")


def test_nothing_is_left(rows):
    def broken(row):
        raise IncompatibleInputError(f"pixels must be finite in {row.case}")

    with pytest.raises(UnreadableFileError, match=r"of 4 none is. The first: pixels must be finite in a"):
        judge(rows, predict=broken)


def test_what_is_wrong_with_the_model_is_no_rows_fault(rows):
    def broken(_row):
        raise WeightsError("weights must be there")

    with pytest.raises(WeightsError):
        judge(rows, predict=broken)


def test_nothing_to_compare_with(rows):
    with pytest.raises(NotApplicableError, match="column other_mask"):
        judge(rows, segment=segment, targets=(Target("t", "other_mask", 0, ("lesion",)),))


def test_progress_may_cancel(rows):
    said = []

    def stop(done, total, text):
        said.append((done, total))
        if done == 1:
            raise Cancelled("stopped by the user")

    with pytest.raises(Cancelled):
        judge(rows, segment=segment, targets=(LESION,), progress=stop)
    assert said == [(0, 3), (1, 3)]


@pytest.mark.parametrize(("value", "pixels"), [(0, 30), (1, 20), (2, 10), (3, 0)])
def test_a_value_of_a_mask(tmp_path, value, pixels):
    values = np.zeros((6, 10), np.uint8)
    values[0:2], values[4] = 1, 2
    Image.fromarray(values).save(tmp_path / "m.png")
    assert drawn(tmp_path / "m.png", value, (1, 6, 10)).sum() == pixels


def nifti(path, array, affine):
    """Write ``(slices, rows, columns)`` as NIfTI's ``(i, j, k)``."""
    image = nibabel.Nifti1Image(np.ascontiguousarray(array.transpose(2, 1, 0)), affine)
    image.header.set_xyzt_units("mm")
    path.write_bytes(gzip.compress(image.to_bytes()))


AFFINE = np.diag([0.5, 0.75, 3.0, 1.0])


def test_volumes_with_their_spacing(tmp_path):
    true = np.zeros((5, 7, 9), np.uint8)
    true[1:3, 2:5, 3:6] = 1
    true[3, 2:5, 3:6] = 2
    nifti(tmp_path / "i.nii.gz", true.astype(np.int16) * 100, AFFINE)
    nifti(tmp_path / "m.nii.gz", true, AFFINE)
    (tmp_path / "index.csv").write_text("image,mask\ni.nii.gz,m.nii.gz\n")
    volume = image_of(tmp_path / "i.nii.gz").volume

    def shifted(row):
        """Finds the anterior part one slice too far on."""
        mask = np.zeros(true.shape, np.uint8)
        mask[2:4, 2:5, 3:6] = 1
        return Found(mask, {"front": 1, "back": 2}, PASS, volume.spacing, volume.geometry.affine)

    targets = (Target("front", "mask", 1, ("front",)), Target("back", "mask", 2, ("back",)))
    judged = judge(read_folder(tmp_path), segment=shifted, targets=targets)
    (front,), (back,) = judged.overlaps["front"], judged.overlaps["back"]
    assert front.dice == 0.5
    assert front.hd95 == pytest.approx(3.0)
    assert (front.unit, back.unit) == ("mm", "mm")
    assert back.dice == 0.0
    assert back.hd95 == pytest.approx(np.linalg.norm([5 * 3.0, 7 * 0.75, 9 * 0.5]))


@pytest.mark.parametrize(
    ("shape", "affine", "message"),
    [
        ((5, 7, 8), AFFINE, "image's slices, rows and columns"),
        ((5, 7, 9), np.diag([-0.5, 0.75, 3.0, 1.0]), "position or orientation differs"),
        ((5, 7, 9), AFFINE + np.array([[0, 0, 0, 2.0]] + [[0] * 4] * 3), "position or orientation differs"),
    ],
)
def test_a_mask_on_another_grid_is_refused(tmp_path, shape, affine, message):
    nifti(tmp_path / "i.nii.gz", np.ones((5, 7, 9), np.int16), AFFINE)
    nifti(tmp_path / "m.nii.gz", np.ones(shape, np.uint8), affine)
    geometry = image_of(tmp_path / "i.nii.gz").volume.geometry
    with pytest.raises(UnreadableFileError, match=message):
        drawn(tmp_path / "m.nii.gz", 0, (5, 7, 9), geometry.affine)


def test_what_is_no_image_is_said_without_its_name(tmp_path):
    (tmp_path / "doe.png").write_bytes(b"nothing")
    with pytest.raises(UnreadableFileError, match="one is not") as caught:
        image_of(tmp_path / "doe.png")
    assert "doe" not in str(caught.value)
