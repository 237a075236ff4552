"""Where integrated gradients start from."""

import numpy as np

from medimg_core.explain.gradients import BASELINES, baseline_of


def test_baselines():
    image = np.random.default_rng(0).normal(size=(24, 40, 3)).astype(np.float32) + np.arange(3, dtype=np.float32)
    assert BASELINES == ("mean", "blur")
    mean, blur = (baseline_of(image, how) for how in BASELINES)
    assert mean.dtype == blur.dtype == np.float32
    np.testing.assert_allclose(mean, np.broadcast_to(image.mean(axis=(0, 1)), image.shape), atol=1e-5)
    assert 0 < blur[..., 1].std() < 0.5 * image[..., 1].std()
    np.testing.assert_allclose(blur.mean(axis=(0, 1)), image.mean(axis=(0, 1)), atol=0.1)
