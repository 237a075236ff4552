"""Does the model use what the map marks? Blocks are hidden and shown in the map's order, and in others.

Deletion hides the first blocks of an order, insertion shows them alone (Petsiuk et al., RISE, BMVC 2018,
arXiv:1806.07421), here in blocks of the model's native grid and on the log-odds, which do not saturate as scores do.
What a map marks is taken to be the fifth of the blocks that it puts first. An order is worth the log-odds that are
left when its fifth is shown alone, less those that are left when it is hidden (ROAD's difference between least and
most relevant first: Rong et al., ICML 2022, section 5).

Hidden images are images that no model has seen, so a figure alone says nothing. It is compared with random orders, for
two ways of hiding, and with two guesses that know the image and not the model: a blob in the middle, and edges. On a
head or a breast, any map that lies on edges beats random orders.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from medimg_core.explain.audit.asked import Asked
from medimg_core.explain.audit.blocks import Blocks, blocks_of
from medimg_core.explain.hiding import WAYS, hide
from medimg_core.results import AuditItem, Verdict

__all__ = ["CURVE", "LEVEL", "ORDERS", "RULE", "SHARE", "SOURCE", "faithfulness"]

Order = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]

ORDERS = 50
"""Random orders."""
SHARE = 0.2
"""Share of the blocks that a map is taken to mark. Tried on head FLAIR slices beside 0.1, 0.3 and means of several: a
smaller one misses lesions that lie between blocks, a larger one is met by a blob in the middle."""
CURVE = (0.1, 0.2, 0.4, 0.7)
"""Shares at which the map's own curves are given, for the eye."""
LEVEL = 0.05
"""One-sided level of the rank test: at most one of 50 random orders does as well, p = 2/51."""
FEWEST = 12
"""Blocks with content below which orders cannot be told apart."""
SATURATED = 0.1
"""Share of the log-odds above the limit that hiding four fifths in random order must take away, at least."""
_CHUNK = 32

RULE = (
    "Shown where hiding the fifth of the blocks that the map puts first, and showing it alone, moves the log-odds more "
    "than at least 49 of 50 random fifths do (one-sided rank test, p < 0.05), more than a blob in the middle and more "
    "than the image's edges; all of it filled from the border and blurred. Not applicable below the threshold, and "
    "where the score stays whatever is hidden."
)
SOURCE = (
    "Petsiuk et al. 2018, arXiv:1806.07421; Rong et al. 2022, arXiv:2202.00449; rank test: Phipson & Smyth 2010, "
    "doi:10.2202/1544-6115.1585"
)


@dataclass(frozen=True, eq=False)
class _Way:
    """What one way of hiding gives.

    Attributes:
        worth: Of the map's order.
        random: Of random orders, shape ``(orders,)``.
        guesses: Of orders that know nothing of the model, by name.
        deletion: Log-odds with the map's first blocks hidden, for each share of :data:`CURVE`.
        insertion: Log-odds with them shown alone.
        alone: Mean log-odds with a random fifth shown alone.
    """

    worth: float
    random: Floats = field(repr=False)
    guesses: dict[str, float]
    deletion: Floats = field(repr=False)
    insertion: Floats = field(repr=False)
    alone: float

    @property
    def p(self) -> float:
        """Of the one-sided rank test."""
        return (1 + int((self.random >= self.worth).sum())) / (1 + len(self.random))

    @property
    def percentile(self) -> float:
        """Share of the random orders that do worse, in per cent."""
        return 100 * float((self.random < self.worth).mean())

    @property
    def better(self) -> tuple[str, ...]:
        """Guesses that do as well as the map or better."""
        return tuple(name for name, worth in self.guesses.items() if worth >= self.worth)

    @property
    def verdict(self) -> Verdict:
        if self.p > LEVEL:
            return "not_shown"
        return "cannot_tell" if self.better else "shown"

    def figures(self) -> dict[str, object]:
        return {
            "worth": self.worth,
            "percentile": self.percentile,
            "p": self.p,
            "random_mean": float(self.random.mean()),
            "random_sd": float(self.random.std()),
            **self.guesses,
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
        "share": SHARE,
        "curve": list(CURVE),
    }
    if len(blocks.used) < FEWEST:
        sentence = f"Only {len(blocks.used)} blocks of the image hold anything: orders cannot be told apart."
        return AuditItem("faithfulness", "cannot_tell", sentence, RULE, SOURCE, figures, "too little in the image")
    ways = {how: _way(asked, blocks, how, place) for place, how in enumerate(WAYS)}
    figures |= {how: way.figures() for how, way in ways.items()}
    if all(own - way.alone < SATURATED * (own - limit) for way in ways.values()):
        sentence = "The score stays whatever is hidden: hiding four fifths of the image hardly moves it."
        return AuditItem("faithfulness", "not_applicable", sentence, RULE, SOURCE, figures, "the score is saturated")
    return _judged(ways, figures)


_FILLED = {"border": "filled from the border", "blur": "blurred"}
_GUESSES = {"blob": "a blob in the middle", "edges": "the image's edges"}


def _judged(ways: dict[str, _Way], figures: dict[str, object]) -> AuditItem:
    told = " and ".join(
        f"{int((way.random < way.worth).sum())} of {ORDERS} random fifths {_FILLED[how]}" for how, way in ways.items()
    )
    sentence = f"Hiding the fifth of the image that the map marks, and showing it alone, does more than {told}."
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
    reason = f"{' and '.join(_GUESSES[name] for name in names)} would do as well"
    return AuditItem("faithfulness", "cannot_tell", f"{sentence} But {reason}.", RULE, SOURCE, figures, reason)


def _way(asked: Asked, blocks: Blocks, how: str, place: int) -> _Way:
    """Hide and show in every order, one way of hiding."""
    own = blocks.order(asked.on_input)
    guesses = {"blob": blocks.order(_blob(asked)), "edges": blocks.order(_edges(asked))}
    rng = np.random.default_rng(0)
    orders = [own, *guesses.values(), *(rng.permutation(blocks.used) for _ in range(ORDERS))]
    firsts = [_first(order, SHARE) for order in orders] + [_first(own, share) for share in CURVE]
    hidden = np.zeros((2, len(firsts), blocks.grid[0] * blocks.grid[1]), bool)
    for number, first in enumerate(firsts):
        hidden[0, number, first] = True
        hidden[1, number, np.setdiff1d(blocks.used, first)] = True
    left = _log_odds(asked, blocks, hidden.reshape(-1, hidden.shape[2]), how, place).reshape(hidden.shape[:2])
    deletion, insertion = left[:, len(orders) :]
    worth = left[1, : len(orders)] - left[0, : len(orders)]
    return _Way(
        worth=float(worth[0]),
        random=worth[1 + len(guesses) :],
        guesses={name: float(value) for name, value in zip(guesses, worth[1:], strict=False)},
        deletion=deletion,
        insertion=insertion,
        alone=float(left[1, 1 + len(guesses) : len(orders)].mean()),
    )


def _first(order: Order, share: float) -> Order:
    return order[: max(1, min(len(order) - 1, round(share * len(order))))]


def _log_odds(asked: Asked, blocks: Blocks, chosen: npt.NDArray[np.bool_], how: str, place: int) -> Floats:
    """Log-odds with each set of blocks hidden, shape ``(n,)``."""
    parts = []
    for at in range(0, len(chosen), _CHUNK):
        asked.told(place * len(chosen) + at, len(WAYS) * len(chosen), f"hiding blocks, {_FILLED[how]}")
        batch = hide(asked.image, blocks.masks(chosen[at : at + _CHUNK]), how)
        parts.append(asked.query.log_odds(batch))
    return np.concatenate(parts)


def _blob(asked: Asked) -> npt.NDArray[np.float64]:
    """A blob in the middle of the picture: largest there, falling to all sides."""
    top, left, bottom, right = asked.query.placement.box
    rows = (np.arange(asked.shape[0]) + 0.5 - (top + bottom) / 2) / (bottom - top)
    columns = (np.arange(asked.shape[1]) + 0.5 - (left + right) / 2) / (right - left)
    return np.asarray(np.exp(-8 * (rows[:, None] ** 2 + columns[None, :] ** 2)))


def _edges(asked: Asked) -> npt.NDArray[np.float64]:
    """Strength of the image's edges."""
    from scipy.ndimage import gaussian_gradient_magnitude

    grey = asked.image.mean(axis=-1, dtype=np.float64)
    return np.asarray(gaussian_gradient_magnitude(grey, 1.0))
