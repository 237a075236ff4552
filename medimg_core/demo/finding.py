"""Guided cases found in a folder: shipped models are run on some of its images, and what they say decides.

A folder with an ``index.csv`` says what is true of its images; of a folder of DICOM nobody knows, so that there is
neither a hit nor a miss in it. Nothing is kept but the images of the cases, in
memory, and nothing of file names.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from medimg_core.demo.rehearsal import rehearse
from medimg_core.demo.story import KINDS, Kind, Scene, Step, Story
from medimg_core.errors import InputError, NotApplicableError, UnreadableFileError
from medimg_core.evaluation.classification import truth_of
from medimg_core.evaluation.files import drawn, drawn_file
from medimg_core.evaluation.folder import INDEX, Row, read_folder
from medimg_core.evaluation.judging import word_of
from medimg_core.gate import Declared
from medimg_core.inference import classify, fits
from medimg_core.io import open_study
from medimg_core.registry import ModelCard, list_models
from medimg_core.results import Prediction
from medimg_core.study import Opened

__all__ = ["MOST", "Found", "Lack", "demo_folder", "find_stories"]

Progress = Callable[[int, int, str], None]

MOST = 60
"""Images that models are run on, at most."""

AUDITED = 12
"""Maps that are audited, at most: each takes some seconds."""

FILES = 400
"""Files that are read of a folder of DICOM, at most."""

SLICES = 12
"""Slices of one series that are asked about, at most."""

SPLIT = "val"
"""Rows that are looked at where an index has this split: on images that a model was trained on it proves nothing."""

Lack = Literal["none", "no_truth"]
"""Why a kind of case is missing: no image gave one, or nobody knows what is true."""


@dataclass(frozen=True, eq=False)
class Found:
    """Guided cases of a folder.

    Attributes:
        stories: At most one of each kind, in the order of :data:`~medimg_core.demo.KINDS`.
        missing: Kinds that are not among them, each with the reason.
        images: Images that models were run on.
    """

    stories: tuple[Story, ...] = field(repr=False)
    missing: Mapping[Kind, Lack]
    images: int


@dataclass(frozen=True, eq=False)
class _Asked:
    """One image, and what a model said of it."""

    card: ModelCard = field(repr=False)
    scene: Scene = field(repr=False)
    place: int
    said: Prediction = field(repr=False)
    positive: bool | None = None
    row: Row | None = field(default=None, repr=False)

    def story(self, kind: Kind, steps: tuple[Step, ...]) -> Story:
        """The case of this image."""
        output = self.card.classification
        name = output.reading.name if output is not None and output.reading is not None else ""
        finding = {True: name, False: f"no {name}", None: ""}[self.positive]
        return Story(kind, self.card.id, steps, finding, self.positive, self.place, scene=self.scene)


def demo_folder() -> Path | None:
    """``MEDIMG_DEMO_DATA``: a folder to find guided cases in, or None where it is not set."""
    text = os.environ.get("MEDIMG_DEMO_DATA", "").strip()
    return Path(text).expanduser() if text else None


def find_stories(
    folder: Path,
    *,
    cards: Sequence[ModelCard] | None = None,
    most: int = MOST,
    progress: Progress | None = None,
) -> Found:
    """Look for a hit, a miss, a refusal and a map that its audit rejects.

    Args:
        folder: With an ``index.csv`` (:func:`medimg_core.evaluation.folder.read_folder`), or with DICOM.
        cards: Models to ask; all that are installed by default.
        most: Images that they are run on, at most.
        progress: Called as ``progress(done, total, text)``; may raise :class:`~medimg_core.errors.Cancelled`.

    Returns:
        What was found; each case was run through before (:func:`~medimg_core.demo.rehearse`). A hit is a right
        decision first of all: where no map was shown to follow the model, it is one whose map was not rejected.

    Raises:
        UnreadableFileError: The folder or its index cannot be read, or no image of it can be.
        NotApplicableError: No installed model answers what the folder's labels ask, or fits its images.
        ModelError: A network cannot be run.
    """
    known = [
        card for card in (list_models() if cards is None else cards) if card.classification and not card.input.depth
    ]
    try:
        labelled = (folder / INDEX).is_file()
        there = folder.is_dir()
    except OSError as error:
        raise UnreadableFileError(f"a demo folder must be readable by this user; {error.strerror}") from error
    if not there:
        raise UnreadableFileError("MEDIMG_DEMO_DATA must name a folder; there is none of that name")
    source = _labelled(folder, known, most) if labelled else _unlabelled(folder, known, most, progress)
    asked: list[_Asked] = []
    for one in source:
        asked.append(one)
        if progress is not None:
            progress(len(asked), most, "asking the model")
    if not asked:
        raise UnreadableFileError("one image of the demo folder at least must be readable; none is")
    found: dict[Kind, Story] = {}
    _audited(asked, found, progress)
    others: dict[Kind, Story | None] = {"miss": _miss(asked), "refusal": _refusal(asked, known)}
    found |= {kind: story for kind, story in others.items() if story is not None}
    missing: dict[Kind, Lack] = {
        kind: "no_truth" if kind in ("hit", "miss") and not labelled else "none" for kind in KINDS if kind not in found
    }
    return Found(tuple(found[kind] for kind in KINDS if kind in found), missing, len(asked))


def _labelled(folder: Path, cards: Sequence[ModelCard], most: int) -> Iterator[_Asked]:
    """Images of an index, as many with the finding as without, and what the model that they ask for says."""
    rows = read_folder(folder)
    if any(row.split == SPLIT for row in rows):
        rows = tuple(row for row in rows if row.split == SPLIT)
    card, truth = _asking(cards, rows)
    word = replace(word_of(card), age_years=None)  # the folder is of the model's kind; nobody said an age
    yes = [row for row, positive in zip(rows, truth, strict=True) if positive]
    no = [row for row, positive in zip(rows, truth, strict=True) if not positive]
    share = min(len(no), most // 2)
    chosen = [(row, True) for row in _spread(yes, most - share)] + [(row, False) for row in _spread(no, share)]
    for row, positive in chosen:
        try:
            scene = _scene(open_study([row.image]), word)
        except UnreadableFileError:
            continue  # the others go on; where none is left, that is told
        said = classify(scene.volume, card, series=scene.series, declared=word, slice_index=_only(scene))
        yield _Asked(card, scene, 0, said, positive, row)


def _asking(cards: Sequence[ModelCard], rows: Sequence[Row]) -> tuple[ModelCard, Sequence[bool]]:
    """The model whose question the labels answer, and the answers."""
    for card in cards:
        try:
            truth = truth_of(card, rows)
        except NotApplicableError:
            continue
        if truth.any():
            return card, [bool(value) for value in truth]
    raise NotApplicableError("a demo folder's labels must be those of an installed model; no model asks for them")


def _only(scene: Scene) -> int | None:
    """The slice of a picture; None for a volume, which the gate refuses as one."""
    return 0 if scene.volume.shape[0] * scene.volume.frames == 1 else None


def _spread(rows: Sequence[Row], count: int) -> list[Row]:
    """So many rows, from all over the list."""
    if len(rows) <= count:
        return list(rows)
    return [rows[int((place + 0.5) * len(rows) / count)] for place in range(count)]


def _scene(opened: Opened, word: Declared) -> Scene:
    series = opened.studies[0].series if opened.studies else ()
    place = next((place for place, one in enumerate(series) if one.volume is not None), None)
    if place is None:
        raise UnreadableFileError("an image of the demo folder must be readable; this one is not")
    return Scene(Opened(opened.studies[:1]), place, declared=word)


def _unlabelled(folder: Path, cards: Sequence[ModelCard], most: int, progress: Progress | None) -> Iterator[_Asked]:
    """Images of a folder of DICOM, each with what the first model that fits says; the first one where none does."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())[:FILES]
    left, misfit = most, None
    for study in open_study(list(files), progress=progress).studies:
        for place, series in enumerate(study.series):
            if series.volume is None or series.kind == "object" or left <= 0:
                continue
            scene = Scene(Opened((study,)), place)
            card = next((card for card in cards if fits(series, card)[0]), None)
            if card is None:
                misfit = misfit or scene
                continue
            count = series.volume.shape[0]
            slices = sorted({int((k + 0.5) * count / SLICES) for k in range(SLICES)})[:left]
            left -= len(slices)
            for index in slices:
                said = classify(series.volume, card, series=series, slice_index=index)
                yield _Asked(card, scene, index, said)
    if misfit is not None and cards:
        said = classify(misfit.volume, cards[0], series=misfit.series, slice_index=0)
        yield _Asked(cards[0], misfit, 0, said)


def _audited(asked: Sequence[_Asked], found: dict[Kind, Story], progress: Progress | None) -> None:
    """A hit, best one whose map follows the model, and a map that its audit rejects."""
    flagged = [one for one in asked if not one.said.refused and one.said.positive and one.positive is not False]
    flagged.sort(key=lambda one: (one.said.gate.status != "pass", -one.said.score))
    doubtful = flagged[::-1]
    order = [one for pair in zip(flagged, doubtful, strict=True) for one in pair][: len(flagged)]  # from both ends
    sure = False
    for number, one in enumerate(order[:AUDITED]):
        if progress is not None:
            progress(number, min(AUDITED, len(order)), "auditing maps")
        story = one.story("hit", ("image", "score", "map", "hide_map", "audit"))
        made = rehearse(story, card=one.card)
        folded = made.audit is not None and made.audit.folded
        if one.positive and not folded and not sure:
            sure = made.holds
            if sure or "hit" not in found:
                found["hit"] = story
        if folded and "rejected_map" not in found:
            rejected = _rejected(one)
            if rejected is not None:
                found["rejected_map"] = rejected
        if sure and "rejected_map" in found:
            return


def _rejected(one: _Asked) -> Story | None:
    """The case where its map is rejected; with the finding hidden, too, where that says more."""
    short: tuple[Step, ...] = ("image", "score", "map", "audit", "hide_map")
    plain = one.story("rejected_map", short)
    if not rehearse(plain, card=one.card).holds:
        return None
    marked = _marked(one)
    if marked.truth is None:
        return plain
    whole = replace(plain, steps=(*short, "hide_truth"), scene=marked)
    return whole if rehearse(whole, card=one.card).holds else plain


def _miss(asked: Sequence[_Asked]) -> Story | None:
    """The clearest wrong decision: of a finding that is there, before that of one that is not."""
    wrong = [
        one for one in asked if not one.said.refused and one.positive is not None and one.said.positive != one.positive
    ]
    if not wrong:
        return None
    one = min(wrong, key=lambda each: (not each.positive, each.said.score if each.positive else -each.said.score))
    marked = _marked(one) if one.positive else one.scene
    steps: tuple[Step, ...] = ("image", "score", "map")
    story = one.story("miss", steps if marked.truth is None else (*steps, "hide_truth"))
    return replace(story, scene=marked)


def _marked(one: _Asked) -> Scene:
    """The scene with what somebody drew in it."""
    where = None if one.row is None else drawn_file(one.card, one.row)
    if where is None:
        return one.scene
    volume = one.scene.volume
    affine = None if volume.geometry is None else volume.geometry.affine
    try:
        mask = drawn(*where, volume.shape, affine)
    except InputError:
        return one.scene  # without a mask the case is shorter, and no worse
    return replace(one.scene, truth=mask) if mask[one.place].any() else one.scene


def _refusal(asked: Sequence[_Asked], cards: Sequence[ModelCard]) -> Story | None:
    """An image that its own model refuses; else one given to another model, which refuses it by its tags or word."""
    steps: tuple[Step, ...] = ("image", "refusal", "others")
    own = next((one for one in asked if one.said.refused), None)
    if own is not None:
        return own.story("refusal", steps)
    one = asked[0]
    for card in cards:
        said = classify(
            one.scene.volume, card, series=one.scene.series, declared=one.scene.declared, slice_index=one.place
        )
        if said.refused:
            return Story("refusal", card.id, steps, slice_index=one.place, scene=one.scene)
    return None
