"""A search among variants of a plan; what trains them is a stand-in, except once."""

import csv
import json

import pytest

from medimg_core.errors import Cancelled, InputError, InvalidCardError, NotApplicableError, UnknownModelError
from medimg_core.training import train
from medimg_core.training.fit import Fitted
from medimg_core.training.search import Space, read_space, score_of, search, try_variants
from tests.training.lesions import plan, write_lesions

SPACE = Space(3, {"learning_rate": (1e-3, 2e-3, 4e-3), "decoder": ((8, 4), (16, 8)), "strength": (0.5, 1.0)})


def quiet(done, total, text):
    assert 0 <= done <= total


class Trainer:
    """Scores a variant by its values: the middle rate and the wide decoder are best. Notes what it was given."""

    def __init__(self, stop_at=None):
        self.seen, self.stop_at = [], stop_at

    def __call__(self, variant, folder, progress):
        if len(self.seen) == self.stop_at:
            raise Cancelled("stopped by the user")
        self.seen.append(variant)
        progress(1, 1, "epoch 1 of 1")
        (folder / "checkpoint.npz").write_bytes(b"large")
        score = 0.9 - 50 * abs(variant.learning_rate - 2e-3) + 0.01 * variant.decoder[0] - 0.1 * variant.strength
        return Fitted((), 1, ({"val_score": score},))


def run(folder, count, trainer, **settings):
    options = {"progress": quiet, "resume": True, **settings}
    return try_variants(plan(), options.pop("space", SPACE), folder, count, trainer, **options)


def test_variants_are_tried_once_each_and_kept_as_a_table(tmp_path):
    trainer = Trainer()
    rows = run(tmp_path, 6, trainer)
    assert len(rows) == len(trainer.seen) == 6
    chosen = {(v.learning_rate, v.decoder, v.strength) for v in trainer.seen}
    assert len(chosen) == 6
    assert {v.epochs for v in trainer.seen} == {3}
    assert {v.weight_decay for v in trainer.seen} == {plan().weight_decay}
    with (tmp_path / "search.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["trial"] for row in table] == list("123456")
    for row, kept, variant in zip(rows, table, trainer.seen, strict=True):
        assert (row["learning_rate"], row["decoder"]) == (variant.learning_rate, variant.decoder)
        assert float(kept["val_score"]) == pytest.approx(row["val_score"], abs=1e-5)
        assert kept["decoder"] == " ".join(map(str, variant.decoder))
    assert not list(tmp_path.rglob("checkpoint.npz"))


def test_a_space_that_is_used_up_ends_the_search(tmp_path):
    space = Space(1, {"learning_rate": (1e-3, 2e-3)})
    trainer = Trainer()
    assert len(run(tmp_path, 9, trainer, space=space)) == 2
    assert sorted(v.learning_rate for v in trainer.seen) == [1e-3, 2e-3]


def test_a_search_goes_on_where_it_was_stopped(tmp_path):
    stopped = Trainer(stop_at=2)
    with pytest.raises(Cancelled, match="by the user"):
        run(tmp_path, 4, stopped)
    assert len((tmp_path / "search.csv").read_text().splitlines()) == 3
    went_on = Trainer()
    rows = run(tmp_path, 4, went_on)
    assert (len(rows), len(went_on.seen)) == (4, 2)
    assert len({(v.learning_rate, v.decoder, v.strength) for v in stopped.seen + went_on.seen}) == 4
    with pytest.raises(InputError, match="the space that it began with"):
        run(tmp_path, 4, Trainer(), space=Space(2, SPACE.values))
    afresh = Trainer()
    run(tmp_path, 2, afresh, space=Space(2, SPACE.values), resume=False)
    assert len(afresh.seen) == 2


def test_nothing_is_asked_of_another_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "192.0.2.1")
    with pytest.raises(NotApplicableError, match="this machine alone"):
        run(tmp_path, 2, Trainer())


def test_there_must_be_something_to_try(tmp_path):
    with pytest.raises(InputError, match="one or more, got -1"):
        run(tmp_path, -1, Trainer())


@pytest.mark.parametrize(("patience", "expected"), [(0, 0.2), (2, 0.7)])
def test_the_score_is_that_of_the_weights_kept(patience, expected):
    fitted = Fitted((), 3, tuple({"val_score": value} for value in (0.1, 0.7, 0.2)))
    assert score_of(plan(patience=patience), fitted) == expected


# --- the table of a recipe ----------------------------------------------------------------------


def written(tmp_path, text):
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    return path


def test_a_space_is_read(tmp_path):
    path = written(tmp_path, "[search]\nepochs = 2\nlearning_rate = [1, 0.5]\ndecoder = [[8, 4], [4, 4]]\n")
    space = read_space(path, plan())
    assert space == Space(2, {"learning_rate": (1.0, 0.5), "decoder": ((8, 4), (4, 4))})
    chosen = space.variant(plan(), {"learning_rate": 1, "decoder": 0})
    assert (chosen.learning_rate, chosen.decoder, chosen.epochs) == (0.5, (8, 4), 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"table \[search\]"),
        ("[search]\nepochs = 2", r"table \[search\]"),
        ("[search]\nepochs = '2'\nema = [0.1, 0.2]", r"table \[search\]"),
        ("[search]\nepochs = 2\nsize = [32, 64]", "may search learning_rate.*got size"),
        ("[search]\nepochs = 2\nema = 0.5", "two values or more of `ema`"),
        ("[search]\nepochs = 2\nema = [0.5]", "two values or more of `ema`"),
        ("[search]\nepochs = 2\nema = [0.5, 'much']", "`ema` must be float, got str"),
        ("[search]\nepochs = 2\nstrength = [1, 3]", "`strength` must lie in 0 to 2"),
    ],
)
def test_another_space_is_refused(tmp_path, text, message):
    with pytest.raises(InvalidCardError, match=message):
        read_space(written(tmp_path, text), plan())


RECIPE = """
[plan]
classes = ["none", "small", "large"]
labels = ["none", "small", "large"]
positive = ["large"]
reading = "large"
modality = "mr"
size = 32
cache_side = 32
encoder = "residual"
widths = [4]
head = 4
epochs = 9
batch = 6

[search]
epochs = 1
learning_rate = [1e-3, 1e-2]
"""


def test_variants_are_trained_as_a_plan_is_and_the_model_folder_stays_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDIMG_MODELS", str(tmp_path / "models"))
    (tmp_path / "models" / "tiny").mkdir(parents=True)
    written(tmp_path / "models" / "tiny", RECIPE)
    folder = write_lesions(tmp_path / "data", (4, 2))
    answer = train("tiny", [folder], search=1)
    assert (answer["trials"], answer["model"]) == (1, "tiny")
    assert set(answer["best"]) == {"trial", "learning_rate", "val_score"}
    assert 0 <= answer["best"]["val_score"] <= 1
    json.dumps(dict(answer))
    assert [path.name for path in (tmp_path / "models" / "tiny").iterdir()] == ["recipe.toml"]
    logs = list((tmp_path / "runs" / "tiny" / "search").glob("trial_*/log.csv"))
    assert [len(log.read_text().splitlines()) for log in logs] == [2]
    with pytest.raises(UnknownModelError):
        train("nonesuch", [folder], search=2)
    shipped = tmp_path / "recipes" / "own.toml"  # a shipped recipe lies beside others, not in its model's folder
    shipped.parent.mkdir()
    shipped.write_text(RECIPE)
    assert search("own", shipped, [folder], tmp_path / "runs" / "tiny", 1, quiet, resume=True)["model"] == "own"


def test_a_recipe_without_a_plan_has_no_variants():
    with pytest.raises(NotApplicableError, match=r"recipe with a \[plan\]; chest_xray_pneumonia has none"):
        train("chest_xray_pneumonia", [], search=2)
