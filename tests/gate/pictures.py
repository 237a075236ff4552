"""Pictures of one kind for the gate's tests: two dark fields, unlike in size, and a bright one to one side."""

import numpy as np


def pictures(n: int, seed: int, side: int = 96) -> np.ndarray:
    """``n`` asymmetric pictures that vary mildly, float32, 0 to 1, shape ``(n, side, side)``."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0 : 1 : side * 1j, 0 : 1 : side * 1j]
    made = []
    for _ in range(n):
        shift = rng.normal(0, 0.015, 2)

        def blob(row, column, height, width, shift=shift):
            return np.exp(-(((rows - row - shift[0]) / height) ** 2) - ((columns - column - shift[1]) / width) ** 2)

        image = 0.6 + 0.2 * rows
        image = image - rng.normal(0.5, 0.03) * blob(0.4, 0.28, 0.28, 0.13)
        image = image - rng.normal(0.5, 0.03) * blob(0.42, 0.73, 0.24, 0.12)
        image = image + rng.normal(0.4, 0.03) * blob(0.55, 0.6, 0.15, 0.12)
        made.append(np.clip(image + rng.normal(0, 0.02, (side, side)), 0, 1))
    return np.stack(made).astype(np.float32)
