"""A reader's corrections between the browser and the case; nothing that the browser says is trusted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from medimg_core.correcting import Add, Drop, Edit, Stroke
from medimg_core.errors import MedImgError
from medimg_core.results import Segmentation
from pages._ui.case import Case
from pages._ui.correcting import MOST_EDITS, Correction
from pages._ui.language import _
from pages._ui.viewer.vault import VAULT, session_token

__all__ = ["describe", "take"]

MOST_NAME = 40
"""Characters of an edit's name."""


def describe(correction: Correction) -> dict[str, Any]:
    """What the browser is told: which edits there are, and where to fetch the slices that they changed."""
    corrected = correction.corrected
    item = None
    if corrected.edits:
        item = VAULT.put(session_token(), corrected, corrected.mask, part="corrected").id
    return {
        "n": correction.heard,
        "ids": [edit.id for edit in corrected.edits],
        "slices": {str(place): corrected.edits[last].id for place, last in corrected.slices.items()},
        "item": item,
        "said": correction.said,
    }


def take(case: Case, told: object) -> Case:
    """The case after the browser told how masks were corrected.

    Args:
        case: Before.
        told: ``[{mask, n, ids, made}]`` as JSON: of each mask its name, the number of the message, the names of all
            its edits, and those that are new. What breaks a rule is left out.
    """
    for each in told if isinstance(told, list) else ():
        if isinstance(each, dict):
            case = _taken(case, each)
    return case


def _taken(case: Case, told: Mapping[str, Any]) -> Case:
    name, number, listed = told.get("mask"), told.get("n"), told.get("ids")
    item = VAULT.find(session_token(), name) if isinstance(name, str) else None
    result = None if item is None else item.owner()
    if not isinstance(result, Segmentation) or type(number) is not int or not isinstance(listed, list):
        return case
    correction = case.findings.correction(result)
    if number <= correction.heard:
        return case  # an older message, or the same one again
    made = told.get("made")
    edits = _wanted(correction, listed, made if isinstance(made, list) else ())
    after = correction if edits is None else _edited(replace(correction, said=""), edits)
    return replace(case, findings=case.findings.with_correction(replace(after, heard=number)))


def _wanted(correction: Correction, listed: Sequence[Any], made: Sequence[Any]) -> list[Edit] | None:
    """The edits of a list of names; None where one of them is not known, or named twice."""
    new = {edit.id: edit for edit in map(_edit, made[:MOST_EDITS]) if edit is not None}
    names = [name for name in listed[: MOST_EDITS + 1] if isinstance(name, str) and 0 < len(name) <= MOST_NAME]
    edits = [correction.edit(name) or new.get(name) for name in names]
    known = [edit for edit in edits if edit is not None]
    whole = len(known) == len(listed) == len(set(names)) <= MOST_EDITS
    return known if whole else None


def _edited(correction: Correction, edits: Sequence[Edit]) -> Correction:
    """The correction with these edits; those that cannot be made are left out, and it is said why."""
    try:
        return correction.with_edits(edits)
    except MedImgError:
        pass
    made: list[Edit] = []
    after, said = correction, ""
    for edit in edits:
        try:
            after = after.with_edits([*made, edit])
        except MedImgError:
            said = _why_not(edit)
        else:
            made.append(edit)
    return replace(after.with_edits(made), said=said)


def _why_not(edit: Edit) -> str:
    if isinstance(edit, Add):
        return _("No part that the model had left out as too small lies there.")
    if isinstance(edit, Drop):
        return _("No part of the mask lies there.")
    return _("This stroke does not fit the mask and was not kept.")


def _edit(said: object) -> Edit | None:
    """An edit of the browser's, or None where it is none; whether it fits a mask is for the core to say."""
    if not isinstance(said, dict):
        return None
    name, kind, frame = said.get("id"), said.get("kind"), said.get("frame")
    if not isinstance(name, str) or not 0 < len(name) <= MOST_NAME or type(frame) is not int:
        return None
    if kind == "stroke":
        label, place, runs = said.get("label"), said.get("slice"), _whole(said.get("runs"))
        if type(label) is not int or type(place) is not int:
            return None
        return Stroke(label, place, runs, erase=said.get("erase") is True, frame=frame, id=name)
    point = _whole(said.get("point"))
    if kind not in ("drop", "add") or len(point) != 3:
        return None
    return (Drop if kind == "drop" else Add)((point[0], point[1], point[2]), frame=frame, id=name)


def _whole(values: object) -> tuple[int, ...]:
    """Whole numbers of a list; none where it holds anything else."""
    if not isinstance(values, list) or not all(type(value) is int for value in values):
        return ()
    return tuple(values)
