"""Where the score changes, does the map? A map can stay while the prediction turns (Zhang et al. 2023).

The image is hidden tile by tile, each tile as large as the others, so that what differs is what it held. The change of
the log-odds and the change of the map must go together.
"""

import numpy as np
import numpy.typing as npt

from medimg_core.explain.audit.asked import Asked
from medimg_core.explain.audit.blocks import blocks_of
from medimg_core.explain.audit.similarity import rank_correlation
from medimg_core.explain.hiding import hide
from medimg_core.results import AuditItem

__all__ = ["LEVEL", "RULE", "SOURCE", "TILES", "responsiveness"]

TILES = 6
"""Tiles along rows and columns."""
FEWEST = 6
LEAST = 0.5
"""Change of the calibrated log-odds that at least one tile must cause."""
LEVEL = 0.05
_DRAWS = 2000

RULE = (
    "Shown where hiding equal tiles of the image from their borders changes log-odds and map together (Spearman's "
    "rank correlation over the tiles above zero, one-sided permutation test, p < 0.05); not shown where it is zero or "
    "less. Cannot be told where no tile changes the score."
)
SOURCE = "Zhang et al. 2023, doi:10.1148/ryai.220221: maps and predictions of seven methods, correlation at most 0.25"


def responsiveness(asked: Asked) -> AuditItem:
    """The item.

    Args:
        asked: The map under audit.
    """
    if asked.remap is None:
        return _open("This method takes too long to be repeated while somebody waits.", "too slow to be repeated")
    tiles = _tiles(asked)
    if len(tiles) < FEWEST:
        return _open(f"Only {len(tiles)} tiles of this image hold anything.", "too little in the image")
    batch = hide(asked.image, tiles)
    scores = np.abs(asked.query.log_odds(batch) - asked.query.own) / asked.query.card.temperature
    if scores.max() < LEAST:
        return _open(
            f"No tile of {len(tiles)} changes the score when it is hidden: at most by {scores.max():.2f} in log-odds.",
            "no hidden tile changes the score",
            {"tiles": len(tiles), "largest_change": float(scores.max())},
        )
    native = np.maximum(asked.remap(batch), 0)
    maps = np.abs(native - asked.evidence).sum(axis=(1, 2)) / asked.evidence.sum()
    together = rank_correlation(scores, maps)
    p = _p(scores, maps, together)
    figures = {
        "tiles": len(tiles),
        "rank_correlation": together,
        "p": p,
        "log_odds": scores.tolist(),
        "map": maps.tolist(),
    }
    told = f"rank correlation {together:.2f} over {len(tiles)} hidden tiles"
    if together > 0 and p <= LEVEL:
        return AuditItem(
            "responsiveness", "shown", f"Where the score changes, the map changes: {told}.", RULE, SOURCE, figures
        )
    if together <= 0:
        sentence = f"The map does not change where the score changes: {told}."
        return AuditItem(
            "responsiveness", "not_shown", sentence, RULE, SOURCE, figures, "it does not change where the score does"
        )
    return _open(f"Score and map change together by chance as well: {told}, p {p:.2f}.", "may be chance", figures)


def _tiles(asked: Asked) -> npt.NDArray[np.bool_]:
    """Tiles that hold something, shape ``(n, rows, columns)``."""
    rows, columns = asked.shape
    of_pixel = (np.arange(rows) * TILES // rows)[:, None] * TILES + (np.arange(columns) * TILES // columns)[None, :]
    blocks = blocks_of(asked)
    full = np.isin(blocks.of_pixel, blocks.used)
    tiles = of_pixel[None] == np.arange(TILES * TILES)[:, None, None]
    held = (tiles & full).sum(axis=(1, 2)) / tiles.sum(axis=(1, 2))
    return np.asarray(tiles[held >= 0.5])


def _p(scores: npt.NDArray[np.float64], maps: npt.NDArray[np.floating], found: float) -> float:
    from scipy.stats import rankdata

    rng = np.random.default_rng(0)
    a, b = rankdata(scores), rankdata(maps)
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    drawn = np.array([a @ rng.permutation(b) for _ in range(_DRAWS)]) / size if size > 0 else np.ones(_DRAWS)
    return float((1 + (drawn >= found - 1e-12).sum()) / (1 + _DRAWS))


def _open(sentence: str, reason: str, figures: dict[str, object] | None = None) -> AuditItem:
    return AuditItem("responsiveness", "cannot_tell", sentence, RULE, SOURCE, figures or {}, reason)
