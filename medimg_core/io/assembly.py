"""Sorted stacks -> series, most important first, inside the memory allowed; bad files are set aside."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from medimg_core.errors import InputError, LimitError
from medimg_core.io.dicom import Instance
from medimg_core.io.drop import SeriesKey
from medimg_core.io.elements import code, display_text, text
from medimg_core.io.grouping import Stack, stacks_of
from medimg_core.io.kinds import KIND_ORDER, kind_of
from medimg_core.io.limits import Budget
from medimg_core.io.planes import Plane
from medimg_core.io.volumes import StackError, build_volume
from medimg_core.study import Series

__all__ = ["Assembly"]

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class _Job:
    key: SeriesKey
    stack: Stack
    kind: str

    @property
    def rank(self) -> tuple[int, int]:
        planes = self.stack.flat
        rows, columns = planes[0].shape
        return (KIND_ORDER.index(self.kind), -len(planes) * rows * columns)


class Assembly:
    """Turns the planes of a drop into series.

    Attributes:
        refused: Files that could not be decoded, with the reason.
        notes: Warnings about studies, by series.
    """

    def __init__(self, images: Mapping[SeriesKey, list[Plane]], budget: Budget, report: Progress) -> None:
        self.refused: list[tuple[str, InputError]] = []
        self.notes: dict[SeriesKey, list[str]] = {}
        self._images = images
        self._budget = budget
        self._report = report
        self._done = 0
        self._total = sum(len({id(plane.instance) for plane in planes}) for planes in images.values())
        self._bad: set[Instance] = set()
        self._counted: set[Instance] = set()
        self._waiting = Counter(plane.instance for planes in images.values() for plane in planes)

    def series(self) -> dict[SeriesKey, list[Series]]:
        """Build every series; the largest diagnostic stacks get memory first."""
        jobs = [
            _Job(key, stack, kind_of(stack.flat[0].instance.header, tiled=stack.flat[0].tiled))
            for key, planes in self._images.items()
            for stack in stacks_of(planes)
        ]
        result: dict[SeriesKey, list[Series]] = {}
        for job in sorted(jobs, key=lambda job: job.rank):
            for made in self._built(job):
                result.setdefault(job.key, []).append(made)
        self._report(self._total, self._total, "Decoding images")
        for planes in self._images.values():
            for instance in {plane.instance for plane in planes}:
                instance.drop_pixels()
        return result

    def _built(self, job: _Job) -> list[Series]:
        stack = job.stack
        if any(plane.instance in self._bad for plane in stack.flat):
            return self._rest(job)
        try:
            volume, notes = build_volume(stack, job.kind, self._budget, self._decoded)
        except StackError as failure:
            for instance, reason in failure.reasons.items():
                self._refuse(instance, reason)
            return self._rest(job)
        except LimitError as error:
            for instance in {plane.instance: None for plane in stack.flat}:
                if instance not in self._counted and instance not in self._bad:
                    self._refuse(instance, error)
            self.notes.setdefault(job.key, []).append(f"a stack is not shown: {error}")
            return []
        instances = list(dict.fromkeys(plane.instance for plane in stack.flat))
        self._waiting.subtract(plane.instance for plane in stack.flat)
        for instance in instances:
            if self._waiting[instance] == 0:
                instance.drop_pixels()  # all of its planes are decoded: its bytes need not wait for other series
        new = [instance for instance in instances if instance not in self._counted]
        self._counted.update(new)
        header: Any = instances[0].header
        copies = sum(len(instance.copies) for instance in new)
        if copies:
            notes += ("1 file is a copy of another one" if copies == 1 else f"{copies} files are copies of other ones",)
        return [
            Series(
                job.key.series,
                code(text(header, "Modality")),
                volume,
                part=stack.part,
                kind=job.kind,
                body_part=code(text(header, "BodyPartExamined")),
                description=display_text(header, "SeriesDescription"),
                files=len(new) + copies,
                warnings=(*stack.warnings, *notes),
                synthetic=text(header, "SyntheticData").upper() == "YES",
                source=tuple(instance.header for instance in instances),
            )
        ]

    def _rest(self, job: _Job) -> list[Series]:
        """What the good files of a stack still make."""
        good = [plane for plane in job.stack.flat if plane.instance not in self._bad]
        lost = len({plane.instance for plane in job.stack.flat}) - len({plane.instance for plane in good})
        files = "1 file of this stack is" if lost == 1 else f"{lost} files of this stack are"
        note = f"{files} left out, because the pixels cannot be decoded"
        made: list[Series] = []
        for stack in stacks_of(good):
            part = ", ".join(part for part in (job.stack.part, stack.part) if part)
            kept = replace(stack, part=part, warnings=(*job.stack.warnings, note, *stack.warnings))
            made += self._built(_Job(job.key, kept, job.kind))
        return made

    def _refuse(self, instance: Instance, reason: InputError) -> None:
        self._bad.add(instance)
        self.refused += [(name, reason) for name in (instance.name, *instance.copies)]

    def _decoded(self, instance: Instance) -> None:
        self._report(min(self._done, self._total), self._total, "Decoding images")
        self._done += 1
