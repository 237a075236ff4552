"""What a step of a guided case needs: the page it is shown on, and what has to be run for it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from medimg_core.demo import Step
from medimg_core.registry import ModelCard, load_card
from medimg_core.results import GateOutcome, Prediction, RegionProbe
from pages._ui import jobs, running
from pages._ui.explained import Choice, Explained
from pages._ui.explaining import audit_panel, mapping, probe_panel, tasks
from pages._ui.explaining.desk import Desk, seat
from pages._ui.explaining.kept import explained, keep
from pages._ui.explaining.regions import CHOSEN, known_region
from pages._ui.fitting import fitting
from pages._ui.guided import Guided
from pages._ui.state import Case, change, load
from pages._ui.view import SeriesKey

__all__ = ["State", "arrange", "gate_of", "page_of", "perform", "probe_of", "said_of", "seated"]

State = Literal["ready", "running", "stopped", "elsewhere"]
"""Of a step: all is there; something is being run; it failed or was stopped; another image is on show."""

PAGES: Mapping[Step, str] = {
    "image": "analyse",
    "score": "analyse",
    "refusal": "analyse",
    "others": "analyse",
    "map": "explain",
    "hide_map": "explain",
    "hide_truth": "explain",
    "audit": "explain",
}
NEEDS: Mapping[Step, tuple[Step, ...]] = {
    "image": (),
    "score": ("score",),
    "refusal": ("score",),
    "others": ("score",),
    "map": ("score", "map"),
    "hide_map": ("score", "map", "hide_map"),
    "hide_truth": ("score", "map", "hide_truth"),
    "audit": ("score", "map", "audit"),
}
"""What has to be there; the score is what the model said, a refusal as well."""
HIDDEN: Mapping[Step, str] = {"hide_map": probe_panel.MARKED, "hide_truth": probe_panel.KNOWN}


def page_of(step: Step) -> str:
    """Name of the page that a step is shown on."""
    return PAGES[step]


def arrange(guided: Guided) -> None:
    """Set up the page of the step: image, model, method, task, and whether maps are shown."""
    story, step = guided.story, guided.name

    def arranged(case: Case) -> Case:
        if case.view.slice_index != story.slice_index:
            goal = (story.slice_index, None, None)
            case = case.with_view(slice_index=story.slice_index, goal=goal, goals=case.view.goals + 1)
        if PAGES[step] == "explain":
            case = keep(case, _asking(explained(case), case.series_key, guided))
        case = case.with_overlay(shown=PAGES[step] == "explain")
        return case.with_guided(replace(guided, arrived=True, arranged=guided.step, tried=frozenset()))

    change(arranged)


def _asking(known: Explained, key: SeriesKey, guided: Guided) -> Explained:
    """How the map is asked for, and what is done with it."""
    story, step = guided.story, guided.name
    known = known.with_model(key, story.model_id).with_choice(story.model_id, Choice(method=story.method))
    known = known.with_trial(None).with_setting(tasks.TASK, tasks.HIDE if step in HIDDEN else tasks.MAP)
    return known.with_setting(CHOSEN, HIDDEN[step]) if step in HIDDEN else known


def perform(guided: Guided) -> State:
    """Begin what the step needs and nobody began yet.

    Args:
        guided: Its study is on show.

    Raises:
        MedImgError: It cannot be done.
    """
    card = load_card(guided.story.model_id)
    for what in NEEDS[guided.name]:
        if load().view.slice_index != guided.story.slice_index:
            return "elsewhere"
        if _done(what, card):
            continue
        if _busy(what, card):
            return "running"
        now = load().guided
        if now is None or what in now.tried:
            return "stopped"
        trial = now.with_trial(what)
        change(lambda case, trial=trial: case.with_guided(trial))  # type: ignore[misc]
        _begin(what, card)
        if not _done(what, card):
            return "running" if _busy(what, card) else "stopped"
    return "ready"


def seated(card: ModelCard) -> Desk:
    """The desk of the story's model."""
    return seat(load(), card)


def said_of(case: Case, card: ModelCard) -> Prediction | None:
    """What the model said of the image on show, unless it refused it."""
    found = case.prediction(card.id)
    return None if found is None or found.refused else found


def gate_of(case: Case, card: ModelCard) -> GateOutcome | None:
    """What the gate said of it; None until the model was asked."""
    found = case.prediction(card.id) or case.segmentation(card.id)
    return None if found is None else found.gate


def probe_of(step: Step, card: ModelCard) -> RegionProbe | None:
    """What became of the score with the region of a step filled."""
    desk = seated(card)
    found = probe_panel.current_probe(desk)
    if found is None or found.measurement is not None or found.probe.keep:
        return None
    known = known_region(desk.case)
    of_truth = known is not None and bool((found.probe.region == known).all())
    return found.probe if of_truth == (step == "hide_truth") else None


def _done(what: Step, card: ModelCard) -> bool:
    case = load()
    gate = gate_of(case, card)
    if what == "score" or (gate is not None and gate.status == "refuse"):
        return gate is not None  # of an image that was refused there is nothing else
    desk = seated(card)
    if what == "map":
        return desk.explanation is not None
    if what == "audit":
        return desk.audit is not None
    empty = desk.explanation is not None and not desk.explanation.has_evidence
    return probe_of(what, card) is not None or (what == "hide_map" and empty)


def _busy(what: Step, card: ModelCard) -> bool:
    if what == "score":
        return any(job.title == running.title(card) for job in jobs.pending())
    desk = seated(card)
    if what == "map":
        return desk.asked is not None and mapping.on_its_way(card, desk.asked)
    return audit_panel.busy(desk) if what == "audit" else probe_panel.busy(desk)


def _begin(what: Step, card: ModelCard) -> None:
    if what == "score":
        running.run(load(), card)
        return
    desk = seated(card)
    if desk.asked is None:
        return
    if what == "map":
        mapping.make(desk, desk.asked)
    elif what == "audit" and desk.explanation is not None:
        audit_panel.start(desk, desk.asked, desk.explanation, audit_panel.lungs_of(fitting(load())[0]))
    elif what in HIDDEN:
        probe_panel.start(desk, HIDDEN[what])
