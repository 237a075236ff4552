"""A guided case run through from the image to its last step, and whether what it tells holds."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from medimg_core.demo.story import Scene, Story, open_story
from medimg_core.errors import IncompatibleInputError
from medimg_core.explain import explain, on_image, query
from medimg_core.explain.audit import Drawn, audit
from medimg_core.explain.compare import top_area
from medimg_core.explain.probes import hide_region
from medimg_core.inference import classify
from medimg_core.registry import ModelCard, load_card
from medimg_core.results import Audit, Explanation, Prediction, RegionProbe

__all__ = ["Rehearsal", "covered", "rehearse"]

Mask = npt.NDArray[np.bool_]
Progress = Callable[[int, int, str], None]

HALF = 0.5
"""Share of the finding that a map's top area covers, from which on the case says that the map lies there."""


@dataclass(frozen=True, eq=False)
class Rehearsal:
    """What came of a guided case.

    Attributes:
        story: The case.
        prediction: What the model said.
        explanation: The map, where the case has one.
        audit: Of the map.
        hidden_map: What became of the score with the map's top area filled.
        hidden_truth: The same with the finding itself filled.
        covered: Share of the finding that the map's top area covers, 0 to 1.
        broken: What the case tells and the code does not give; empty where all holds.
    """

    story: Story
    prediction: Prediction = field(repr=False)
    explanation: Explanation | None = field(default=None, repr=False)
    audit: Audit | None = None
    hidden_map: RegionProbe | None = field(default=None, repr=False)
    hidden_truth: RegionProbe | None = field(default=None, repr=False)
    covered: float | None = None
    broken: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether all that the case tells is so."""
        return not self.broken


def covered(explanation: Explanation, truth: Mask) -> float:
    """Share of a finding that the map's top area covers: the tenth of the image with the largest values.

    Args:
        explanation: The map.
        truth: Where the finding lies, shape ``(rows, columns)`` of the image, True inside.

    Returns:
        0 to 1; an area laid at random covers a tenth on average.

    Raises:
        IncompatibleInputError: The finding has another shape, or is empty.
    """
    if truth.shape != explanation.image_shape or not truth.any():
        raise IncompatibleInputError(
            f"a finding must lie on the image {explanation.image_shape} and hold some pixels, got {truth.shape} with "
            f"{int(truth.sum())}"
        )
    return float(top_area(on_image(explanation))[truth].mean())


def rehearse(
    story: Story, *, scene: Scene | None = None, card: ModelCard | None = None, progress: Progress | None = None
) -> Rehearsal:
    """Run a guided case, and hold what it tells to what comes out.

    Args:
        story: The case.
        scene: Its image, where it is open already.
        card: Its model, where it is read already.
        progress: Called as ``progress(done, total, text)``; may raise :class:`~medimg_core.errors.Cancelled`.

    Raises:
        UnreadableFileError: The image cannot be read.
        UnknownModelError: The model is not installed.
        ModelError: The network cannot be run.
    """
    scene = open_story(story, progress=progress) if scene is None else scene
    card = load_card(story.model_id) if card is None else card
    place, volume = story.slice_index, scene.volume
    said = classify(volume, card, series=scene.series, declared=scene.declared, slice_index=place)
    if said.refused:
        return _told(Rehearsal(story, said))
    question = query(said, card, volume)
    made = explain(said, card, method=story.method, volume=volume, progress=progress)
    truth = None if scene.truth is None or not scene.truth[place].any() else scene.truth[place]
    told = asked = None
    if "audit" in story.steps:
        drawn = None if truth is None else Drawn(truth, "truth")
        told = audit(question, made, drawn=drawn, progress=progress)
    if made.has_evidence and "hide_map" in story.steps:
        asked = hide_region(question, volume, top_area(on_image(made)))
    return _told(
        Rehearsal(
            story,
            said,
            made,
            told,
            asked,
            hide_region(question, volume, truth) if truth is not None and "hide_truth" in story.steps else None,
            covered(made, truth) if truth is not None and made.has_evidence else None,
        )
    )


def _told(made: Rehearsal) -> Rehearsal:
    """With what does not hold."""
    rules = {"hit": _hit, "miss": _miss, "refusal": _refusal, "rejected_map": _rejected}[made.story.kind](made)
    return replace(made, broken=tuple(rule for rule, holds in rules.items() if not holds))


def _hit(made: Rehearsal) -> dict[str, bool]:
    said = made.prediction
    if said.refused:
        return {"the gate lets the image pass": False}
    return {
        "the finding is there": made.story.positive is not False,
        "the score reaches the threshold": said.positive,
        "the map's top area covers half of the finding": made.covered is None or made.covered >= HALF,
        "the score falls below the threshold without what the map marks": _falls(made),
        "the audit shows that the map follows the model": made.audit is not None and made.audit.verdict == "shown",
    }


def _miss(made: Rehearsal) -> dict[str, bool]:
    said = made.prediction
    if said.refused:
        return {"the gate lets the image pass": False}
    return {
        "what is true is known": made.story.positive is not None,
        "the decision is wrong": said.positive != made.story.positive,
    }


def _refusal(made: Rehearsal) -> dict[str, bool]:
    return {"the gate refuses": made.prediction.refused}


def _rejected(made: Rehearsal) -> dict[str, bool]:
    said = made.prediction
    if said.refused:
        return {"the gate lets the image pass": False}
    return {
        "the score reaches the threshold": said.positive,
        "there is a map": made.explanation is not None and made.explanation.has_evidence,
        "the audit folds the map": made.audit is not None and made.audit.folded,
        "the score stays above the threshold without what the map marks": not _falls(made),
        "the score falls below the threshold without the finding": made.hidden_truth is None
        or made.hidden_truth.after.score < said.threshold,
    }


def _falls(made: Rehearsal) -> bool:
    return made.hidden_map is not None and made.hidden_map.after.score < made.prediction.threshold
