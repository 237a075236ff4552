"""Every method finds the planted mark, and methods that are one for a network agree on it."""

import numpy as np
import pytest

from medimg_core.explain import METHODS, explain, identical, methods_for
from medimg_core.explain.planted import planted_image
from medimg_core.explain.planted.checks import ENOUGH, halves, hit
from medimg_core.inference import classify, segment

IMAGES = {
    "grad_cam": 30,
    "grad_cam_plus_plus": 30,
    "layer_cam": 30,
    "hires_cam": 30,
    "score_cam": 30,
    "occlusion": 3,
    "vanilla_gradients": 3,
    "smooth_grad": 2,
    "integrated_gradients": 2,
}
"""Images for each method that explains decisions: as many as it takes little time for."""
MAY_MISS = {"score_cam": 2}
"""Score-CAM weighs a channel by what its mask lets through. Where a mask dims its own mark, the weight is below zero;
where brightness lets the mark through, a channel that weighs nothing is credited."""


def true_map(card, made, method):
    said = classify(made.volume, card, series=made.series)
    return explain(said, card, method=method, label=made.label, volume=made.volume)


def test_every_method_is_tried(planted_models) -> None:
    decisions = {name for name, method in METHODS.items() if method.explains == "decision"}
    assert set(IMAGES) == decisions
    assert {method.name for method in methods_for(planted_models["planted_pooled"])} == decisions
    assert [method.name for method in methods_for(planted_models["planted_mask"])] == ["seg_grad_cam"]


@pytest.mark.parametrize("method", IMAGES)
def test_a_method_finds_the_mark(planted_models, method) -> None:
    card, found = planted_models["planted_pooled"], []
    for seed in range(IMAGES[method]):
        made = planted_image(seed)
        found.append(hit(true_map(card, made, method), made.truth()))
    hits = [(peak, share / area) for peak, share, area in found]
    missed = [number for number, (peak, ratio) in enumerate(hits) if not peak or ratio < ENOUGH]
    assert len(missed) <= MAY_MISS.get(method, 0), f"images {missed}"


@pytest.mark.parametrize("method", ["vanilla_gradients", "integrated_gradients"])
def test_the_gradient_is_zero_where_the_network_looks_at_nothing(planted_models, method) -> None:
    """All filters are silent away from marks: what a gradient shows there would be made up."""
    made = planted_image(0)
    native = true_map(planted_models["planted_pooled"], made, method).native
    away = ~np.any([mask for _, mask in made.marks], axis=0)
    assert float(np.abs(native[away]).max()) <= 1e-5 * float(np.abs(native).max())


@pytest.mark.parametrize(("method", "against"), [("occlusion", True), ("integrated_gradients", True)])
def test_a_signed_method_shows_what_speaks_against(planted_models, method, against) -> None:
    made = planted_image(3)
    assert [name for name, _ in made.marks] == ["mark_a", "against"]
    shown = true_map(planted_models["planted_pooled"], made, method)
    assert shown.signed is against
    step = made.image.shape[0] // shown.native.shape[0]
    spread = np.kron(shown.native, np.ones((step, step)))
    sums = {name: float(spread[mask].sum()) for name, mask in made.marks}
    assert sums["mark_a"] > 0 > sums["against"]


def test_methods_that_are_one_agree(planted_models) -> None:
    card = planted_models["planted_pooled"]
    sets = identical(card)
    assert frozenset({"grad_cam", "hires_cam"}) in sets
    for seed in (0, 3, 4):
        made = planted_image(seed)
        for names in sets:
            maps = [true_map(card, made, name).native for name in sorted(names)]
            for other in maps[1:]:
                np.testing.assert_allclose(other, maps[0], atol=1e-6)
    assert identical(planted_models["planted_flat"]) == ()


def test_where_every_cell_is_weighed_only_hires_cam_tells_for_from_against(planted_models) -> None:
    """Draelos & Carin 2020: Grad-CAM's mean over the cells marks what speaks against the label as well."""
    card = planted_models["planted_flat"]
    for seed in (1, 2):
        made = halves(seed)
        (_, speaks_for), (_, against) = made.marks
        shares = {}
        for method in ("hires_cam", "grad_cam"):
            shown = true_map(card, made, method)
            shares[method] = hit(shown, speaks_for), hit(shown, against)
        assert shares["hires_cam"][0][:2] == (True, pytest.approx(0.95, abs=0.06))
        assert shares["hires_cam"][1][1] < 0.01
        assert shares["grad_cam"][1][1] > 0.15


@pytest.mark.parametrize("seed", [0, 1])
def test_seg_grad_cam_finds_the_mark_of_a_mask(planted_models, seed) -> None:
    card, made = planted_models["planted_mask"], planted_image(seed)
    shown = explain(segment(made.volume, card, series=made.series), card, method="seg_grad_cam", volume=made.volume)
    peak, share, area = hit(shown, made.truth())
    assert peak
    assert share / area >= ENOUGH
