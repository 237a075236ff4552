"""The network that joins an embedding with clinical variables."""

import numpy as np
import pytest

from medimg_core.errors import InvalidCardError
from medimg_core.training.architectures.fusion import late_fusion


@pytest.mark.parametrize(
    ("image", "variables", "inputs", "joined"),
    [(20, 4, ["image", "variables"], 12), (20, 0, ["image"], 8), (0, 4, ["variables"], 4)],
)
def test_what_goes_in_is_what_there_is(image, variables, inputs, joined):
    network = late_fusion(image=image, variables=variables)
    assert [given.name for given in network.inputs] == inputs
    assert network.get_layer("logits").input.shape == (None, joined)
    assert network.output.shape == (None, 1)


def test_it_is_small():
    assert late_fusion(image=192, variables=4).count_params() < 2000


def test_both_inputs_reach_the_logit():
    import keras

    keras.utils.set_random_seed(0)
    network = late_fusion(image=6, variables=2)
    rng = np.random.default_rng(0)
    image, variables = rng.normal(0, 1, (16, 6)), rng.normal(0, 1, (16, 2))
    plain = np.asarray(network([image, variables]))
    assert np.abs(np.asarray(network([image + 1, variables])) - plain).max() > 1e-3
    assert np.abs(np.asarray(network([image, variables + 1])) - plain).max() > 1e-3


def test_nothing_cannot_be_joined():
    with pytest.raises(InvalidCardError, match="it has neither"):
        late_fusion()
