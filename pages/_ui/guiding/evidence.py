"""What a guided case says of a map and of hiding: from the figures on show, and no more than these carry."""

import numpy as np
import numpy.typing as npt

from medimg_core.demo import Step, covered
from medimg_core.explain import METHODS, on_image
from medimg_core.explain.compare import top_area
from medimg_core.results import Audit, Explanation, Prediction, RegionProbe
from pages._ui.explaining.words import changed_by, figure, log_odds
from pages._ui.language import _
from pages._ui.plain import plain
from pages._ui.score_bar import as_score, percent

__all__ = ["of_audit", "of_hiding", "of_map"]

Mask = npt.NDArray[np.bool_]

CLEAR = 0.25
"""Change of the log-odds, from which on a case says that the model used what was hidden."""
MUCH = 1.0
"""Fall of the log-odds, from which on a score that stays above its threshold does rest on what was hidden, too."""
HALF = 0.5
"""Share of the finding that a map's tenth covers, from which on it lies there."""
SEEN = 1 / 3
"""Share of the contour's value below which the viewer's colours are not told from the image: they fade with the square
of that share."""
MANY = 3
"""Times the finding's size, from which on a map's tenth covers it without having aimed."""
NEAR = 0.75
"""Share of the limit of strangeness, from which on an answer is to be taken with care."""
ANY = 0.005
"""Share of a finding that counts as some of it: what the page would round to 1 %."""


def of_map(found: Explanation | None, *, truth: Mask | None, usual: float | None, contour: float, folded: bool) -> str:
    """What the map shows, how much of it can be seen, and how it lies to the finding.

    Args:
        found: The map.
        truth: Where the finding lies, or None where nobody knows.
        usual: Peak that its colours run to; None where they run to its own.
        contour: Share of that peak at which the contour is drawn.
        folded: Whether its audit keeps it from the image.
    """
    if found is None or not found.has_evidence:
        return _("The map is empty: nothing in the image speaks for this answer.")
    words = [_strength(found, 1.0 if usual is None else found.peak / usual, contour)]
    if folded:
        words.append(_("Its audit folded it, so the image is shown without it."))
    if truth is not None:
        share, size = covered(found, truth), float(top_area(on_image(found)).sum() / truth.sum())
        text = _("The tenth of the image that it marks most covers **{share}** of the finding.")
        if size >= MANY and share >= HALF:
            text = _(
                "The tenth of the image that it marks most covers **{share}** of the finding, but is {n:.0f} times as "
                "large: its size does part of that."
            )
        words.append(text.format(share=percent(share), n=size))
    return " ".join(words)


def _strength(found: Explanation, share: float, contour: float) -> str:
    """What there is to see on the image: a map far below the model's usual strength leaves it grey."""
    text = _("{method} shows where evidence for the score lies.")
    if share < SEEN * contour:
        text = _(
            "{method} finds next to no evidence for the score: its peak is **{share}** of the usual peak in images "
            "with the label. That is too faint to be coloured, so the image looks as it does without the map."
        )
    elif share < contour:
        text = _(
            "{method} finds little evidence for the score: its peak is **{share}** of the usual peak in images with "
            "the label, so its colours are faint and no contour is drawn."
        )
    return text.format(method=METHODS[found.method].title, share=percent(share))


def of_hiding(
    step: Step, probe: RegionProbe | None, said: Prediction, *, truth: Mask | None, audit: Audit | None
) -> str:
    """What was hidden, what became of the score, what that says, and what limits it.

    Args:
        step: ``"hide_map"`` or ``"hide_truth"``.
        probe: With the region of that step filled; None where the map is empty.
        said: The answer to the unchanged image.
        truth: Where the finding lies, or None where nobody knows.
        audit: Of the map, or None where it was not audited.
    """
    if probe is None:
        return _("There is nothing to hide: the map is empty.")
    lines = (
        _filled(step, probe, truth),
        _figures(probe),
        _meaning(step, probe, said, audit, _left(probe, truth)),
        _control(step, probe, said),
        _strangeness(probe),
    )
    return " ".join(filter(None, lines))


def _left(probe: RegionProbe, truth: Mask | None) -> float:
    """Share of the finding that is not filled; 0 where nobody knows."""
    return 0.0 if truth is None else 1 - float(probe.region[truth].mean())


def _filled(step: Step, probe: RegionProbe, truth: Mask | None) -> str:
    size = percent(float(probe.region.mean()))
    if step == "hide_truth":
        return _("The finding itself, {size} of the image, is filled in, beside it.").format(size=size)
    if truth is None:
        return _("What the map marks most, {size} of the image, is filled in, beside it.").format(size=size)
    text = _("What the map marks most, {size} of the image with {share} of the finding, is filled in, beside it.")
    return text.format(size=size, share=percent(1 - _left(probe, truth)))


def _figures(probe: RegionProbe) -> str:
    text = _("Score {score} to **{filled}** (log-odds {before} to {after}).")
    return text.format(
        score=as_score(probe.score),
        filled=as_score(probe.after.score),
        before=log_odds(probe.log_odds),
        after=log_odds(probe.after.log_odds),
    )


def _meaning(step: Step, probe: RegionProbe, said: Prediction, audit: Audit | None, left: float) -> str:
    """What the change says, and no more."""
    below = probe.after.score < said.threshold
    if said.positive and probe.after.unusual:  # what the model says of such an image means little
        return _("It falls below the threshold.") if below else _("It stays above the threshold.")
    if not said.positive:
        small = abs(probe.change) < CLEAR
        return _("Hardly anything changes: what was hidden played no part.") if small else changed_by(probe.change)
    if below or probe.change <= -MUCH:
        return _fallen(step, probe, audit, below=below)
    return _kept(step, left)


def _kept(step: Step, left: float) -> str:
    """What it says that a score stays above its threshold and hardly falls."""
    if step == "hide_truth":
        return _("It stays above the threshold: the model does not need the finding.")
    if left < ANY:
        return _("It stays above the threshold: the answer does not rest on what the map marks.")
    text = _(
        "It stays above the threshold: the answer does not need what the map marks. The {left} of the finding that "
        "are left may be enough."
    )
    return text.format(left=percent(left))


def _fallen(step: Step, probe: RegionProbe, audit: Audit | None, *, below: bool) -> str:
    """What it says that a score falls clearly; less where hiding other places does as much."""
    if _outdone(probe) and (probe.control_change or 0) < 0:
        return _("It falls below the threshold.") if below else _("It falls, and stays above the threshold.")
    if step == "hide_map" and _at_random(audit):
        if below:
            return _("It falls below the threshold; but the audit found that hiding as much at random does so, too.")
        return _("It falls, and stays above the threshold; the audit found that as much at random does so, too.")
    words = {
        ("hide_truth", True): _("It falls below the threshold: the model did use the finding."),
        ("hide_truth", False): _("It falls, and stays above the threshold: the model uses the finding, but not alone."),
        ("hide_map", True): _("It falls below the threshold: the model used what the map marks."),
        ("hide_map", False): _(
            "It falls, and stays above the threshold: the model uses what the map marks, but not alone."
        ),
    }
    text = words[step, below]
    if step == "hide_truth" and audit is not None and audit.folded:
        text += " " + _("The map stays rejected: its audit tests what the map marks, not the finding.")
    return text


def _at_random(audit: Audit | None) -> bool:
    """Whether the audit found that hiding what the map marks does no more than hiding at random."""
    item = None if audit is None else audit.item("faithfulness")
    return item is not None and item.verdict == "not_shown"


def _outdone(probe: RegionProbe) -> bool:
    """Whether the control, where nothing is to be found, moves the score more than what was hidden."""
    control = probe.control_change
    return control is not None and abs(control) >= CLEAR and abs(control) > abs(probe.change)


def _control(step: Step, probe: RegionProbe, said: Prediction) -> str:
    """What filling the control does, where it does more."""
    if not _outdone(probe) or probe.control is None:
        return ""
    above = probe.control.score >= said.threshold
    text = _("Filling the same shape on the other side, the control, moves it more, to **{score}**.")
    if above != said.positive:
        text = _("Filling the same shape on the other side, the control, moves it more, to **{score}**, {side}.")
    side = _("above the threshold") if above else _("below the threshold")
    last = _("So filling alone moves this score more than the finding does.")
    if step == "hide_map":
        last = _("So filling alone moves this score more than what the map marks does.")
    return text.format(score=as_score(probe.control.score), side=side) + " " + last


def _strangeness(probe: RegionProbe) -> str:
    """How far the filled image is from what the model knows, where that limits what can be concluded."""
    after, limit = probe.after.distance, probe.after.prediction.gate.limit
    if after is None or limit is None or after < NEAR * limit:
        return ""
    if after > limit:
        text = _(
            "Filled, the image is beyond what the model knows (strangeness {after}, limit {limit}): its answer "
            "means little."
        )
    elif probe.distance is not None and probe.distance < after:
        text = _(
            "Filling makes the image stranger to the model (strangeness {before} to {after}, limit {limit}), "
            "which limits what can be concluded."
        )
    else:
        text = _(
            "The filled image is strange to the model (strangeness {after}, limit {limit}), which limits what can "
            "be concluded."
        )
    before = "" if probe.distance is None else figure(probe.distance)
    return text.format(before=before, after=figure(after), limit=figure(limit))


def of_audit(told: Audit | None) -> str:
    """The audit in its own words, what it asked where that failed, and what comes of it.

    Args:
        told: The audit, or None where there is none.
    """
    if told is None:
        return _("This map is not audited.")
    if not told.folded:
        return plain(told.line) + " " + _("Pictures and numbers can be taken along, at the foot of this column.")
    asked = ""
    if _at_random(told):
        asked = _("To lie on the finding is not enough: what a map marks must matter more than as much at random.")
    folded = _("The map is folded; pictures of it carry that mark wherever they go.")
    return " ".join(filter(None, (plain(told.line), asked, folded)))
