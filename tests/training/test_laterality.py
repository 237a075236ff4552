"""Fitting what tells mirrored radiographs."""

import numpy as np
import pytest
from PIL import Image

from medimg_core.errors import InputError
from medimg_core.training.laterality import fit_laterality, fit_weights, mirror_figures


def chests(n: int, seed: int) -> list[np.ndarray]:
    """A bright column in the middle and a bright ball to the right of it, at changing places."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:64, :64]
    images = []
    for _ in range(n):
        row, column, size = rng.normal((38, 40, 10), 2)
        image = 0.2 + 0.3 * (np.abs(columns - 32) < 6) + 0.4 * (np.hypot(rows - row, columns - column) < size)
        images.append(np.clip(image + rng.normal(0, 0.03, image.shape), 0, 1).astype(np.float32))
    return images


def test_mirrored_images_are_told_from_plain_ones():
    weights, limit = fit_weights(chests(40, 1), [str(n // 2) for n in range(40)])
    assert weights.shape == (24, 12)
    figures = mirror_figures(chests(50, 2), weights, limit)
    assert figures["n"] == 50
    assert figures["false_alarms"] <= 0.04
    assert figures["sensitivity"] >= 0.9


def test_the_same_seed_gives_the_same_weights():
    (one, first), (other, second) = (fit_weights(chests(24, 1), [str(n) for n in range(24)], seed=3) for _ in range(2))
    assert np.array_equal(one, other)
    assert first == second


@pytest.mark.parametrize(("n", "patients"), [(19, 19), (30, 3)])
def test_too_little_to_fit(n, patients):
    with pytest.raises(InputError, match=f"needs 20 images of 4 patients, got {n}"):
        fit_weights(chests(n, 1), [str(k % patients) for k in range(n)])


def test_a_folder_is_fitted_and_measured(tmp_path):
    lines = ["image,patient,split"]
    for number, image in enumerate(chests(30, 1)):
        Image.fromarray((image * 255).astype(np.uint8)).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,{number},{'train' if number < 24 else 'val'}")
    (tmp_path / "index.csv").write_text("\n".join(lines))
    figures = fit_laterality(tmp_path, tmp_path / "out.npz")
    assert figures["n"] == 6
    with np.load(tmp_path / "out.npz", allow_pickle=False) as file:
        assert file["weights"].shape == (24, 12)
        assert (
            figures["sensitivity"]
            == mirror_figures(
                [
                    np.asarray(Image.open(tmp_path / f"{n}.png").resize((224, 224), 2), np.float32) / 255
                    for n in range(24, 30)
                ],
                file["weights"].astype(float),
                float(file["limit"]),
            )["sensitivity"]
        )
