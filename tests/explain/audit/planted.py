"""Maps of the planted network, right ones and wrong ones, for the tests of the audit."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy.ndimage import gaussian_gradient_magnitude

from medimg_core.explain import explain, query
from medimg_core.explain.audit import Asked, remap_of
from medimg_core.explain.planted import PlantedImage, planted_card, planted_image
from medimg_core.inference import classify
from medimg_core.preprocess import resize
from medimg_core.results import Explanation

GRID = (12, 12)


@dataclass(frozen=True, eq=False)
class Case:
    """One planted image, asked about."""

    image: PlantedImage
    query: object
    explanation: Explanation

    def asked(self, native=None, *, remap="own", progress=None) -> Asked:
        """The case's own map under audit, or another one in its place."""
        shown = self.explanation if native is None else self.shown(native)
        if remap == "own":
            remap = remap_of(self.query, shown)
        return Asked(self.query, shown, remap, progress)

    def shown(self, native) -> Explanation:
        return replace(self.explanation, native=np.array(native, np.float32))

    @property
    def truth(self) -> np.ndarray:
        return self.image.truth()


@cache
def case(seed: int, marks=None, label=None) -> Case:
    made = planted_image(seed, marks)
    card = planted_card()
    said = classify(made.volume, card, series=made.series, enforce_gate=False)
    return Case(made, query(said, card, made.volume, label=label), explain(said, card, label=label))


def edges(batch) -> np.ndarray:
    """What an edge detector makes of inputs, on the native grid."""
    found = [gaussian_gradient_magnitude(image[..., 0], 1.0) for image in batch]
    return np.stack([resize(one, GRID) for one in found])


def wrong_maps(own: Case, other: Case) -> dict[str, np.ndarray]:
    """Maps that know nothing of what the network does with the image."""
    rows, columns = np.indices(GRID)
    rng = np.random.default_rng(own.image.seed)
    return {
        "shuffled": rng.permutation(own.explanation.native.ravel()).reshape(GRID),
        "blob": np.exp(-((rows - 5.5) ** 2 + (columns - 5.5) ** 2) / 18),
        "another image's": other.explanation.native,
        "edges": edges(own.query.batch)[0],
        "turned round": own.explanation.native.max() - own.explanation.native,
    }
