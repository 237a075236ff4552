"""Modality values: exact where they can be, from each slice's own slope, never clipped or wrapped."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pydicom.dataset import Dataset

from medimg_core.io import open_study
from medimg_core.io.rescale import rescaled
from tests.io import made
from tests.io.test_opening import only, voxels


@settings(max_examples=200, deadline=None)
@given(
    stored=st.sampled_from(["u1", "u2", "i2", "i4"]).flatmap(
        lambda dtype: hnp.arrays(dtype, st.tuples(st.integers(1, 3), st.just(2), st.just(2)))
    ),
    slope=st.integers(-3, 3).filter(bool),
    intercept=st.integers(-5000, 5000),
    vary=st.booleans(),
)
def test_whole_numbers_are_exact(stored, slope, intercept, vary):
    slopes = [float(slope + (plane if vary and slope > 0 else 0)) for plane in range(len(stored))]
    intercepts = [float(intercept)] * len(stored)
    exact = stored.astype(np.int64) * np.asarray(slopes, np.int64)[:, None, None] + intercept
    values = rescaled(stored.copy(), slopes, intercepts)
    if exact.min() >= -(2**31) and exact.max() < 2**31:
        assert values.dtype.kind in "iu"
        assert np.array_equal(values.astype(np.int64), exact)
    else:
        assert values.dtype == np.float32
        assert np.allclose(values, exact, rtol=1e-6)


@pytest.mark.parametrize(
    ("stored", "slope", "intercept", "dtype"),
    [
        (np.uint16([[[0, 4095]]]), 1, -1024, np.int16),
        (np.int16([[[-2000, 3000]]]), 1, 0, np.int16),
        (np.uint16([[[0, 65535]]]), 1, -1024, np.int32),
        (np.uint16([[[0, 30000]]]), 2, 0, np.uint16),
        (np.uint16([[[0, 5]]]), 0.5, 0, np.float32),
        (np.uint16([[[0, 5]]]), 1, 0.5, np.float32),
    ],
)
def test_type_is_the_smallest_that_is_exact(stored, slope, intercept, dtype):
    expected = stored.astype(np.float64) * slope + intercept
    values = rescaled(stored.copy(), [slope], [intercept])
    assert values.dtype == dtype
    assert np.array_equal(values, expected)


def test_each_slice_has_its_own_slope():
    slices = [made.ct_slice(n, RescaleSlope=s, RescaleIntercept=0, Modality="PT") for n, s in ((0, 0.5), (1, 0.25))]
    volume = voxels(only(open_study(made.named(*slices))))
    assert volume.array.dtype == np.float32
    assert volume.array[:, 1, 1].tolist() == [(1024 + 11) * 0.5, (1024 + 111) * 0.25]
    assert volume.history == ("rescaled with the slope and intercept of each slice",)


def test_a_slope_of_zero_does_not_erase_the_image():
    volume = voxels(only(open_study(made.named(made.ct_slice(RescaleSlope=0)))))
    assert volume.array[0, 1, 1] == 11


@pytest.mark.parametrize(
    ("representation", "value", "vr", "expected"),
    [(1, -2000, "SS", -3024), (1, 63536, "US", -3024), (0, 63536, "US", 62512), (0, 7, "US", -1017)],
)
def test_padding_is_in_modality_values(representation, value, vr, expected):
    data = made.ct_slice(PixelRepresentation=representation)
    data.add_new("PixelPaddingValue", vr, value)
    assert voxels(only(open_study(made.named(data)))).padding == expected


def test_padding_is_dropped_where_slices_disagree():
    slices = [made.ct_slice(0, PixelPaddingValue=-2000), made.ct_slice(1, PixelPaddingValue=-2000, RescaleSlope=2)]
    assert voxels(only(open_study(made.named(*slices)))).padding is None


def test_modality_lut():
    lut = Dataset()
    lut.add_new("LUTDescriptor", "US", [4, 10, 16])
    lut.add_new("LUTData", "US", [100, 200, 300, 60000])
    pixels = np.array([[0, 10], [11, 12], [13, 99]], np.uint16)
    data = made.image(pixels, made.DX, "DX", ModalityLUTSequence=[lut])
    volume = voxels(only(open_study(made.named(data))))
    assert volume.array[0].tolist() == [[100, 100], [200, 300], [60000, 60000]]
    assert volume.history == ("modality LUT applied",)
    lut.add_new("LUTDescriptor", "US", [4, 10])
    series = only(open_study(made.named(data)))
    assert series.warnings == ("the modality LUT is damaged: values are shown as stored",)
    assert np.array_equal(voxels(series).array[0], pixels)


def test_monochrome1_keeps_its_values_and_is_shown_inverted():
    pixels = np.array([[0, 1000]], np.uint16)
    data = made.image(
        pixels, made.DX, "DX", PhotometricInterpretation="MONOCHROME1", WindowCenter=500.5, WindowWidth=1001
    )
    volume = voxels(only(open_study(made.named(data))))
    assert np.array_equal(volume.array[0], pixels)
    assert volume.photometric == "MONOCHROME1"
    assert volume.presented(0).tolist() == [[1, 0]]


def real(code: str, values: np.ndarray, **tags: float) -> Dataset:
    data = made.image(np.zeros(values.shape, np.uint8), made.DX, "DX", **tags)
    del data.PixelData
    data.BitsAllocated = values.dtype.itemsize * 8
    data.add_new("FloatPixelData" if code == "OF" else "DoubleFloatPixelData", code, values.tobytes())
    return data


@pytest.mark.parametrize(
    "bad",
    [
        made.ct_slice(1, RescaleSlope="1e35"),
        made.ct_slice(1, RescaleIntercept="-1e39"),
        made.ct_slice(1, RescaleSlope="1e300", RescaleIntercept="1e300"),
        real("OF", np.full((6, 5), 1e30, np.float32), RescaleSlope="1e9", RescaleIntercept="0"),
        real("OD", np.full((6, 5), 1e300)),
    ],
)
def test_values_beyond_float32_are_refused_and_the_rest_is_read(bad):
    opened = open_study(made.named(made.ct_slice(0), bad, made.ct_slice(2)))
    (refused,) = opened.refused
    assert refused.reason.startswith("rescaled values must lie within 3.4e+38, the largest 32-bit number; slope 1")
    volumes = [voxels(series).array for study in opened for series in study.series]
    assert sum(len(array) for array in volumes) == 2
    assert all(np.isfinite(array).all() for array in volumes)


def test_large_values_that_fit_are_read():
    volume = voxels(only(open_study(made.named(made.ct_slice(RescaleSlope="1e30", RescaleIntercept="0")))))
    assert volume.array[0, 1, 1] == np.float32((1024 + 11) * 1e30)
    fits = real("OD", np.full((6, 5), 3e38))
    assert voxels(only(open_study(made.named(fits)))).array.max() == np.float32(3e38)
