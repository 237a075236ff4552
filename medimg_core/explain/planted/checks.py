"""What ``medimg selftest --explain`` tries: methods and audit on evidence that is known."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from medimg_core.explain.audit import audit, read_record
from medimg_core.explain.audit.sanity import judged
from medimg_core.explain.explanation import explain
from medimg_core.explain.methods import Method, identical, methods_for, needs_of
from medimg_core.explain.planted import network
from medimg_core.explain.planted.cards import planted_card
from medimg_core.explain.planted.images import PlantedImage, planted_image
from medimg_core.explain.planted.trial import trial
from medimg_core.explain.query import query
from medimg_core.explain.resample import on_image
from medimg_core.inference import classify, segment
from medimg_core.registry import ModelCard
from medimg_core.results import Explanation

__all__ = ["ENOUGH", "explain_checks", "halves", "hit"]

Progress = Callable[[int, int, str], None]
Check = dict[str, Any]

SEEDS = (0, 4, 5)
"""Images on which methods are tried: one mark, and two with a mark of the next class."""
AUDITED = 2
"""Images on which true and wrong maps are audited."""
ENOUGH = 2.0
"""Share of a map on the mark, over that of the area, from which on it lies there."""


def explain_checks(*, progress: Progress | None = None) -> list[Check]:
    """Try every method and the audit on planted evidence.

    Args:
        progress: Called as ``progress(done, total, text)``; may raise :class:`~medimg_core.errors.Cancelled`.

    Returns:
        ``[{"name", "value", "expected", "holds"}, ...]``, JSON-ready.
    """
    card, mask_card, flat_card = (planted_card(name) for name in ("planted_pooled", "planted_mask", "planted_flat"))
    steps: list[tuple[str, Callable[[], Iterator[Check]]]] = [("formula", partial(_formula, card))]
    steps += [(method.title, partial(_method, card, method)) for method in methods_for(card)]
    steps += [(method.title, partial(_mask_method, mask_card, method)) for method in methods_for(mask_card)]
    steps += [
        ("methods that are one", partial(_identical, card)),
        ("a head that weighs every cell", partial(_flat, flat_card)),
        ("maps that say nothing", partial(_announced, card)),
        ("sanity", partial(_sanity, card)),
        ("audit of true and wrong maps", _audited),
    ]
    checks: list[Check] = []
    for number, (text, step) in enumerate(steps):
        if progress is not None:
            progress(number, len(steps), f"planted evidence: {text}")
        checks += step()
    return checks


def hit(explanation: Explanation, truth: npt.NDArray[np.bool_]) -> tuple[bool, float, float]:
    """Whether a map lies on a mark, widened by one native cell.

    Args:
        explanation: The map, of a planted image; of a signed one what speaks for the label.
        truth: The mark, shape of the image.

    Returns:
        Whether its largest value lies there (the pointing game: Zhang et al. 2018, doi:10.1007/s11263-017-1059-x), the
        share of the map that lies there, and the share of the area, which is what chance gives.
    """
    from scipy.ndimage import maximum_filter

    wide = maximum_filter(truth, size=2 * network.CELL + 1)
    values = np.maximum(on_image(explanation), 0)
    total = float(values.sum())
    share = float(values[wide].sum()) / total if total > 0 else 0.0
    return bool(total > 0 and wide.ravel()[values.argmax()]), share, float(wide.mean())


def halves(seed: int) -> PlantedImage:
    """An image with one mark twice, above and below: for the head that counts it for its class, and against it."""
    rng = np.random.default_rng([seed, 2])
    name = network.CLASSES[seed % len(network.CLASSES)]
    above, below = (
        (int(rng.integers(12, 25)), int(rng.integers(14, 70))),
        (int(rng.integers(58, 70)), int(rng.integers(14, 70))),
    )
    return planted_image(seed, (name, name), places=[above, below])


def _check(name: str, value: Any, expected: Any, *, holds: bool | None = None) -> Check:
    return {"name": name, "value": value, "expected": expected, "holds": value == expected if holds is None else holds}


def _formula(card: ModelCard) -> Iterator[Check]:
    gaps = []
    for seed in SEEDS:
        made = planted_image(seed)
        said = classify(made.volume, card, series=made.series)
        assert said.activations is not None  # the gate marks what is synthetic and does not refuse it
        gaps.append(np.abs(said.activations.logits - network.logits(made.image / np.float32(255))).max())
    gap = float(max(gaps))
    yield _check(f"{card.id}: logits are those written down, largest gap", gap, "<= 1e-3", holds=gap <= 1e-3)


def _map(made: PlantedImage, card: ModelCard, method: str) -> Explanation:
    said = classify(made.volume, card, series=made.series)
    return explain(said, card, method=method, label=made.label, volume=made.volume)


def _method(card: ModelCard, method: Method) -> Iterator[Check]:
    slow = "tensorflow" in needs_of(method.name, card)
    yield from _placed(
        f"{card.id}: {method.title}",
        [(_map(made, card, method.name), made) for made in map(planted_image, SEEDS[:1] if slow else SEEDS)],
    )


def _mask_method(card: ModelCard, method: Method) -> Iterator[Check]:
    made = planted_image(SEEDS[0])
    masks = segment(made.volume, card, series=made.series)
    yield from _placed(
        f"{card.id}: {method.title}", [(explain(masks, card, method=method.name, volume=made.volume), made)]
    )


def _placed(name: str, maps: list[tuple[Explanation, PlantedImage]]) -> Iterator[Check]:
    found = [hit(explanation, made.truth()) for explanation, made in maps]
    yield _check(f"{name} peaks on the mark, of {len(found)}", sum(peak for peak, _, _ in found), len(found))
    least = min(share / area for _, share, area in found)
    text = f"{name} lies on the mark, least share over that of the area"
    yield _check(text, round(least, 2), f">= {ENOUGH:g}", holds=least >= ENOUGH)


def _identical(card: ModelCard) -> Iterator[Check]:
    made = planted_image(SEEDS[0])
    for names in identical(card):
        maps = [_map(made, card, name).native for name in sorted(names)]
        gap = max(float(np.abs(one - maps[0]).max()) for one in maps)
        yield _check(f"{card.id}: {', '.join(sorted(names))} are one, largest gap", gap, "<= 1e-5", holds=gap <= 1e-5)


def _flat(card: ModelCard) -> Iterator[Check]:
    made = halves(1)
    peak, share, area = hit(_map(made, card, "hires_cam"), made.marks[0][1])
    yield _check(f"{card.id}: HiResCAM peaks on the mark that counts for its class", peak, True)
    ratio = share / area
    text = f"{card.id}: HiResCAM lies on it, share over that of the area"
    yield _check(text, round(ratio, 2), f">= {ENOUGH:g}", holds=ratio >= ENOUGH)


def _announced(card: ModelCard) -> Iterator[Check]:
    made = planted_image(SEEDS[0])
    said = classify(made.volume, card, series=made.series)
    asked, true = query(said, card, made.volume), explain(said, card)
    for name, value in (("empty", 0.0), ("the same everywhere", 1.0)):
        told = audit(asked, replace(true, native=np.full_like(true.native, value)))
        item = told.item("evidence")
        yield _check(f"{card.id}: a map that is {name} is announced", item.verdict if item else None, "not_shown")


def _sanity(card: ModelCard) -> Iterator[Check]:
    record = read_record(card)
    found = None if record is None else record.methods.get("grad_cam")
    verdict = None if found is None else judged(found)
    yield _check(f"{card.id}: Grad-CAM changes when the network forgets", verdict, "shown")


def _audited() -> Iterator[Check]:
    for tally in trial(AUDITED):
        shown = tally.verdicts["audit"].get("shown", 0)
        expected = tally.images if tally.kind == "true" else 0
        name = f"audit: {tally.kind} maps that are shown to follow the model, of {tally.images}"
        yield _check(name, shown, expected)
