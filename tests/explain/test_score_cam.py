"""Score-CAM's masks are SciPy's, and a channel counts for what its mask lets through."""

import numpy as np
import pytest
from scipy.ndimage import zoom

from medimg_core.decision import decision
from medimg_core.engine import forward
from medimg_core.explain.score_cam import channel_masks, score_cam
from tests.explain.map_models import batch_for


@pytest.mark.parametrize("size", [(32, 48), (33, 47), (160, 160), (5, 6)])
def test_masks_are_those_of_tf_keras_vis(size):
    features = np.random.default_rng(0).normal(size=(5, 6, 7)).astype(np.float32)
    features[..., 3] = 2.5  # the same everywhere: a mask of zeros
    up = zoom(features[None], (1, size[0] / 5, size[1] / 6, 1), order=1, mode="nearest")[0]
    low, high = (edge(up, axis=(0, 1), keepdims=True) for edge in (np.min, np.max))
    wanted = ((up - low) / (high - low + 1e-7)).transpose(2, 0, 1)
    found = channel_masks(features, size)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=2e-6)
    assert not found[3].any()


def test_weights_by_hand(map_models):
    """One pass a channel; one that is zero everywhere needs none, one that is the same everywhere hides everything."""
    card, _ = map_models["pooled"]
    image = batch_for(card)[0]
    features = forward(card, image[None]).features[0].copy()
    features[..., 2] = 1.5
    features[..., 4] = 0
    masked = channel_masks(features, image.shape[:2])[..., None] * image
    passed, shown = [forward(card, one[None]).logits[0] for one in masked], 0.0
    for label in ("presence", "no presence"):
        question, steps = decision(card, label=label), []
        wanted = sum(question.log_odds(logits) * features[..., k] for k, logits in enumerate(passed))
        found = score_cam(image, features, card, question, lambda *step, steps=steps: steps.append(step))
        np.testing.assert_allclose(found, np.maximum(wanted, 0), atol=1e-4)
        assert steps[-1][0] == steps[-1][1] == np.count_nonzero(features.any(axis=(0, 1)))
        shown += found.max()
    assert shown > 0
