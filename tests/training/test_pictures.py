"""Pictures of 8 bits, and masks in pictures."""

import numpy as np
import pytest
from PIL import Image

from medimg_core.errors import UnreadableFileError
from medimg_core.training.pictures import decode, decode_mask
from tests.training.lesions import SIDE, picture, plan


@pytest.mark.parametrize("step", ["squash", "letterbox"])
@pytest.mark.parametrize("shape", [(20, 60), (60, 20), (50, 50)])
def test_image_and_mask_are_placed_alike(tmp_path, step, shape):
    """An asymmetric phantom: what the mask marks is what is bright, whatever the steps do with the shape."""
    values = np.full(shape, 40, np.uint8)
    mask = np.zeros(shape, bool)
    mask[shape[0] // 8 : shape[0] // 2, shape[1] // 2 : shape[1] - shape[1] // 8] = True
    values[mask] = 200
    chosen = plan(steps=("to_grey01", step, "standardise"))
    image = decode(picture(tmp_path / "a.png", values), chosen)
    found = decode_mask(picture(tmp_path / "m.png", mask), 0, chosen)
    assert np.array_equal(image >= 120, found)
    rows, columns = np.flatnonzero(found.any(1)), np.flatnonzero(found.any(0))
    ratio = (len(columns) / len(rows)) / ((shape[1] * 3 / 8) / (shape[0] * 3 / 8))
    assert ratio == pytest.approx(1 if step == "letterbox" else shape[0] / shape[1], rel=0.3)
    margin = image[0] if shape[0] < shape[1] else image[:, 0]
    assert (margin == 40).all()


def test_colours_are_kept_where_the_plan_has_three(tmp_path):
    values = np.zeros((SIDE, SIDE, 3), np.uint8)
    values[:16, :, 0], values[16:, :, 2] = 200, 100
    path = picture(tmp_path / "a.png", values)
    colour = decode(path, plan(channels=3))
    assert np.array_equal(colour, values)
    assert decode(path, plan()).shape == (SIDE, SIDE)


@pytest.mark.parametrize(
    ("values", "message"),
    [(np.zeros((8, 8), np.uint16), "8 bits a channel, got mode I;16"), (b"no picture", "readable JPEG or PNG")],
)
def test_what_is_no_8_bit_picture_is_said(tmp_path, values, message):
    path = tmp_path / "a.png"
    path.write_bytes(values) if isinstance(values, bytes) else Image.fromarray(values).save(path)
    with pytest.raises(UnreadableFileError, match=message):
        decode(path, plan())


def test_a_mask_that_is_no_picture_is_said(tmp_path):
    (tmp_path / "m.png").write_bytes(b"no picture")
    with pytest.raises(UnreadableFileError, match="mask must be a readable PNG"):
        decode_mask(tmp_path / "m.png", 0, plan())
