"""Late fusion of an image's embedding with clinical variables."""

import numpy as np
import pytest
from PIL import Image

from medimg_core.errors import InputError
from medimg_core.training.fusion import (
    KINDS,
    Patients,
    Settings,
    compare,
    encoded,
    folds_of,
    held_out,
    mean_auc,
    read_patients,
    scaled,
)
from tests.training.lesions import write_index

SHORT = Settings(folds=3, repeats=2, steps=25, learning_rate=0.05)


def patients(image=0.0, variables=0.0, n=36):
    """Patients whose image or variables tell the outcome by so many standard deviations."""
    rng = np.random.default_rng(0)
    truth = np.arange(n) % 2 > 0
    values = rng.normal(0, 1, (n, 2))
    values[:, 0] = 50 + 10 * (values[:, 0] + variables * truth)
    values[::9, 1] = np.nan
    seen = rng.normal(0, 1, (n, 6)) + image * truth[:, None] * (np.arange(6) < 2)
    return Patients(seen, values, truth, tuple(f"p{i}" for i in range(n)))


def test_columns_are_scaled_by_their_training_rows_alone():
    values = np.array([[1.0, 5.0, np.nan], [3.0, 5.0, 2.0], [100.0, 6.0, 4.0]])
    train = np.array([True, True, False])
    expected = [[-1, 0, np.nan], [1, 0, 0], [98, 1, 2]]
    assert scaled(values, train) == pytest.approx(np.array(expected), nan_ok=True)


def test_what_is_not_known_is_the_mean_and_said_so():
    values = np.array([[1.0, np.nan], [3.0, 7.0], [5.0, np.nan], [2.0, 9.0]])
    found = encoded(values, np.array([True, True, False, False]))
    assert found == pytest.approx(np.array([[-1, 0, 0, 1], [1, 0, 0, 0], [3, 0, 0, 1], [0, 2, 0, 0]]))


@pytest.mark.parametrize(("yes", "no"), [(10, 20), (7, 8), (5, 5)])
def test_every_fold_has_its_share_of_both_outcomes(yes, no):
    truth = np.array([True] * yes + [False] * no)
    fold = folds_of(truth, 5, np.random.default_rng(0))
    for outcome, count in ((True, yes), (False, no)):
        shares = np.bincount(fold[truth == outcome], minlength=5)
        assert shares.sum() == count
        assert shares.max() - shares.min() <= 1
    assert np.array_equal(fold, folds_of(truth, 5, np.random.default_rng(0)))


def test_too_few_patients_are_refused():
    with pytest.raises(InputError, match="5 folds need 5 patients or more of each outcome, got 4 with it"):
        folds_of(np.array([True] * 4 + [False] * 9), 5, np.random.default_rng(0))


def test_what_tells_the_outcome_is_found_and_what_does_not_is_not():
    rows = {row["name"]: row for row in compare(patients(image=2.5), SHORT)}
    assert set(rows) == {
        "auc, image", "auc, variables", "auc, both", "auc, both - image", "auc, both - variables",
        "auc, image - variables",
    }  # fmt: skip
    assert rows["auc, image"]["value"] > 0.9
    assert rows["auc, both"]["value"] > 0.9
    low, high = rows["auc, variables"]["ci"]
    assert low < 0.5 < high
    assert rows["auc, image - variables"]["ci"][0] > 0
    for row in rows.values():
        assert row["ci"][0] <= row["value"] <= row["ci"][1]
        assert row["n"] == 36
    difference = rows["auc, both"]["value"] - rows["auc, image"]["value"]
    assert rows["auc, both - image"]["value"] == pytest.approx(difference)


def test_variables_count_too_and_no_patient_is_judged_by_a_network_that_saw_it():
    told, shuffled = patients(variables=3.0), patients()
    once = np.ones((1, 36))
    assert mean_auc(held_out(told, "variables", SHORT), told.truth, once)[0] > 0.9
    # Nothing tells the outcome: a network that had seen its own patients would tell them by heart.
    assert mean_auc(held_out(shuffled, "both", SHORT), shuffled.truth, once)[0] < 0.75


def test_a_seed_gives_the_same_figures():
    first, again = (held_out(patients(image=1.0), "both", SHORT) for _ in range(2))
    assert first == pytest.approx(again, abs=1e-4)


def test_patients_are_read_with_the_mean_of_their_images(tmp_path):
    rows = []
    for patient, grade, age in (("a", "2", "30"), ("b", "1", ""), ("c", "", "50"), ("d", "1", "70")):
        for number, label in enumerate(("tumour", "tumour", "no_tumour")):
            name = f"{patient}{number}.png"
            Image.fromarray(np.full((4, 4), 10 * number, np.uint8)).save(tmp_path / name)
            rows.append([name, label, patient, grade, age])
    write_index(tmp_path, rows, ("image", "label", "patient", "grade", "age"))
    asked = []

    def embed(rows):
        asked.extend(row.case for row in rows)
        return np.array([[float(row.case[1]), ord(row.case[0])] for row in rows], np.float32)

    found = read_patients(tmp_path, ("grade", "2"), ("age",), "tumour", embed)
    assert asked == ["a0", "a1", "b0", "b1", "d0", "d1"]  # c's outcome is not known
    assert found.names == ("a", "b", "d")
    assert found.truth.tolist() == [True, False, False]
    assert found.image == pytest.approx(np.array([[0.5, 97], [0.5, 98], [0.5, 100]]))
    assert found.variables == pytest.approx(np.array([[30], [np.nan], [70]]), nan_ok=True)
    with pytest.raises(InputError, match="patients with and without it"):
        read_patients(tmp_path, ("grade", "3"), ("age",), "tumour", embed)


def test_kinds_differ_by_what_goes_in():
    assert sorted(KINDS.values()) == [(False, True), (True, False), (True, True)]
