"""Voxels as bytes: every value comes out as it went in."""

import gzip

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError
from pages._ui.viewer.slabs import encode, wire_dtype


def decoded(content, dtype, encoding):
    """What fetcher.js makes of it."""
    size = np.dtype(dtype).itemsize
    if encoding == "raw":
        return np.frombuffer(content, np.dtype(dtype).newbyteorder("<"))
    split = np.frombuffer(gzip.decompress(content), np.uint8).reshape(size, -1)
    return np.ascontiguousarray(split.T).view(np.dtype(dtype).newbyteorder("<")).ravel()


@pytest.mark.parametrize("encoding", ["raw", "gzip"])
@pytest.mark.parametrize(
    ("source", "wire"),
    [
        ("uint8", "uint8"), ("int8", "int16"), ("int16", "int16"), (">i2", "int16"), ("uint16", "uint16"),
        (">u2", "uint16"), ("int32", "int32"), ("float32", "float32"), (">f4", "float32"), ("bool", "uint8"),
        ("int64", "int32"), ("uint32", "int32"), ("float64", "float32"),
    ],
)  # fmt: skip
def test_values_travel_exactly(source, wire, encoding):
    rng = np.random.default_rng(3)
    low, high = (
        (0, 2) if source == "bool" else (0, 120) if "int8" in source else (-90 if "u" not in source else 0, 30000)
    )
    values = rng.integers(low, high, (3, 5, 4)).astype(source)
    assert wire_dtype(values) == wire
    assert np.array_equal(decoded(encode(values, wire, encoding), wire, encoding), values.ravel().astype(wire))


def test_colour_keeps_its_channels_together():
    values = np.arange(2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 3)
    assert encode(values, "uint8", "raw") == values.tobytes()
    assert gzip.decompress(encode(values, "uint8", "gzip")) == values.tobytes()


def test_a_view_with_strides_is_read_in_its_own_order():
    values = np.arange(24, dtype=np.int16).reshape(2, 3, 4)[:, ::-1, ::2]
    assert np.array_equal(decoded(encode(values, "int16", "gzip"), "int16", "gzip"), values.ravel())


@pytest.mark.parametrize("value", [2**31, 3_000_000_000, 2**53])
@pytest.mark.parametrize("encoding", ["raw", "gzip"])
def test_large_whole_numbers_stay_exact(value, encoding):
    values = np.array([[[value, value - 1, 0]]], np.uint64)
    assert wire_dtype(values) == "float64"
    assert decoded(encode(values, "float64", encoding), "float64", encoding).tolist() == [value, value - 1, 0]


@pytest.mark.parametrize("array", [np.array([2**60]), np.array([1j])], ids=["too large", "complex"])
def test_what_does_not_fit_is_refused(array):
    with pytest.raises(IncompatibleInputError, match="at most 53 bits"):
        wire_dtype(array)
