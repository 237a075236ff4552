"""Which layers forget at which stage, and how."""

from types import SimpleNamespace

import numpy as np
import pytest

from medimg_core.engine.randomised import _shuffled, randomised, stages
from medimg_core.errors import NotApplicableError
from medimg_core.registry import load_card


@pytest.mark.parametrize(
    ("layers", "count", "groups"),
    [
        ("abcdefg", 3, ["g", "fe", "dc", "ba"]),
        ("abcd", 5, ["d", "c", "b", "a"]),
        ("a", 5, ["a"]),
        ("abcdef", 2, ["f", "edc", "ba"]),
    ],
)
def test_layers_forget_from_the_head_downwards(layers, count, groups):
    found = stages([SimpleNamespace(path=name) for name in layers], count)
    assert ["".join(call.path for call in group) for group in found] == groups


def test_weights_are_shuffled_and_vectors_of_one_layer_go_together():
    rng = np.random.default_rng(0)
    kernel = np.arange(24.0).reshape(2, 3, 4)
    scale, offset, other = np.arange(8.0), np.arange(8.0) + 100, np.arange(3.0)
    shuffled = _shuffled([kernel, scale, offset, other], rng)
    assert sorted(shuffled[0].ravel()) == sorted(kernel.ravel())
    assert (shuffled[0] != kernel).any()
    assert shuffled[0].shape == kernel.shape
    np.testing.assert_array_equal(shuffled[1] + 100, shuffled[2])
    assert (shuffled[1] != scale).any()
    assert sorted(shuffled[3]) == [0, 1, 2]


def test_a_model_that_does_not_classify_is_refused(tmp_path):
    with pytest.raises(NotApplicableError, match="models that classify"):
        randomised(load_card("chest_xray_lungs"), tmp_path)
