"""What a guided case says at each step: plain sentences whose figures are those of the results on show."""

from medimg_core.demo import Kind, Step, covered
from medimg_core.explain import METHODS
from medimg_core.registry import ModelCard
from medimg_core.results import Prediction, RegionProbe
from pages._ui.explaining.desk import Desk
from pages._ui.explaining.regions import known_region
from pages._ui.explaining.words import changed_by, log_odds
from pages._ui.fitting import fitting
from pages._ui.guided import Guided
from pages._ui.guiding.performing import gate_of, probe_of, said_of, seated
from pages._ui.language import _, ngettext
from pages._ui.plain import plain
from pages._ui.result_card import at_operating_point
from pages._ui.score_bar import as_score, percent

__all__ = ["about", "tell", "title", "waiting"]

CLEAR = 0.25
"""Change of the log-odds, from which on a case says that the model used what was hidden."""


def title(kind: Kind) -> str:
    """What a case shows, in a few words."""
    words = {
        "hit": _("A hit"),
        "miss": _("A miss"),
        "refusal": _("A refusal"),
        "rejected_map": _("A map that its audit rejects"),
    }
    return words[kind]


def about(kind: Kind) -> str:
    """What a case shows, in a line."""
    words = {
        "hit": _("The model answers to what is there. Hide it, and the score falls."),
        "miss": _("Something is there, and the model does not see it."),
        "refusal": _("An image that the model must not judge: no score, and the reason."),
        "rejected_map": _("The score stands, and yet the map must not be trusted."),
    }
    return words[kind]


def waiting(step: Step) -> str:
    """What is being done for a step."""
    words = {
        "map": _("The map is being made."),
        "audit": _("The map is being tested: what it marks is hidden, the image is shifted and dimmed."),
        "hide_map": _("The model is asked again, without what the map marks."),
        "hide_truth": _("The model is asked again, without the finding."),
    }
    return words.get(step, _("The model is being asked."))


def tell(guided: Guided, card: ModelCard) -> str:
    """The step in one to three sentences, as Markdown.

    Args:
        guided: All that its step needs is there.
        card: Its model.
    """
    desk = seated(card)
    gate = gate_of(desk.case, card)
    if guided.name == "image":
        return _image(guided, desk)
    if gate is not None and gate.status == "refuse":
        return _refused(guided, desk)
    said = said_of(desk.case, card)
    if said is None:
        return _("The model gives no score for this image.")
    return _answered(guided, desk, at_operating_point(desk.case, card, said))


def _answered(guided: Guided, desk: Desk, said: Prediction) -> str:
    """A step about an answer."""
    if guided.name in ("hide_map", "hide_truth"):
        return _hidden(guided.name, probe_of(guided.name, desk.card), said)
    if guided.name == "map":
        return " ".join((_map(desk), _next(guided)))
    return _audit(desk) if guided.name == "audit" else _score(guided, desk.card, said)


def _image(guided: Guided, desk: Desk) -> str:
    story = guided.story
    outlined = known_region(desk.case) is not None
    if story.phantom:
        text = _("This image was generated: its truth is known. It shows {finding}.")
        text = text.format(finding=plain(_(story.finding)))
    elif story.positive is None:
        text = _("An image of the demo folder. Nobody says what is true of it.")
    else:
        text = _("An image of the demo folder, labelled: {finding}.").format(finding=plain(_(story.finding)))
    if outlined:
        text += " " + _("Where it lies is outlined.")
    return text + " " + _("No model has seen it here yet.")


def _score(guided: Guided, card: ModelCard, said: Prediction) -> str:
    reading = card.classification.reading if card.classification is not None else None
    positive = reading.positive_text if reading else _("above the threshold")
    negative = reading.negative_text if reading else _("not above the threshold")
    text = _("The model gives **{score}**, the threshold is {threshold}: {decision}.").format(
        score=as_score(said.score),
        threshold=as_score(said.threshold),
        decision=plain(_(positive) if said.positive else _(negative)),
    )
    truth = guided.story.positive
    if truth is None:
        return text + " " + _("Whether that is right nobody knows here.")
    words = {
        (True, True): _("The finding is there: **a hit**."),
        (True, False): _("That is wrong: **a false alarm**."),
        (False, True): _("The finding is there: **a miss**. A low score never means that nothing is there."),
        (False, False): _("That is right."),
    }
    return text + " " + words[said.positive, truth]


def _map(desk: Desk) -> str:
    found, truth = desk.explanation, known_region(desk.case)
    if found is None or not found.has_evidence:
        return _("The map is empty: nothing in the image speaks for this answer.")
    name = METHODS[found.method].title
    if truth is None:
        return _("{method} shows where evidence for the score lies.").format(method=name)
    text = _(
        "{method} shows where evidence for the score lies. The tenth of the image that it marks most covers "
        "**{share}** of the finding."
    )
    return text.format(method=name, share=percent(covered(found, truth)))


def _next(guided: Guided) -> str:
    """What the next step asks of the map."""
    following = "" if guided.last else guided.story.steps[guided.step + 1]
    if following == "hide_truth":
        return _("Next, the finding itself is hidden: does the score rest on it?")
    if following in ("audit", "hide_map"):
        return _("A map is a claim; whether it holds is asked next.")
    return _("A map is a claim; only its audit says what it is worth.")


def _hidden(step: Step, probe: RegionProbe | None, said: Prediction) -> str:
    if probe is None:
        return _("There is nothing to hide: the map is empty.")
    what = _("What the map marks most is filled in, beside the image.")
    if step == "hide_truth":
        what = _("The finding itself is filled in, beside the image.")
    figures = _("Log-odds {before} to {after}, score {score} to **{filled}**.").format(
        before=log_odds(probe.log_odds),
        after=log_odds(probe.after.log_odds),
        score=as_score(probe.score),
        filled=as_score(probe.after.score),
    )
    return " ".join((what, figures, _meaning(step, probe, said)))


def _meaning(step: Step, probe: RegionProbe, said: Prediction) -> str:
    """What the change says, and no more."""
    truth = step == "hide_truth"
    falls = said.positive and probe.after.score < said.threshold
    if falls:
        if truth:
            return _("It falls below the threshold: the model did use the finding.")
        return _("It falls below the threshold: the model used what the map marks.")
    if said.positive:
        if truth:
            return _("It stays above the threshold: the model does not need the finding.")
        return _("It stays above the threshold: the answer does not rest on what the map marks.")
    if abs(probe.change) < CLEAR:
        return _("Hardly anything changes: what was hidden played no part.")
    return changed_by(probe.change)


def _audit(desk: Desk) -> str:
    told = desk.audit
    if told is None:
        return _("This map is not audited.")
    if told.folded:
        return plain(told.line) + " " + _("The map is folded; pictures of it carry that mark wherever they go.")
    return plain(told.line) + " " + _("Pictures and numbers can be taken along, at the foot of this column.")


def _refused(guided: Guided, desk: Desk) -> str:
    _good, rest = fitting(desk.case)
    if guided.name == "others":
        text = ngettext(
            "{n} other model does not fit this image either; its reason stands below.",
            "{n} other models do not fit this image either; each says why, below.",
            len(rest),
        )
        return text.format(n=len(rest)) + " " + _("What fits is offered; what does not is never run by mistake.")
    gate = gate_of(desk.case, desk.card)
    reasons = [reason.text for reason in gate.reasons if reason.refuses] if gate is not None else []
    text = _("Asked: {model}. The answer: **no score, no map**.").format(model=plain(_(desk.card.title)))
    if reasons:
        text += " " + plain(reasons[0])
    return text + " " + _("The network was not run.")
