"""What the Explain page works on now: the model chosen for the series, what it said, the map that is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from medimg_core.decision import decision, decision_labels
from medimg_core.explain import Method, identical, methods_for
from medimg_core.registry import ModelCard
from medimg_core.results import Audit, Explanation, Measurement, Prediction, Segmentation
from pages._ui.explained import Asked, Choice
from pages._ui.explaining.kept import explained
from pages._ui.explaining.regions import chosen_region
from pages._ui.mask_card import current
from pages._ui.state import Case
from pages._ui.view import ResultKey

__all__ = ["Desk", "labels_of", "offered", "seat", "takes_layer"]


@dataclass(frozen=True, eq=False)
class Desk:
    """One image, one model, one map asked for.

    Attributes:
        case: The session's.
        card: The model.
        choice: How the map is asked for.
        result: What it said of the image on show: a prediction, or masks for a method that explains these; None
            where it has not spoken.
        said: The prediction among it, or None.
        method: That is chosen.
        asked: The map; None where there is nothing to explain.
        region: The region on the image that the reader chose, or None.
    """

    case: Case = field(repr=False)
    card: ModelCard
    choice: Choice
    result: Prediction | Segmentation | None = field(repr=False)
    said: Prediction | None = field(repr=False)
    method: Method | None
    asked: Asked | None
    region: Measurement | None = field(repr=False)

    @property
    def key(self) -> ResultKey:
        """Image and model."""
        return key_of_image(self.case, self.card)

    @property
    def explanation(self) -> Explanation | None:
        """The map, where it was made of this very result."""
        return None if self.asked is None else self.map_of(self.asked)

    @property
    def audit(self) -> Audit | None:
        """Its audit."""
        return None if self.explanation is None or self.asked is None else explained(self.case).audits.get(self.asked)

    def map_of(self, asked: Asked) -> Explanation | None:
        """A map of this image by this model, or None where it was not made of what the model says now."""
        found = explained(self.case).maps.get(asked)
        if found is None or self.result is None or asked.key != self.key:
            return None
        same = found.weights_sha256 == self.result.weights_sha256 and found.fingerprint == self.result.fingerprint
        return found if same else None

    def asked_for(self, choice: Choice) -> Asked | None:
        """The map that a choice asks for."""
        return _asked(self.key, self.card, self.result, choice, self.region)


def seat(case: Case, card: ModelCard, *, choice: Choice | None = None) -> Desk:
    """Sit down at a model's map of the image on show.

    Args:
        case: Its current series has voxels.
        card: A model that fits.
        choice: How the map is asked for; what the reader chose for the model where None.
    """
    if choice is None:
        choice = explained(case).choices.get(card.id, Choice())
    method = chosen_method(card, choice)
    said = case.prediction(card.id) if card.classification is not None else None
    masks = current(case, card) if card.segmentation is not None else None
    result: Prediction | Segmentation | None = said
    if masks is not None and (said is None or (method is not None and method.explains == "mask")):
        result = masks
    region = chosen_region(case)
    asked = _asked(key_of_image(case, card), card, result, choice, region)
    return Desk(case, card, choice, result, said, method, asked, region)


def key_of_image(case: Case, card: ModelCard) -> ResultKey:
    """The image on show, and a model."""
    return (case.series_key, card.id, case.view.slice_index, case.view.frame)


def chosen_method(card: ModelCard, choice: Choice) -> Method | None:
    """The method of a choice; the first on offer until one is chosen; None for a model without maps."""
    offers = methods_for(card)
    return next((method for method in offers if method.name == choice.method), offers[0] if offers else None)


def offered(card: ModelCard, layer: str = "") -> tuple[tuple[Method, ...], ...]:
    """Methods on offer; those that make one and the same map for the model stand together.

    Args:
        card: The model.
        layer: Of the maps; empty for the card's.
    """
    rows: list[tuple[Method, ...]] = []
    twins = identical(card, layer or None)
    for method in methods_for(card):
        pair = next((names for names in twins if method.name in names), frozenset({method.name}))
        place = next((place for place, row in enumerate(rows) if row[0].name in pair), None)
        if place is None:
            rows.append((method,))
        else:
            rows[place] = (*rows[place], method)
    return tuple(rows)


def labels_of(card: ModelCard, method: Method) -> tuple[str, ...]:
    """What a method can explain of a model."""
    if method.explains == "mask":
        return () if card.segmentation is None else card.segmentation.classes
    return () if card.classification is None else decision_labels(card)


def _asked(
    key: ResultKey,
    card: ModelCard,
    result: Prediction | Segmentation | None,
    choice: Choice,
    region: Measurement | None,
) -> Asked | None:
    method = chosen_method(card, choice)
    if method is None or result is None or result.refused:
        return None
    if method.explains == "decision" and not isinstance(result, Prediction):
        return None
    labels = labels_of(card, method)
    label = choice.label if choice.label in labels else _usual_label(card, method, result, labels)
    layer = (choice.layer or (card.cam.layer if card.cam is not None else "")) if takes_layer(method) else ""
    if method.name == "score_cam" and card.cam is not None:
        layer = card.cam.layer
    drawn = region.points if method.explains == "mask" and choice.drawn and region is not None else ()
    return Asked(key, method.name, label, layer, drawn)


def takes_layer(method: Method) -> bool:
    """Whether a layer can be chosen."""
    return method.family == "class_activation" and method.name != "score_cam"


def _usual_label(card: ModelCard, method: Method, result: Prediction | Segmentation, labels: Sequence[str]) -> str:
    """The decision shown; of masks, the first class."""
    if method.explains == "decision" and isinstance(result, Prediction) and result.activations is not None:
        return decision(card, result.activations.logits).label
    return labels[0]
