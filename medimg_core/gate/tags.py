"""What the headers say of an input, against what the card says of the model."""

import re
from dataclasses import dataclass, field

from medimg_core.errors import IncompatibleInputError
from medimg_core.gate.parts import NAMED_PARTS, holds
from medimg_core.io import gate_tags
from medimg_core.io.headers import UNCODED
from medimg_core.io.mrsequence import SEQUENCES
from medimg_core.registry import ModelCard
from medimg_core.results import GateReason
from medimg_core.study import Series

__all__ = ["RADIOGRAPH", "Declared", "Tags", "check_tags", "read_tags"]

RADIOGRAPH = frozenset({"CR", "DX", "RG"})
"""Modalities of single projection images (PS3.3 C.7.3.1.1.1)."""

_LATERAL = frozenset({"LL", "RL", "LLO", "RLO", "LLD", "RLD", "LATERAL", "LAT", "LEFT LATERAL", "RIGHT LATERAL"})


@dataclass(frozen=True)
class Declared:
    """The reader's word for what a file does not say; it never overrules a tag.

    Attributes:
        modality: DICOM Modality, e.g. ``"DX"``.
        body_part: BodyPartExamined, e.g. ``"CHEST"``.
        view: ViewPosition, e.g. ``"AP"``.
        sequence: MR sequence, one of :data:`medimg_core.io.mrsequence.SEQUENCES`, or ``"OTHER"``.
        age_years: Age of the patient at the study, in years.
        unit: Unit of the values, e.g. ``"HU"``, or ``"OTHER"``.
    """

    modality: str | None = None
    body_part: str | None = None
    view: str | None = None
    sequence: str | None = None
    age_years: float | None = None
    unit: str | None = None

    def __post_init__(self) -> None:
        if self.age_years is not None and not 0 <= self.age_years <= 130:
            raise IncompatibleInputError(f"age must lie in 0..130 years, got {self.age_years:g}")


@dataclass(frozen=True)
class Tags:
    """What the gate compares with a card; empty or None where the headers do not say.

    Attributes:
        modality: Modality (0008,0060).
        body_part: BodyPartExamined (0018,0015).
        view: ViewPosition (0018,5101).
        sequence: MR sequence: see :func:`medimg_core.io.mrsequence.mr_sequence`.
        age_years: PatientAge (0010,1010), in years; hidden from repr.
        localiser: A scout, by ImageType (0008,0008).
        synthetic: SyntheticData (0008,001C) is YES.
    """

    modality: str = ""
    body_part: str = ""
    view: str = ""
    sequence: str = ""
    age_years: float | None = field(default=None, repr=False)
    localiser: bool = False
    synthetic: bool = False


def read_tags(series: Series | None) -> Tags:
    """Tags of a series, from its first instance's header; empty ones for None and for files that say nothing."""
    if series is None:
        return Tags()
    tags = gate_tags(series)
    return Tags(
        modality=tags.modality,
        body_part=tags.body_part,
        view=tags.view_position,
        sequence=tags.sequence,
        age_years=tags.age_years,
        localiser=series.kind == "localiser" or "LOCALIZER" in tags.image_type,
        synthetic=tags.synthetic,
    )


def check_tags(
    series: Series | None, card: ModelCard, declared: Declared | None = None
) -> tuple[tuple[GateReason, ...], tuple[str, ...]]:
    """Compare the headers with the card.

    Args:
        series: The input's series; None for an array without any header.
        card: The model.
        declared: The reader's word for what the headers do not say.

    Returns:
        Reasons, and what stands on the reader's word alone, as phrases.
    """
    tags, word = read_tags(series), declared or Declared()
    found = _Findings()
    if tags.localiser:
        found.refuse("localiser", "This is a localiser, made to plan a scan and not to be read by a model.")
    modality = found.known("modality", tags.modality, word.modality)
    _check_modality(modality, card, found)
    _check_part(found.known("body part", tags.body_part, word.body_part), card, found)
    _check_view(found.known("view", tags.view, word.view), card, found)
    if card.population.sequences and modality in ("", UNCODED, *card.modality):
        spoken = (word.sequence or "").strip().upper()
        named = spoken if spoken in SEQUENCES or not spoken else "OTHER"  # anything else could be free text
        _check_sequence(found.known("sequence", tags.sequence, named), card, found)
    age = tags.age_years
    if age is None and word.age_years is not None:
        age = word.age_years
        found.said.append(f"age {age:g} years")
    _check_age(age, card, found)
    if tags.synthetic:
        found.mark("synthetic", f"This is a synthetic image: {_given(card)} nothing about any patient.")
    return tuple(found.reasons), tuple(found.said)


@dataclass
class _Findings:
    """Reasons as they are found, and what the reader had to say."""

    reasons: list[GateReason] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def refuse(self, code: str, text: str) -> None:
        self.reasons.append(GateReason(code, text, refuses=True))

    def mark(self, code: str, text: str) -> None:
        self.reasons.append(GateReason(code, text, refuses=False))

    def known(self, name: str, tag: str, spoken: str | None) -> str:
        """The tag, else the reader's word, which is noted as such."""
        if tag or not spoken:
            return tag
        word = spoken.strip().upper()
        self.said.append(f"{name} {_code(word)}")
        return word


def _check_modality(modality: str, card: ModelCard, found: _Findings) -> None:
    wanted = _any_of(card.modality)
    if not modality:
        found.mark("modality_unknown", f"The file does not say its modality; the model reads {wanted}.")
    elif modality == UNCODED:
        found.mark("modality_unclear", f"The file's modality is no code; the model reads {wanted}.")
    elif modality not in card.modality:
        found.refuse("modality", f"The model reads {wanted}; this is {_code(modality)}.")


def _check_part(part: str, card: ModelCard, found: _Findings) -> None:
    if not card.body_part:
        return
    wanted = _any_of(card.body_part)
    if not part:
        found.mark("body_part_unknown", f"The file does not say its body part; the model reads {wanted}.")
    elif part == UNCODED:
        found.mark("body_part_unclear", f"The file's body part is no code; the model reads {wanted}.")
    elif not holds(part, card.body_part, projection=set(card.modality) <= RADIOGRAPH):
        named = part if part in NAMED_PARTS else "another"
        found.refuse("body_part", f"The model reads {wanted}; the file's body part is {named}.")


def _check_view(view: str, card: ModelCard, found: _Findings) -> None:
    views = card.population.views
    if not views or view in views:
        return
    if not view:
        found.mark("view_unknown", f"The file does not say its view; the model was trained on {_any_of(views)} views.")
    elif view == UNCODED:
        found.mark("view_unclear", f"The file's view is no code; the model was trained on {_any_of(views)} views.")
    elif view in _LATERAL:
        found.refuse("view", f"The model reads {_any_of(views)} views; this is a lateral view, {_code(view)}.")
    else:
        found.mark("view", f"The model was trained on {_any_of(views)} views; this is {_code(view)}.")


def _check_sequence(sequence: str, card: ModelCard, found: _Findings) -> None:
    wanted = _any_of(card.population.sequences)
    if not sequence:
        text = f"The file does not say that it is a {wanted}; the model was trained on no other sequence."
        found.mark("sequence_unknown", text)
    elif sequence not in card.population.sequences:
        named = sequence if sequence in SEQUENCES else "another sequence"
        found.refuse("sequence", f"The model reads {wanted}; this is {named}.")


def _check_age(age: float | None, card: ModelCard, found: _Findings) -> None:
    limits = card.population.age_years
    if limits is None:
        return
    trained = f"the model was trained on ages {limits[0]:g} to {limits[1]:g} years"
    if age is None:
        found.mark("age_unknown", f"The age is unknown; {trained}.")
    elif not limits[0] <= age < limits[1] + 1:  # "5 years" lasts until the sixth birthday
        found.mark("age", f"The patient is {age:.3g} years old; {trained}.")


def _given(card: ModelCard) -> str:
    """What the model gives, as a subject with its verb."""
    if card.segmentation is None:
        return "the score says"
    return "the mask says" if card.classification is None else "score and mask say"


def _any_of(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _code(value: str) -> str:
    """A coded value fit for a message; anything longer than a code could be free text and stays out."""
    return value if re.fullmatch(r"[A-Z0-9_ ]{1,16}", value) else "another"
