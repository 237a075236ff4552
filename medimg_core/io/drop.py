"""The files of one drop while they are scanned: expanded, sniffed, parsed; pixels wait until they are sorted."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from medimg_core.errors import InputError, LimitError, UnreadableFileError, UnsupportedFileError
from medimg_core.io.archives import Allowance, gunzip, zip_members
from medimg_core.io.contents import Content
from medimg_core.io.dicom import Instance, is_copy, parse
from medimg_core.io.elements import decode_errors, integer, items, text, texts
from medimg_core.io.imagetags import check_image_tags
from medimg_core.io.inputs import Given
from medimg_core.io.kinds import object_name
from medimg_core.io.limits import Budget, Limits
from medimg_core.io.nifti import read_nifti
from medimg_core.io.patients import Person, Register
from medimg_core.io.pixels import check_pixels
from medimg_core.io.planes import Plane, planes_of
from medimg_core.io.raster import read_raster
from medimg_core.io.rescale import check_rescale
from medimg_core.io.sniffing import sniff
from medimg_core.study import Refused, Volume

__all__ = ["Drop", "SeriesKey", "Single"]

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class SeriesKey:
    """What files of one series share; ``study`` is empty where they have no StudyInstanceUID."""

    person: int
    study: str
    series: str


@dataclass(frozen=True)
class Single:
    """A file that is an image of its own: NIfTI or a picture.

    Attributes:
        uid: Made from the file's bytes.
        volume: Its voxels.
        warnings: About it.
        header: NIfTI header, or None.
        name: The file's own name, without folders and archives around it.
    """

    uid: str
    volume: Volume
    warnings: tuple[str, ...] = ()
    header: Any = field(default=None, repr=False)
    name: str = field(default="", repr=False)


@dataclass
class Drop:
    """What has been found so far.

    Attributes:
        limits: The table.
        allowance: What archives may still expand to.
        budget: Memory for voxels.
        report: Progress callback.
        register: The patients.
        images: Planes by series.
        objects: Files without an image, by series and name.
        directories: DICOMDIR files.
        singles: NIfTI files and pictures.
        refused: Files refused, with the reason.
        names: Every file met, as named; asked by DICOMDIR.
        total: Files known of so far, members of opened archives among them.
    """

    limits: Limits
    allowance: Allowance
    budget: Budget
    report: Progress
    register: Register = field(default_factory=Register)
    images: dict[SeriesKey, list[Plane]] = field(default_factory=lambda: defaultdict(list))
    objects: dict[tuple[SeriesKey, str], list[Instance]] = field(default_factory=lambda: defaultdict(list))
    directories: list[Instance] = field(default_factory=list)
    singles: list[Single] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    total: int = 0
    people: dict[SeriesKey, Person] = field(default_factory=dict)
    _by_uid: dict[str, list[Instance]] = field(default_factory=lambda: defaultdict(list))
    _given_bytes: int = 0

    def refuse(self, name: str, reason: InputError) -> None:
        """Count a file as refused."""
        self.refused.append(Refused(name, str(reason)))

    def scan(self, given: Given) -> None:
        """Read one given file, or all members of an archive; each ends read or refused."""
        self.report(len(self.names), self.total, "Reading files")
        try:
            if given.reason is not None:
                self.names.append(given.name)
                raise given.reason
            self.allowance.count_file()
            content = given.content(self.limits)
            self._given_bytes += content.size
            if self._given_bytes > self.limits.total_bytes:
                raise LimitError(f"one drop may hold at most {self.limits.total_bytes / 2**20:,.0f} MiB")
            self._take(given.name, content, 0)
        except InputError as error:
            self.refuse(given.name, error)

    def _take(self, name: str, content: Content, depth: int) -> None:
        found = sniff(content.head, content.size)
        if found.kind not in ("zip", "gzip"):
            self.names.append(name)
        if found.kind in ("zip", "gzip") and depth >= self.limits.nesting:
            raise LimitError(f"archives may be nested {self.limits.nesting} deep; this one lies deeper")
        if found.kind == "zip":
            self._take_members(name, content, depth)
        elif found.kind == "gzip":
            self._take(name, Content.of(gunzip(content.whole(), self.allowance)), depth + 1)
        elif found.kind == "dicom":
            self._take_dicom(name, content)
        elif found.kind == "nifti":
            volume, warnings, header = read_nifti(content.whole(), self.limits)
            self._keep(Single(_uid_of(content.digest()), volume, warnings, header, _own(name)))
        elif found.kind == "raster":
            volume, warnings = read_raster(content.whole(), self.limits)
            self._keep(Single(_uid_of(content.digest()), volume, warnings, name=_own(name)))
        else:
            raise UnsupportedFileError(f"the file is {found.name}; MedImg reads DICOM, NIfTI, PNG, JPEG, TIFF and zip")

    def _keep(self, single: Single) -> None:
        self.budget.take(single.volume.array.nbytes)
        self.singles.append(single)

    def _take_members(self, name: str, content: Content, depth: int) -> None:
        for index, member in enumerate(zip_members(content, self.allowance)):
            inside = f"{name}/{member.name}"
            self.total += member.siblings if index == 0 else 0
            self.report(len(self.names), self.total, "Reading files")
            try:
                if member.reason is not None:
                    raise member.reason
                assert member.data is not None
                self.allowance.count_file()
                self._take(inside, Content.of(member.data), depth + 1)
            except InputError as error:
                self.refuse(inside, error)

    def _take_dicom(self, name: str, content: Content) -> None:
        header = parse(content, self.allowance)
        uid = text(header, "SOPInstanceUID") or _uid_of(content.digest())
        instance = Instance(name, len(self.names), header, content, uid)
        for known in self._by_uid[uid]:
            if is_copy(known, instance):
                known.copies.append(name)
                return
        try:
            self._sort_in(instance)
        except decode_errors() as error:  # a damaged element that shows only when it is asked for
            raise UnreadableFileError("the DICOM header is damaged: an element it needs cannot be read") from error
        self._by_uid[uid].append(instance)

    def _sort_in(self, instance: Instance) -> None:
        header = instance.header
        what = object_name(header, has_pixels=instance.has_pixels)
        if 0x00041220 in header:
            self.directories.append(instance)
            return
        if not what:
            rows, columns, frames = check_image_tags(header, self.limits.pixels)
            check_pixels(instance, (rows, columns), frames)
            planes = planes_of(instance, (rows, columns), frames)
            if 0x7FE00010 in header:  # whole numbers: what their bits can hold is known before they are decoded
                for rescale in {plane.rescale for plane in planes}:
                    check_rescale(2.0 ** (integer(header, "BitsAllocated") or 16), *rescale)
        person = self.register.person_of(header)
        study = text(header, "StudyInstanceUID")
        if what or not study:
            instance.keep_digest()  # asked for after the bytes are gone
        fallback = f"{study or 'unnamed'}.{text(header, 'Modality')}.{text(header, 'SeriesNumber')}"
        key = SeriesKey(person.number, study, text(header, "SeriesInstanceUID") or fallback)
        self.people[key] = person
        if what:
            instance.drop_pixels()
            self.objects[key, what].append(instance)
        else:
            self.images[key].extend(planes)

    def study_uid(self, keys: Sequence[SeriesKey], *, claimed: bool) -> str:
        """UID of the study that series make up: StudyInstanceUID where there is one and no other patient claims it."""
        uid, person = keys[0].study, self.people[keys[0]]
        if uid:
            return person.apart(uid) if claimed else uid
        files = {plane.instance.digest() for key in keys for plane in self.images.get(key, ())}
        files.update(file.digest() for (key, _), found in self.objects.items() if key in keys for file in found)
        return person.apart("", tuple(files))

    def missing_references(self) -> int:
        """How many files the DICOMDIR files list that were not given."""
        names = {
            _tail(name.replace("\\", "/").upper().split("/"), depth) for name in self.names for depth in range(1, 9)
        }
        missing = 0
        for directory in self.directories:
            for record in items(directory.header, "DirectoryRecordSequence"):
                reference = [part.upper() for part in texts(record, "ReferencedFileID") if part]
                missing += bool(reference) and _tail(reference, 8) not in names
        return missing


def _tail(parts: list[str], depth: int) -> str:
    return "/".join(parts[-depth:])


def _own(name: str) -> str:
    """A file's name without folders and archives around it."""
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def _uid_of(digest: bytes) -> str:
    """A UID made from a file's SHA-256 (2.25 and a number, PS3.5 B.2): the same file gets the same one."""
    return f"2.25.{int.from_bytes(digest[:16])}"
