"""card.toml in, ModelCard out, and what is refused."""

import hashlib
from pathlib import Path

import pytest

from medimg_core.errors import InvalidCardError, UnknownModelError, WeightsError
from medimg_core.registry import broken_models, card_problems, list_models, load_card, read_card

CARD = """
schema = 1
id = "toy"
title = "A toy"
task = "classification"
intended_use = "Tests."
modality = ["DX", "CR"]
body_part = ["CHEST"]
weights_licence = "CC BY 4.0"
uses_outside = false
limits = ["children only"]
sha256 = "{sha}"

[population]
age_years = [1, 5]
views = ["AP"]
sites = "one hospital"
never_measured = ["adults"]

[input]
size = [32, 48]
channels = 1
steps = ["squash"]
unit = "any"

[[outputs]]
name = "logits"
kind = "classification"
classes = ["normal", "bacterial", "viral"]
ensemble = "ensemble"
[outputs.reading]
name = "pneumonia"
positive = ["bacterial", "viral"]
positive_text = "pneumonia label suggested"
negative_text = "not above the threshold"

[cam]
layer = "features"
head = "pooling_dense"

[calibration]
temperature = 1.5
prevalence = 0.74

[[thresholds]]
name = "balanced"
value = 0.6
sensitivity = 0.9
specificity = 0.8
source = "val, n 712"

[gate]
limit = 12.0

[[data]]
name = "chest_xray"
licence = "CC BY 4.0"
n = {{ train = 10, val = 5 }}
split = "by patient"

[[metrics]]
name = "auc"
value = 0.9
ci = [0.8, 0.95]
n = 5
data = "chest_xray val"
note = "threshold tuned on it"
"""


def write(folder: Path, text: str = CARD, weights: bytes = b"weights") -> Path:
    model = folder / "toy"
    model.mkdir()
    (model / "card.toml").write_text(text.format(sha=hashlib.sha256(weights).hexdigest()))
    (model / "weights.keras").write_bytes(weights)
    return model


def test_a_card_is_read_whole(tmp_path: Path) -> None:
    card = read_card(write(tmp_path))
    assert (card.id, card.task, card.modality) == ("toy", "classification", ("DX", "CR"))
    assert card.input.size == (32, 48)
    assert card.outputs[0].reading is not None
    assert card.outputs[0].reading.positive == ("bacterial", "viral")
    assert card.population.age_years == (1.0, 5.0)
    assert card.threshold.value == 0.6
    assert card.metrics[0].ci == (0.8, 0.95)
    assert card.shortcuts == ()
    card.check_weights()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("schema = 1", "schema = 2", "schema 1, got 2"),
        ('id = "toy"', 'id = "other"', "folder's name, toy, got other"),
        ('task = "classification"', 'task = "magic"', "`task` must be one of"),
        ('title = "A toy"', "", "must have `title`"),
        ('title = "A toy"', "title = 3", "`title` must be str, got int"),
        ("size = [32, 48]", "size = [32]", "two whole numbers"),
        ("channels = 1", "channels = 2", "1 or 3, got 2"),
        ("temperature = 1.5", "temperature = 0", "`temperature` must lie in"),
        ("prevalence = 0.74", "prevalence = true", "`prevalence` must be int or float, got bool"),
        ('positive = ["bacterial", "viral"]', 'positive = ["tumour"]', "reading.positive must be some"),
        ("ci = [0.8, 0.95]", "ci = [0.95, 0.8]", r"must be \[low, high\]"),
        ("uses_outside = false", "uses_outside = false\ncolour = 1", "unknown keys: colour"),
        ("value = 0.6", "value = 1.6", r"`value` must lie in \[0, 1\]"),
        ("schema = 1", "schema = = 1", "valid TOML"),
        ('steps = ["squash"]', 'steps = ["squeeze"]', "`steps` must be some of .*, got 'squeeze'"),
        ("[calibration]", "[calibration]\nslope = 2.0", "unknown keys: slope"),
    ],
)
def test_a_broken_card_is_refused_with_the_rule(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in CARD
    with pytest.raises(InvalidCardError, match=message):
        read_card(write(tmp_path, CARD.replace(old, new, 1)))


MASKS = """\
[[outputs]]
name = "masks"
kind = "segmentation"
classes = ["organ"]

[outputs.mask]
extent = "{extent}"

"""


def of_volumes(sides: str = "[8, 32, 48]", extent: str = "volume") -> str:
    """A card that segments volumes."""
    start, end = CARD.index("[[outputs]]"), CARD.index("[gate]")
    text = CARD[:start] + MASKS.replace("{extent}", extent) + CARD[end:]
    return text.replace('task = "classification"', 'task = "segmentation"').replace("[32, 48]", sides)


def test_three_sides_are_those_of_a_network_of_volumes(tmp_path: Path) -> None:
    card = read_card(write(tmp_path, of_volumes()))
    assert (card.input.depth, card.input.size, card.input.sides) == (8, (32, 48), (8, 32, 48))
    assert card.input.shape == (8, 32, 48, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (of_volumes("[8, 32, 48, 2]"), "two whole numbers, or three for volumes"),
        (of_volumes("[1, 32, 48]"), "2 to 512 slices before them"),
        (of_volumes("[8, 8, 48]"), "16 to 2048 rows and columns"),
        (of_volumes().replace("channels = 1", "channels = 3"), "takes volumes must be 1, got 3"),
        (of_volumes().replace('["squash"]', "[]"), "`steps` of a network that takes volumes must hold squash"),
        (of_volumes(extent="image"), "must segment, with an extent of volume or reader"),
        (CARD.replace("[32, 48]", "[8, 32, 48]"), "must segment, with an extent of volume or reader"),
    ],
)
def test_what_a_network_of_volumes_cannot_be_is_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidCardError, match=message):
        read_card(write(tmp_path, text))


def test_every_part_that_is_wrong_is_told(tmp_path: Path) -> None:
    text = CARD.replace("channels = 1", "channels = 2").replace('title = "A toy"', "title = 3")
    text = text.replace("value = 0.6", "value = 1.6").replace("uses_outside", "uses_inside")
    assert card_problems(write(tmp_path, text)) == (
        "card toy `title` must be str, got int",
        "card toy must have `uses_outside`; it is missing",
        "card toy [input] `channels` must be 1 or 3, got 2",
        "card toy thresholds[0] `value` must lie in [0, 1], got 1.6",
        "card toy has unknown keys: uses_inside",
    )


def test_parts_that_do_not_fit_each_other_are_told(tmp_path: Path) -> None:
    text = CARD.replace('id = "toy"', 'id = "game"').replace("temperature = 1.5\n", "")
    assert card_problems(write(tmp_path, text)) == (
        "card toy must have a calibration and a threshold for its classification",
        "card `id` must be its folder's name, toy, got game",
    )


def test_a_calibration_that_is_no_table_is_told(tmp_path: Path) -> None:
    text = CARD.replace("[calibration]\ntemperature = 1.5\nprevalence = 0.74", "")
    problems = card_problems(write(tmp_path, text.replace("schema = 1", "schema = 1\ncalibration = 3")))
    assert problems == ("card toy `calibration` must be dict, got int",)


def test_broken_models_leave_the_others_alone(tmp_path: Path) -> None:
    write(tmp_path)
    for name, content in (("letters", b"\xff\xfe"), ("nothing", b""), ("deep", b"a = " + b"[" * 5000)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "card.toml").write_bytes(content)
    (tmp_path / "folder" / "card.toml").mkdir(parents=True)
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "weights.keras").write_bytes(b"weights")
    (tmp_path / "recipe_only").mkdir()
    assert [card.id for card in list_models(tmp_path)] == ["toy"]
    broken = dict(broken_models(tmp_path))
    assert list(broken) == ["bare", "deep", "folder", "letters", "nothing"]
    assert broken["bare"] == ("model folder bare must hold card.toml; there is none",)
    assert broken["folder"] == ("card folder must be a file that can be read; Is a directory",)
    assert broken["nothing"][0] == "card nothing must have `schema`; it is missing"
    for name in ("deep", "letters"):
        assert broken[name][0].startswith(f"card {name} must be valid TOML: ")
    with pytest.raises(InvalidCardError, match="there is none"):
        load_card("bare", tmp_path)


def test_a_card_that_is_mended_is_read_again(tmp_path: Path) -> None:
    model = write(tmp_path, CARD.replace("channels = 1", "channels = 2"))
    assert card_problems(model)
    (model / "card.toml").write_text(CARD.format(sha="0" * 64))
    assert card_problems(model) == ()
    assert read_card(model).input.channels == 1


def test_other_weights_are_refused(tmp_path: Path) -> None:
    model = write(tmp_path)
    (model / "weights.keras").write_bytes(b"other")
    with pytest.raises(WeightsError, match="as on the card; got"):
        read_card(model).check_weights()
    (model / "weights.keras").unlink()
    with pytest.raises(WeightsError, match="there is none"):
        read_card(model).check_weights()


def test_models_are_listed_and_found_by_id(tmp_path: Path) -> None:
    write(tmp_path)
    assert [card.id for card in list_models(tmp_path)] == ["toy"]
    assert load_card("toy", tmp_path).id == "toy"
    with pytest.raises(UnknownModelError, match="must be one of toy, got 'nope'"):
        load_card("nope", tmp_path)
