"""Two maps side by side, and where methods agree."""

import dataclasses

import numpy as np
import pytest

from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.explain.compare import agreement, compare, same_map, top_area
from medimg_core.explain.methods import METHODS
from medimg_core.results import Explanation

SHAPE = (40, 60)


def made(native, method="grad_cam", *, shape=SHAPE, **changes) -> Explanation:
    """A map that covers an image of 40 rows and 60 columns."""
    native = np.array(native, np.float32)
    scale = [image / cells for image, cells in zip(shape, native.shape, strict=True)]
    to_image = np.diag([*scale, 1.0])
    to_image[:2, 2] = [0.5 * each - 0.5 for each in scale]
    facts = {
        "model_id": "m", "weights_sha256": "a", "fingerprint": "f", "slice_index": 0, "frame": 0, "method": method,
        "layer": "features", "label": "x", "native": native, "to_image": to_image, "image_shape": shape, "score": 0.9,
    }  # fmt: skip
    return Explanation(**{**facts, **changes})


def spot(row: int, column: int, *, peak: float = 1.0) -> np.ndarray:
    """4 x 6 cells, one of them warm and its right neighbour half as warm."""
    native = np.zeros((4, 6), np.float32)
    native[row, column], native[row, column + 1] = peak, peak / 2
    return native


@pytest.fixture
def families(monkeypatch):
    """A method of each family."""
    for name in ("gradient", "perturbation"):
        monkeypatch.setitem(METHODS, f"made_{name}", dataclasses.replace(METHODS["grad_cam"], family=name))


def test_a_map_compared_with_itself_is_the_same():
    found = compare(made(spot(1, 2)), made(spot(1, 2, peak=7), "layer_cam"))
    assert found.peaks == (1, 7)
    assert np.abs(found.difference).max() < 1e-6
    assert found.rank_correlation == pytest.approx(1)
    assert found.overlap == pytest.approx(1, abs=0.02)  # where equal values end the top, rounding decides
    assert found.chance == pytest.approx(0.1 / (2 - 0.1), abs=0.005)
    assert "own peak" in found.note


def test_maps_that_look_elsewhere_do_not_overlap():
    found = compare(made(spot(0, 0)), made(spot(3, 4)))
    assert found.overlap == 0
    assert found.rank_correlation < 0.1
    # one cell is 10 x 10 pixels, so that its middle lies between two of them, 0.05 cells away from each
    assert found.difference[5, 5] == pytest.approx(0.95 * (0.95 + 0.05 / 2), abs=0.001)
    assert found.difference[35, 44] == pytest.approx(-0.95, abs=0.001)
    assert found.one.shape == found.other.shape == SHAPE


def test_methods_on_different_grids_meet_on_the_image():
    fine = np.kron(spot(1, 2), np.ones((5, 5)))
    found = compare(made(spot(1, 2)), made(fine, "made_elsewhere"))
    assert found.overlap > 0.5
    assert found.rank_correlation > 0.6


def test_a_map_without_evidence_cannot_be_ranked():
    found = compare(made(spot(1, 2)), made(np.zeros((4, 6))))
    assert (found.rank_correlation, found.overlap, found.chance) == (None, None, None)
    assert np.array_equal(found.difference, found.one)


def test_two_cases_stand_side_by_side_without_a_difference():
    found = compare(made(spot(1, 2)), made(spot(1, 2), shape=(80, 50), fingerprint="other"))
    assert found.one.shape == (40, 60)
    assert found.other.shape == (80, 50)
    assert (found.difference, found.seen, found.rank_correlation, found.overlap) == (None, None, None, None)
    assert "two images" in found.note


def test_what_one_map_does_not_see_is_left_out():
    seen = np.ones(SHAPE, bool)
    seen[:, 30:] = False
    # they differ only where the second map has not seen the image
    found = compare(made(spot(1, 1)), made(spot(1, 1) + spot(3, 4, peak=0.9)), seen=seen)
    assert found.overlap == 1
    assert found.difference[35, 45] == 0
    with pytest.raises(IncompatibleInputError, match="image's shape"):
        compare(made(spot(1, 1)), made(spot(1, 1)), seen=seen.T)


def test_large_images_are_compared_on_a_coarser_grid_and_give_the_same_figures():
    small = compare(made(spot(0, 1)), made(spot(1, 1)))
    large = compare(made(spot(0, 1), shape=(1200, 1800)), made(spot(1, 1), shape=(1200, 1800)))
    assert large.difference.shape == (1200, 1800)
    assert large.rank_correlation == pytest.approx(small.rank_correlation, abs=0.03)
    assert large.overlap == pytest.approx(small.overlap, abs=0.05)


@pytest.mark.parametrize("top", [0.0, 1.0, -0.1])
def test_the_top_is_a_share(top):
    with pytest.raises(IncompatibleInputError, match="between 0 and 1"):
        compare(made(spot(1, 2)), made(spot(1, 2)), top=top)


@pytest.mark.parametrize(
    ("values", "share", "wanted"),
    [
        ([1, 2, 3, 4], 0.5, [0, 0, 1, 1]),
        ([1, 2, 3, 4], 0.01, [0, 0, 0, 1]),
        ([0, 0, 0, 4], 0.5, [0, 0, 0, 1]),  # what is no evidence is in no top
        ([-4, -3, -2, -1], 0.5, [0, 0, 0, 0]),
        ([1, 3, 3, 4], 0.5, [0, 0, 0, 1]),  # of equals at the edge none
        ([3, 3, 3, 3], 0.5, [1, 1, 1, 1]),  # unless there is nothing above them
    ],
)
def test_the_top_area_holds_at_most_its_share(values, share, wanted):
    assert top_area(np.array(values, np.float32), share).astype(int).tolist() == wanted


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (made(spot(1, 2, peak=3)), True),
        (made(spot(1, 3)), False),
        (made(-spot(1, 2)), False),
        (made(np.zeros((4, 6))), False),
        (made(np.kron(spot(1, 2), np.ones((2, 2)))), False),
    ],
)
def test_one_map_is_the_other_up_to_a_factor(other, same):
    assert same_map(made(spot(1, 2)), other) is same


def test_agreement_is_where_most_methods_look(families):
    maps = [
        made(spot(1, 2) + spot(3, 0), "grad_cam"),
        made(spot(1, 2) * 2 + spot(0, 4), "made_gradient"),
        made(spot(1, 2) + spot(2, 4, peak=0.8), "made_perturbation"),
    ]
    found = agreement(maps, top=0.15)
    assert found.at_least == 2
    assert found.counted == ("grad_cam", "made_gradient", "made_perturbation")
    assert found.area[15, 25]
    assert not found.area[35, 5]
    assert (found.votes.max(), found.votes.dtype, found.votes.shape) == (3, np.uint8, SHAPE)
    assert not (agreement(maps, top=0.15, at_least=3).area & ~found.area).any()


def told_apart(row: int, column: int, number: int) -> np.ndarray:
    """A spot in a map that is no other's twin: each has a faint cell of its own."""
    native = spot(row, column)
    native[0, number] += 0.05
    return native


def test_maps_of_one_family_cannot_win_alone(families):
    alike = ("grad_cam", "grad_cam_plus_plus", "layer_cam")
    maps = [made(told_apart(1, 2, number), name) for number, name in enumerate(alike)]
    maps += [made(told_apart(3, 4, 4), "made_gradient"), made(told_apart(3, 4, 5), "made_perturbation")]
    found = agreement(maps)
    assert found.at_least == 3
    assert found.votes[15, 25] == 3
    assert not found.area.any()


@pytest.mark.parametrize(
    ("gradient", "perturbation", "agreed"),
    [((1, 2), (1, 2), True), ((1, 2), (3, 4), False), ((3, 4), (1, 2), False), ((3, 4), (3, 4), False)],
)
def test_a_place_is_agreed_on_where_every_family_marks_it(families, gradient, perturbation, agreed):
    places = {"grad_cam": (1, 2), "made_gradient": gradient, "made_perturbation": perturbation}
    found = agreement([made(told_apart(*place, number), name) for number, (name, place) in enumerate(places.items())])
    assert bool(found.area[15, 25]) is agreed
    assert found.area.any() == agreed


def test_every_family_is_not_enough_without_a_majority(families):
    here = ("grad_cam", "made_gradient", "made_perturbation")
    elsewhere = ("grad_cam_plus_plus", "layer_cam", "hires_cam")
    maps = [made(told_apart(1, 2, number), name) for number, name in enumerate(here)]
    maps += [made(told_apart(3, 4, number), name) for number, name in enumerate(elsewhere)]
    found = agreement(maps)
    assert found.at_least == 4
    assert found.votes[15, 25] == 3
    assert found.in_every_family[15, 25]
    assert not found.area.any()


def test_methods_that_make_one_map_count_once(families):
    maps = [
        made(spot(1, 2), "grad_cam"),
        made(spot(1, 2, peak=5), "hires_cam"),
        made(spot(0, 0), "made_gradient"),
        made(spot(3, 4), "made_perturbation"),
    ]
    found = agreement(maps)
    assert found.counted == ("grad_cam", "made_gradient", "made_perturbation")
    assert found.dropped == (("hires_cam", "grad_cam"),)
    assert found.votes.max() == 1
    assert not found.area.any()


@pytest.mark.parametrize(
    ("methods", "missing"),
    [
        (("grad_cam", "layer_cam"), "gradient, perturbation"),
        (("grad_cam", "made_gradient"), "perturbation"),
        (("made_gradient", "made_perturbation"), "class activation"),
        ((), "class activation, gradient, perturbation"),
    ],
)
def test_agreement_needs_every_family(families, methods, missing):
    maps = [made(spot(number, number), method) for number, method in enumerate(methods)]
    with pytest.raises(NotApplicableError, match=f"missing: {missing}$"):
        agreement(maps)


def test_a_map_without_evidence_stands_for_no_family(families):
    maps = [
        made(spot(0, 0)),
        made(spot(1, 1), "made_gradient"),
        made(np.zeros((4, 6)), "made_perturbation"),
    ]
    with pytest.raises(NotApplicableError, match="missing: perturbation"):
        agreement(maps)


def test_agreement_is_about_one_image_model_and_label(families):
    for change in ({"label": "y"}, {"fingerprint": "g"}, {"model_id": "n"}, {"slice_index": 1}):
        with pytest.raises(IncompatibleInputError, match="one image, model and label"):
            agreement([made(spot(0, 0)), made(spot(0, 0), **change)])


@pytest.mark.parametrize("votes", [1, 4])
def test_votes_lie_between_two_and_all(families, votes):
    maps = [made(spot(n, n), name) for n, name in enumerate(("grad_cam", "made_gradient", "made_perturbation"))]
    with pytest.raises(IncompatibleInputError, match=r"2\.\.3"):
        agreement(maps, at_least=votes)
