"""Does the model use what the map marks? Blocks are hidden and shown in the map's order, and in others.

Deletion hides the first blocks of an order, insertion shows them alone (Petsiuk et al., RISE, BMVC 2018,
arXiv:1806.07421), here in blocks of the model's native grid and on the log-odds, which do not saturate as scores do.
What a map marks are the blocks with a tenth of its peak or more, at most a fifth and at least a twentieth of all. An
order is worth the log-odds that are left when so many of its first blocks are shown alone, less those that are left
when they are hidden (ROAD's difference between least and most relevant first: Rong et al., ICML 2022, section 5).

Hidden images are images that no model has seen, so a figure alone says nothing. It is compared with random choices of
as many blocks, for two ways of hiding. Findings lie rather in the middle than in a corner, and have edges: two guesses
that know the image and not the model, a blob in the middle and the image's edges, beat random choices, too. A map that
marks what such a guess marks must do better than the guess.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from medimg_core.explain.audit.asked import Asked
from medimg_core.explain.audit.blocks import Blocks, blocks_of
from medimg_core.explain.hiding import WAYS, hide
from medimg_core.results import AuditItem, Verdict

__all__ = ["CURVE", "LEVEL", "ORDERS", "RULE", "SOURCE", "faithfulness"]

Order = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]

ORDERS = 50
"""Random orders."""
MARKED = 0.1
"""Share of the largest block's evidence from which on a map marks a block. Whatever else filled the fifth of a map with
few marks would be drawn at random, and might hit."""
LEAST, MOST = 0.05, 0.2
"""Smallest and largest share of the blocks that a map is taken to mark. On head FLAIR slices a larger one is met by a
blob in the middle, and a smaller one misses lesions that lie between blocks."""
CURVE = (0.1, 0.2, 0.4, 0.7)
"""Shares at which the map's own curves are given, for the eye."""
LEVEL = 0.05
"""One-sided level of the rank test: at most one of 50 random orders does as well, p = 2/51."""
SHARED = 0.5
"""Share of the map's blocks that a guess must mark as well to be held against it."""
NEARLY = 0.1
"""Share of the map's lead over random choices by which such a guess must stay behind."""
FEWEST = 12
"""Blocks with content below which orders cannot be told apart."""
SATURATED = 0.1
"""Share of the log-odds above the limit that hiding all but a random choice must take away, at least."""
_CHUNK = 32

RULE = (
    "Shown where hiding the blocks that the map marks (from a tenth of its peak on; 5 to 20 % of the image), and "
    "showing them alone, moves the log-odds more than at least 49 of 50 random choices of as many blocks (one-sided "
    "rank test, p < 0.05), filled from the border and blurred. Where half of them are also marked by a blob in the "
    "middle or by the image's edges, it must do clearly better than these (by a tenth of its lead over random "
    "choices), with all of its blocks or with the first half. Not applicable below the threshold, and where the score "
    "stays whatever is hidden."
)
SOURCE = (
    "Petsiuk et al. 2018, arXiv:1806.07421; Rong et al. 2022, arXiv:2202.00449; rank test: Phipson & Smyth 2010, "
    "doi:10.2202/1544-6115.1585"
)


@dataclass(frozen=True)
class _Guess:
    """What an order is worth that knows nothing of the model.

    Attributes:
        worth: With as many blocks as the map marks, and with half of them.
        shared: Share of the map's blocks that it marks as well.
    """

    worth: tuple[float, float]
    shared: float


@dataclass(frozen=True, eq=False)
class _Way:
    """What one way of hiding gives.

    Attributes:
        worth: Of the map's order, with all blocks marked and with their first half.
        random: Of random choices, shape ``(orders,)``.
        guesses: Of orders that know nothing of the model, by name.
        deletion: Log-odds with the map's first blocks hidden, for each share of :data:`CURVE`.
        insertion: Log-odds with them shown alone.
        alone: Mean log-odds with a random choice shown alone.
    """

    worth: tuple[float, float]
    random: Floats = field(repr=False)
    guesses: dict[str, _Guess]
    deletion: Floats = field(repr=False)
    insertion: Floats = field(repr=False)
    alone: float

    @property
    def beaten(self) -> int:
        """Random choices that do worse."""
        return int((self.random < self.worth[0]).sum())

    @property
    def p(self) -> float:
        """Of the one-sided rank test."""
        return (1 + len(self.random) - self.beaten) / (1 + len(self.random))

    @property
    def better(self) -> tuple[str, ...]:
        """Guesses that mark the same blocks and do as well as the map or better, or nearly so."""
        lead = NEARLY * (self.worth[0] - float(self.random.mean()))
        return tuple(
            name
            for name, guess in self.guesses.items()
            if guess.shared >= SHARED
            and all(other >= own - lead for own, other in zip(self.worth, guess.worth, strict=True))
        )

    @property
    def verdict(self) -> Verdict:
        if self.p > LEVEL:
            return "not_shown"
        return "cannot_tell" if self.better else "shown"

    def figures(self) -> dict[str, object]:
        return {
            "worth": self.worth[0],
            "worth_of_half": self.worth[1],
            "percentile": 100 * self.beaten / len(self.random),
            "p": self.p,
            "random_mean": float(self.random.mean()),
            "random_sd": float(self.random.std()),
            "guesses": {
                name: {
                    "worth": guess.worth[0],
                    "worth_of_half": guess.worth[1],
                    "percentile": 100 * float((self.random < guess.worth[0]).mean()),
                    "shared": guess.shared,
                }
                for name, guess in self.guesses.items()
            },
            "deletion": self.deletion.tolist(),
            "insertion": self.insertion.tolist(),
            "verdict": self.verdict,
        }


def faithfulness(asked: Asked) -> AuditItem:
    """The item.

    Args:
        asked: The map under audit.

    Raises:
        ModelError: The network cannot be run.
        Cancelled: Raised by the progress.
    """
    own, limit = asked.query.own, asked.limit
    figures: dict[str, object] = {"log_odds": own, "limit": limit}
    if own < limit:
        sentence = "The score is below its threshold: there is no decision whose evidence could be hidden."
        return AuditItem("faithfulness", "not_applicable", sentence, RULE, SOURCE, figures, "below the threshold")
    blocks = blocks_of(asked)
    figures |= {
        "blocks": len(blocks.used),
        "grid": list(blocks.grid),
        "orders": ORDERS,
        "curve": list(CURVE),
    }
    if len(blocks.used) < FEWEST:
        sentence = f"Only {len(blocks.used)} blocks of the image hold anything: orders cannot be told apart."
        return AuditItem("faithfulness", "cannot_tell", sentence, RULE, SOURCE, figures, "too little in the image")
    order, count = blocks.order(asked.on_input), _marked(asked, blocks)
    figures |= {"marked": count, "share": count / len(order)}
    ways = {how: _way(asked, blocks, order, count, place) for place, how in enumerate(WAYS)}
    figures |= {how: way.figures() for how, way in ways.items()}
    if all(own - way.alone < SATURATED * (own - limit) for way in ways.values()):
        sentence = "The score stays whatever is hidden: hiding all but a few blocks of the image hardly moves it."
        return AuditItem("faithfulness", "not_applicable", sentence, RULE, SOURCE, figures, "the score is saturated")
    return _judged(ways, count / len(order), figures)


_FILLED = {"border": "filled from the border", "blur": "blurred"}
_GUESSES = {"blob": "a blob in the middle", "edges": "the image's edges"}


def _judged(ways: dict[str, _Way], share: float, figures: dict[str, object]) -> AuditItem:
    told = " and ".join(f"{way.beaten} of {ORDERS} random choices {_FILLED[how]}" for how, way in ways.items())
    sentence = (
        f"Hiding what the map marks, {100 * share:.0f} % of the image, and showing it alone, moves the score more than "
        f"{told}."
    )
    verdicts = {way.verdict for way in ways.values()}
    if verdicts == {"shown"}:
        return AuditItem("faithfulness", "shown", sentence, RULE, SOURCE, figures)
    if verdicts == {"not_shown"}:
        reason = "hiding what it marks does no more than hiding at random"
        return AuditItem("faithfulness", "not_shown", sentence, RULE, SOURCE, figures, reason)
    if "not_shown" in verdicts:
        reason = "it depends on how it is hidden"
        sentence = f"{sentence} It depends on how it is hidden."
        return AuditItem("faithfulness", "cannot_tell", sentence, RULE, SOURCE, figures, reason)
    names = sorted({name for way in ways.values() for name in way.better})
    reason = f"it marks what {' and '.join(_GUESSES[name] for name in names)} would mark, to the same effect"
    return AuditItem("faithfulness", "cannot_tell", f"{sentence} But {reason}.", RULE, SOURCE, figures, reason)


def _marked(asked: Asked, blocks: Blocks) -> int:
    """How many blocks the map marks."""
    means = blocks.means(asked.on_input)[blocks.used]
    all_blocks = len(means)
    low, high = max(1, round(LEAST * all_blocks)), round(MOST * all_blocks)
    return int(np.clip((means >= MARKED * means.max()).sum(), low, high))


def _way(asked: Asked, blocks: Blocks, own: Order, count: int, place: int) -> _Way:
    """Hide and show in every order, one way of hiding."""
    guesses = [("blob", blocks.order(blob)) for blob in _blobs(asked, blocks)]
    guesses.append(("edges", blocks.order(_edges(asked))))
    rng = np.random.default_rng(0)
    halves = (count, max(1, count // 2))
    curve = [max(1, min(len(own) - 1, round(share * len(own)))) for share in CURVE]
    firsts = [own[:size] for size in (*halves, *curve)]
    firsts += [order[:size] for _, order in guesses for size in halves]
    firsts += [rng.permutation(blocks.used)[:count] for _ in range(ORDERS)]
    hidden = np.zeros((2, len(firsts), blocks.grid[0] * blocks.grid[1]), bool)
    for number, first in enumerate(firsts):
        hidden[0, number, first] = True
        hidden[1, number, np.setdiff1d(blocks.used, first)] = True
    left = _log_odds(asked, blocks, hidden.reshape(-1, hidden.shape[2]), place).reshape(hidden.shape[:2])
    worth = left[1] - left[0]
    after = len(halves) + len(curve)
    best: dict[str, _Guess] = {}
    for (name, order), pair in zip(guesses, worth[after:-ORDERS].reshape(-1, 2), strict=True):
        guess = _Guess((float(pair[0]), float(pair[1])), float(np.isin(own[:count], order[:count]).mean()))
        if name not in best or guess.worth[0] > best[name].worth[0]:
            best[name] = guess
    return _Way(
        worth=(float(worth[0]), float(worth[1])),
        random=worth[-ORDERS:],
        guesses=best,
        deletion=left[0, 2:after],
        insertion=left[1, 2:after],
        alone=float(left[1, -ORDERS:].mean()),
    )


def _log_odds(asked: Asked, blocks: Blocks, chosen: npt.NDArray[np.bool_], place: int) -> Floats:
    """Log-odds with each set of blocks hidden, shape ``(n,)``."""
    how = WAYS[place]
    parts = []
    for at in range(0, len(chosen), _CHUNK):
        asked.told(place * len(chosen) + at, len(WAYS) * len(chosen), f"hiding blocks, {_FILLED[how]}")
        batch = hide(asked.image, blocks.masks(chosen[at : at + _CHUNK]), how)
        parts.append(asked.query.log_odds(batch))
    return np.concatenate(parts)


def _blobs(asked: Asked, blocks: Blocks) -> list[npt.NDArray[np.float64]]:
    """Blobs in the middle of the picture and half a block from it: largest there, falling to all sides."""
    top, left, bottom, right = asked.query.placement.box
    found = []
    for down, across in ((0.0, 0.0), (-0.5, 0.0), (0.5, 0.0), (0.0, -0.5), (0.0, 0.5)):
        middle = (top + bottom) / 2 + down * asked.shape[0] / blocks.grid[0]
        centre = (left + right) / 2 + across * asked.shape[1] / blocks.grid[1]
        rows = (np.arange(asked.shape[0]) + 0.5 - middle) / (bottom - top)
        columns = (np.arange(asked.shape[1]) + 0.5 - centre) / (right - left)
        found.append(np.asarray(np.exp(-8 * (rows[:, None] ** 2 + columns[None, :] ** 2))))
    return found


def _edges(asked: Asked) -> npt.NDArray[np.float64]:
    """Strength of the image's edges."""
    from scipy.ndimage import gaussian_gradient_magnitude

    grey = asked.image.mean(axis=-1, dtype=np.float64)
    return np.asarray(gaussian_gradient_magnitude(grey, 1.0))
