import numpy as np
import pytest

from medimg_core.burnt_in import drawing, find_marks, random_marks
from medimg_core.errors import IncompatibleInputError
from tests.burnt_in.speckle import speckle

SHAPE = (256, 240)


def test_marks_are_drawn_and_found() -> None:
    drawn = found = 0
    for seed in range(12):
        image = speckle(seed)
        marked = random_marks(image, np.random.default_rng(seed))
        changed = np.abs(marked - image) > 0.2
        drawn += int(changed.sum())
        found += int(find_marks(marked)[changed].sum())
        assert changed.mean() < 0.1
        assert 0 <= marked.min() <= marked.max() <= 1
    assert drawn > 12 * 20
    assert found > 0.5 * drawn


@pytest.mark.parametrize("kind", sorted(set(drawing.KINDS)))
def test_every_kind_draws_something(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "KINDS", (kind,))
    image = np.full(SHAPE, 0.4, np.float32)
    changes = [np.abs(random_marks(image, np.random.default_rng(seed)) - image).max() for seed in range(6)]
    assert float(np.median(changes)) > 0.25


def test_the_same_generator_draws_the_same_on_a_copy() -> None:
    image = speckle()
    before = image.copy()
    first, second = (random_marks(image, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, image)
    assert np.array_equal(image, before)


def test_another_generator_draws_elsewhere() -> None:
    image = np.full(SHAPE, 0.4, np.float32)
    drawn = [random_marks(image, np.random.default_rng(seed)) for seed in range(4)]
    assert len({found.tobytes() for found in drawn}) == 4


@pytest.mark.parametrize(
    ("image", "most", "rule"),
    [(np.zeros((4, 4, 3), np.float32), 3, "rows, columns"), (np.zeros((64, 64), np.float32), 0, "at least one")],
)
def test_what_cannot_be_drawn_on_is_refused(image: np.ndarray, most: int, rule: str) -> None:
    with pytest.raises(IncompatibleInputError, match=rule):
        random_marks(image, np.random.default_rng(0), most=most)
