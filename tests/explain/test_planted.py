"""The planted network is what is written down, and its evidence is where the truth says."""

import json
import zipfile

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from medimg_core.decision import decision
from medimg_core.engine import forward
from medimg_core.errors import IncompatibleInputError, UnknownModelError
from medimg_core.explain.planted import network, planted_card, planted_folder, planted_image
from medimg_core.explain.planted.cards import IDS, planted_text
from medimg_core.inference import classify
from medimg_core.registry import broken_models, list_models
from medimg_core.training.planted import REFERENCE

MARK_CHANNELS = slice(0, len(network.MARKS))


def grey(made) -> np.ndarray:
    return made.image.astype(np.float32) / np.float32(255)


# --- what is shipped -----------------------------------------------------------------------------


@pytest.mark.parametrize("model_id", IDS)
def test_a_card_belongs_to_its_weights_and_is_no_model_on_offer(model_id: str) -> None:
    card = planted_card(model_id)
    card.check_weights()
    text = (planted_folder(model_id) / "card.toml").read_text(encoding="utf-8")
    assert text == planted_text(model_id, card.sha256)
    assert model_id not in [one.id for one in list_models()] + [name for name, _ in broken_models()]


@pytest.mark.parametrize("model_id", IDS)
def test_the_weights_are_those_that_are_written_down(model_id: str) -> None:
    import h5py

    with zipfile.ZipFile(planted_folder(model_id) / "weights.keras") as archive:
        layers = {one["config"]["name"]: one for one in json.loads(archive.read("config.json"))["config"]["layers"]}
        with archive.open("model.weights.h5") as file, h5py.File(file) as values:
            arrays: dict[str, list[np.ndarray]] = {}

            def keep(name, item) -> None:
                if isinstance(item, h5py.Dataset):
                    arrays.setdefault(name.split("/")[1], []).append(item[()])

            values.visititems(keep)
    kernel, bias = network.filters()
    np.testing.assert_array_equal(arrays["conv2d"][0], kernel)
    np.testing.assert_array_equal(arrays["conv2d"][1], bias)
    assert (arrays["depthwise_conv2d"][0] == network.spline()[:, :, None, None]).all()
    head = {
        "planted_pooled": ("dense", network.pooled_kernel()),
        "planted_flat": ("dense", network.flat_kernel()),
        "planted_mask": ("conv2d_1", network.mask_kernel()),
    }[model_id]
    np.testing.assert_array_equal(arrays[head[0]][0], head[1])
    assert {"image", "answers", "features"} < set(layers)


def test_the_reference_belongs_to_the_network() -> None:
    card = planted_card()
    with np.load(card.reference, allow_pickle=False) as file:
        assert str(file["sha256"]) == card.sha256
        assert len(file["case"]) == REFERENCE
        assert file["outcome"].sum() == REFERENCE * 5 // 6
        assert (file["cam_max"][file["outcome"] == 0] == 0).all()
        assert (file["cam_max"][file["outcome"] == 1] > 0).all()
        assert ((file["score"] > 0.5) == (file["outcome"] == 1)).all()


@pytest.mark.parametrize("call", [planted_card, planted_folder])
def test_no_other_network_is_planted(call) -> None:
    with pytest.raises(UnknownModelError, match="planted_pooled"):
        call("chest_xray_pneumonia")


# --- what the network does -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_the_engine_says_what_the_formula_says(planted_models, seed: int) -> None:
    made = planted_image(seed)
    for model_id in ("planted_pooled", "planted_flat"):
        card = planted_card(model_id)
        said = classify(made.volume, card, series=made.series)
        assert "synthetic" in [reason.code for reason in said.gate.reasons]
        assert said.activations is not None
        wanted = network.logits(grey(made), flat=model_id == "planted_flat")
        np.testing.assert_allclose(said.activations.logits, wanted, atol=2e-4)
        np.testing.assert_allclose(said.activations.features, network.features(grey(made)), atol=2e-4)
        if model_id == "planted_pooled":
            assert said.reading == made.label
            assert said.positive
            assert 0.5 < decision(card, said.activations.logits).log_odds(said.activations.logits) < 4


@pytest.mark.parametrize("name", network.MARKS)
def test_the_score_does_not_depend_on_the_place(name: str) -> None:
    places = [(7, 7), (7, 83), (41, 33), (83, 83), (50, 8)]
    found = [
        network.features(grey(planted_image(1, (name,), places=[place], distractors=False)))[..., MARK_CHANNELS]
        for place in places
    ]
    sums = np.array([one.sum(axis=(0, 1)) for one in found])
    assert np.argmax(sums[0]) == list(network.MARKS).index(name)
    np.testing.assert_allclose(sums, np.broadcast_to(sums[0], sums.shape), atol=0.02 * sums[0].max())
    for one, (top, left) in zip(found, places, strict=True):
        peak = np.unravel_index(one.max(axis=-1).argmax(), one.shape[:2])
        assert np.abs((np.array(peak) + 0.5) * network.CELL - np.array([top, left]) - network.SIDE / 2).max() <= 5


@pytest.mark.parametrize("seed", range(40))
def test_nothing_but_marks_is_evidence(seed: int) -> None:
    empty = planted_image(seed, ())
    assert (network.features(grey(empty))[..., MARK_CHANNELS] == 0).all()
    assert (network.logits(grey(empty)) == 0).all()
    assert empty.label is None
    assert not empty.truth().any()
    made = planted_image(seed)
    found = network.features(grey(made))[..., MARK_CHANNELS]
    for channel, name in enumerate(network.MARKS):
        near = binary_dilation(made.truth(name), np.ones((3, 3)), iterations=2 * network.CELL)
        cells = near.reshape(network.GRID, network.CELL, network.GRID, network.CELL).any(axis=(1, 3))
        assert (found[..., channel][~cells] == 0).all()
        assert (found[..., channel].max() > 0) == made.truth(name).any()
    # the other channels do see what strikes the eye
    assert (network.features(grey(empty)).max(axis=(0, 1))[len(network.MARKS) :] > 0.002).all()


ROWS, COLUMNS = np.mgrid[:18, :18] - 8.5


def shapes() -> list[np.ndarray]:
    """Half planes, bars and discs of full contrast around a square of the size of a mark, and stripes."""
    found = []
    for angle in np.deg2rad(np.arange(0, 180, 15)):
        across = ROWS * np.cos(angle) + COLUMNS * np.sin(angle)
        for offset in np.arange(-4, 4.1, 0.5):
            found += [across > offset, *(np.abs(across - offset) < width for width in (0.5, 1, 1.5, 2))]
    for radius in (1, 1.5, 2.5, 4):
        for offset in np.arange(-4, 4.1, 1):
            found += [np.hypot(ROWS - offset, COLUMNS - side) < radius for side in (0, 2)]
    for phase in range(4):
        stripes = (ROWS + 8.5 + phase) // 2 % 2
        found += [stripes, stripes.T]
    return [one[6:12, 6:12] for one in found]


def orders(pattern: np.ndarray) -> list[np.ndarray]:
    """A mark turned and mirrored."""
    turned = [np.rot90(pattern, quarter) for quarter in range(4)]
    return [*turned[1:], *(one[:, ::-1] for one in turned)]


@pytest.mark.parametrize("name", network.MARKS)
def test_no_other_shape_reaches_the_limit(name: str) -> None:
    kernel = network.filters()[0][:, :, 0, list(network.MARKS).index(name)]
    assert abs(float(kernel.sum())) < 1e-6
    assert float((kernel * network.mark(name)).sum()) == pytest.approx(1, abs=1e-5)
    assert max(abs(float((kernel * shape).sum())) for shape in shapes()) < 0.4
    from scipy.signal import correlate

    others = [network.mark(one) for one in network.MARKS if one != name] + orders(network.mark(name))
    reached = max(float(correlate(pattern - 0.5, kernel, method="direct").max()) for pattern in others)
    assert reached < network.LIMIT


def test_a_cell_below_speaks_against(planted_models) -> None:
    card = planted_card("planted_flat")
    made = planted_image(3, ("mark_b", "mark_b"), places=[(20, 30), (64, 50)])
    logits = forward(card, grey(made)[None, ..., None]).logits[0]
    above = planted_image(3, ("mark_b",), places=[(20, 30)])
    assert logits[1] < forward(card, grey(above)[None, ..., None]).logits[0, 1] - 0.3
    assert (network.flat_kernel().reshape(12, 12, -1, 3).mean(axis=(0, 1))[1, 1]) > 0


def test_the_mask_lies_on_marks(planted_models) -> None:
    card = planted_card("planted_mask")
    for seed in range(8):
        made = planted_image(seed, ("mark_a",))
        masks = forward(card, grey(made)[None, ..., None]).masks[0, ..., 0] > 0
        assert masks[made.truth()].mean() > 0.9
        assert not masks[~binary_dilation(made.truth(), np.ones((3, 3)), iterations=12)].any()
    assert not (forward(card, grey(planted_image(1, ()))[None, ..., None]).masks > 0).any()


# --- images --------------------------------------------------------------------------------------


def test_the_same_seed_makes_the_same_image() -> None:
    one, two, three = planted_image(5), planted_image(5), planted_image(6)
    assert (one.image == two.image).all()
    assert one.volume.fingerprint == two.volume.fingerprint != three.volume.fingerprint
    assert one.volume.instances == ()
    assert one.series.synthetic


@pytest.mark.parametrize("seed", range(20))
def test_marks_lie_apart_and_are_no_distractors(seed: int) -> None:
    made = planted_image(seed)
    wide = [binary_dilation(mask, np.ones((3, 3)), iterations=network.CELL) for _, mask in made.marks]
    assert sum(one.astype(int) for one in wide).max() == 1
    assert not (made.distractors & made.truth()).any()
    assert made.distractors.mean() > 0.05
    assert 0 < made.truth().sum() == network.SIDE**2
    assert made.image.min() < 60
    assert made.image.max() > 200


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"marks": ("mark_d",)}, "mark_a"),
        ({"marks": ("mark_a",), "places": [(2, 30)]}, "7 pixels"),
        ({"marks": ("mark_a",), "places": [(30, 84)]}, "7 pixels"),
        ({"marks": ("mark_a",) * 60}, "room"),
    ],
)
def test_what_cannot_be_planted_is_said(arguments, words: str) -> None:
    with pytest.raises(IncompatibleInputError, match=words):
        planted_image(0, **arguments)


def test_an_image_of_another_size_has_no_features() -> None:
    with pytest.raises(IncompatibleInputError, match="96"):
        network.features(np.zeros((64, 96)))
