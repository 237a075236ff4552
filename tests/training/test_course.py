"""Folders of a training, and what it leaves behind where it is refused."""

import pytest

from medimg_core.errors import InputError, LimitError, MedImgError
from medimg_core.training import train
from medimg_core.training.course import check_epochs, find_folders, read
from medimg_core.training.fit import Fitted
from medimg_core.training.provenance import DataSet
from tests.training import volumes
from tests.training.lesions import plan, write_index, write_lesions


@pytest.mark.parametrize(
    ("given", "beside", "named", "expected"),
    [
        ("a", "b", "b", "a b"),
        ("a b c", "", "b", "a b c"),
        ("a c b", "", "b", "a b c"),
        ("part other", "", "b", "part other"),
        ("part other", "b", "b", "part other"),
        ("part y x", "", "b c", "part y x"),
        ("part y b", "", "b c", "part b y"),
        ("part y", "c", "b c", "part y c"),
        ("b a", "", "b", "b a"),
        ("a", "b", "", "a"),
    ],
)
def test_folders_are_those_given_and_those_that_the_plan_names(tmp_path, given, beside, named, expected):
    for name in (*given.split(), *beside.split()):
        (tmp_path / name).mkdir()
    found = find_folders([tmp_path / name for name in given.split()], plan(folders=tuple(named.split())))
    assert [path.name for path in found] == expected.split()


def test_a_folder_that_is_missing_is_named(tmp_path):
    for name in ("part", "other"):
        (tmp_path / name).mkdir()
    with pytest.raises(InputError, match="needs the folder 'c' too"):
        find_folders([tmp_path / "part", tmp_path / "other"], plan(folders=("b", "c")))


def test_volumes_of_two_folders_are_one_set(tmp_path):
    for name in ("first", "second"):
        volumes.write_volumes(tmp_path / name, counts=(2, 1))
    data = read([tmp_path / "first", tmp_path / "second"], volumes.plan(empty_share=0.0))
    assert len(data.train) == 2 * 2 * 3
    assert len(data.val) == 2 * 6
    assert data.train.stacks().max() == 3  # files of the same name in two folders are two volumes
    assert data.folders[0].name == "first"
    assert data.sets == tuple(DataSet(name, {"train": 2, "val": 1}) for name in ("first", "second"))


@pytest.mark.parametrize(("epochs", "time_limit", "refused"), [(0, 0.5, True), (1, 0.5, False), (0, None, False)])
def test_weights_that_were_never_trained_are_refused(epochs, time_limit, refused):
    fitted = Fitted((), epochs, ())
    if refused:
        with pytest.raises(LimitError, match=r"no epoch was finished within the time limit of 0\.5 min"):
            check_epochs(fitted, time_limit)
    else:
        check_epochs(fitted, time_limit)


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
epochs = 2
batch = 6

[[card.data]]
name = "data"
licence = "CC0"
n = {}
split = "by patient"
"""


@pytest.mark.parametrize("fault", ["label", "folder", "no epoch", "no data on the card"])
def test_a_refused_training_leaves_no_model_folder(tmp_path, monkeypatch, fault):
    monkeypatch.setenv("MEDIMG_MODELS", str(tmp_path / "models"))
    (tmp_path / "models" / "tiny").mkdir(parents=True)
    text = RECIPE.partition("[[card")[0] if fault == "no data on the card" else RECIPE
    (tmp_path / "models" / "tiny" / "recipe.toml").write_text(text)
    folder = write_lesions(tmp_path / "data", (4, 2))
    if fault == "label":
        write_index(folder, [["train-none-0.png", "", "huge", "p", "train"]])
    given = tmp_path / "nowhere" if fault == "folder" else folder
    with pytest.raises(MedImgError):
        train("tiny", [given], out=tmp_path / "out", time_limit=1e-6)
    assert not (tmp_path / "out" / "tiny").exists()
    assert (tmp_path / "out").exists() == (fault == "no epoch")
