"""A reader's correction of a mask in the session: the edits, those taken back, and how far the viewer has told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from medimg_core.correcting import Corrected, Edit, apply
from medimg_core.results import Segmentation
from pages._ui.mappings import empty

__all__ = ["MOST_EDITS", "Correction", "begun"]

MOST_EDITS = 500
"""Of one mask, as many as the viewer lets the reader make."""


@dataclass(frozen=True, eq=False)
class Correction:
    """A correction as it stands.

    Attributes:
        corrected: The mask as the reader left it; without edits, the model's.
        undone: Edits that were taken back and can be made again, by their names.
        heard: Number of the viewer's last word on it: what it says later takes the place of this.
        said: Why its last wish did nothing, or empty.
        discarded: Edits that a page took back all at once, until another is made.
    """

    corrected: Corrected
    undone: Mapping[str, Edit] = field(default_factory=empty, repr=False)
    heard: int = 0
    said: str = ""
    discarded: tuple[Edit, ...] = field(default=(), repr=False)

    def with_edits(self, edits: Sequence[Edit]) -> "Correction":
        """The same mask with another list of edits.

        Raises:
            MedImgError: An edit that cannot be made.
        """
        known = {**self.undone, **{edit.id: edit for edit in self.corrected.edits}}
        named = _named(edits, known)
        names = {edit.id for edit in named}
        undone = [(name, edit) for name, edit in known.items() if name not in names]
        corrected = apply(self.corrected.segmentation, named, self.corrected)
        return replace(self, corrected=corrected, undone=dict(undone[-MOST_EDITS:]), discarded=())

    def without_edits(self) -> "Correction":
        """The model's mask again; what was made can be brought back."""
        return replace(self.with_edits(()), discarded=self.corrected.edits)

    def edit(self, name: str) -> Edit | None:
        """An edit by its name, also one that was taken back."""
        return next((edit for edit in self.corrected.edits if edit.id == name), self.undone.get(name))


def _named(edits: Sequence[Edit], known: Mapping[str, Edit]) -> list[Edit]:
    """Edits with the names that the viewer knows them by; those that a page made get one."""
    taken, named = {*known, *(edit.id for edit in edits)}, []
    for edit in edits:
        name = edit.id or next(f"page-{n}" for n in count(1) if f"page-{n}" not in taken)
        taken.add(name)
        named.append(edit if edit.id else replace(edit, id=name))
    return named


def begun(segmentation: Segmentation) -> Correction:
    """A correction of a mask that has no edits yet."""
    return Correction(apply(segmentation, ()))
