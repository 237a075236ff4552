"""Wrong maps are wrong, and differ from true ones in nothing but their values."""

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError
from medimg_core.explain import explain, query
from medimg_core.explain.planted import planted_image
from medimg_core.explain.planted.checks import hit
from medimg_core.explain.planted.trial import other_seed
from medimg_core.explain.planted.wrong import WRONG, wrong_map
from medimg_core.inference import classify

SEEDS = (1, 3, 8)


@pytest.fixture(scope="module")
def asked(planted_models):
    """Question, true map and that of another image, by seed."""
    card, found = planted_models["planted_pooled"], {}
    for seed in SEEDS:
        made = planted_image(seed)
        far = planted_image(other_seed(made))
        said, elsewhere = (classify(one.volume, card, series=one.series) for one in (made, far))
        found[seed] = query(said, card, made.volume), explain(said, card), explain(elsewhere, card)
    return found


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_map_looks_like_a_true_one(asked, seed, kind) -> None:
    question, true, other = asked[seed]
    wrong = wrong_map(kind, question, true, other, seed=seed)
    shown = wrong.explanation
    assert shown.native.shape == true.native.shape
    assert shown.native.min() >= 0
    assert float(shown.native.sum()) == pytest.approx(float(true.native.sum()), rel=1e-4) or not shown.has_evidence
    assert (shown.fingerprint, shown.method, shown.label, shown.layer) == (
        true.fingerprint,
        true.method,
        true.label,
        true.layer,
    )
    assert float(np.corrcoef(shown.native.ravel(), true.native.ravel())[0, 1]) < 0.5 or not shown.has_evidence
    np.testing.assert_allclose(wrong.remap(question.batch)[0], shown.native, atol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("kind", "follows"), [("blob", 0), ("another", 0), ("edges", 1), ("bright", 1), ("shuffled", 0)]
)
def test_a_wrong_map_follows_the_image_or_not(asked, seed, kind, follows) -> None:
    """Black the lower half out where there is no mark: only a map of what strikes the eye notices."""
    question, true, other = asked[seed]
    wrong = wrong_map(kind, question, true, other, seed=seed)
    half = slice(0, 48) if np.argwhere(planted_image(seed).truth())[:, 0].mean() > 48 else slice(48, 96)
    batch = question.batch.copy()
    away = planted_image(seed)
    kept = np.any([mask for _, mask in away.marks], axis=0)
    batch[0, half][~kept[half]] = 0.5
    moved = np.abs(wrong.remap(batch)[0] - wrong.explanation.native).sum() / wrong.explanation.native.sum()
    assert (moved > 0.1) == bool(follows)


@pytest.mark.parametrize("seed", range(20))
def test_the_other_image_has_its_mark_elsewhere(planted_models, seed) -> None:
    card, made = planted_models["planted_pooled"], planted_image(seed)
    other = planted_image(other_seed(made))
    assert other.seed > seed
    peaks, share, area = hit(explain(classify(other.volume, card, series=other.series), card), made.truth())
    assert not peaks
    assert share < area


def test_there_is_no_other_kind_and_the_grid_is_that_of_the_maps(asked) -> None:
    import dataclasses

    question, true, other = asked[SEEDS[0]]
    with pytest.raises(IncompatibleInputError, match="shuffled"):
        wrong_map("upside_down", question, true, other)
    coarse, odd = (dataclasses.replace(true, native=np.ones((side, side), np.float32)) for side in (6, 7))
    for kind, one, two, message in (
        ("blob", coarse, other, "two maps on one grid"),
        ("blob", odd, odd, "whole pixels"),
        ("forgotten", coarse, coarse, "12 x 12 cells, the true map has 6 x 6"),
    ):
        with pytest.raises(IncompatibleInputError, match=message):
            wrong_map(kind, question, one, two)
    assert wrong_map("edges", question, coarse, coarse).explanation.native.shape == (6, 6)
