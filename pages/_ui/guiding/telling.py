"""What a guided case says at each step: plain sentences whose figures are those of the results on show."""

from medimg_core.demo import Kind, Step
from medimg_core.registry import ModelCard
from medimg_core.results import Prediction
from pages._ui.explaining.desk import Desk
from pages._ui.explaining.kept import explained
from pages._ui.explaining.laying import MAP_KEY, usual_of
from pages._ui.explaining.pictures import as_drawn
from pages._ui.explaining.regions import known_region
from pages._ui.fitting import fitting
from pages._ui.guided import Guided
from pages._ui.guiding import evidence
from pages._ui.guiding.performing import gate_of, probe_of, said_of, seated
from pages._ui.language import _, ngettext
from pages._ui.plain import plain
from pages._ui.result_card import at_operating_point
from pages._ui.score_bar import as_score

__all__ = ["about", "tell", "title", "waiting"]


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
        probe = probe_of(guided.name, desk.card)
        return evidence.of_hiding(guided.name, probe, said, truth=known_region(desk.case), audit=desk.audit)
    if guided.name == "map":
        return " ".join((_map(desk), _next(guided)))
    return evidence.of_audit(desk.audit) if guided.name == "audit" else _score(guided, desk.card, said)


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
    """The map as the viewer draws it."""
    found, case = desk.explanation, desk.case
    scaled = None if found is None or case.overlay.stretched else usual_of(desk.card, found)
    return evidence.of_map(
        found,
        truth=known_region(case),
        usual=scaled,
        contour=as_drawn(case, MAP_KEY).threshold,
        folded=desk.asked is not None and not explained(case).shown(desk.asked),
    )


def _next(guided: Guided) -> str:
    """What the next step asks of the map."""
    following = "" if guided.last else guided.story.steps[guided.step + 1]
    if following == "hide_truth":
        return _("Next, the finding itself is hidden: does the score rest on it?")
    if following in ("audit", "hide_map"):
        return _("A map is a claim; whether it holds is asked next.")
    return _("A map is a claim; only its audit says what it is worth.")


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
