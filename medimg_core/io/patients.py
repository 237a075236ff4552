"""Who a file is of: the same person or another one, and the tag that may be shown instead of a name."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from medimg_core.io.elements import display_text, text
from medimg_core.study import Patient

__all__ = ["Person", "Register", "age_in_years", "claims_agree", "iso_date", "unknown_patient"]

_SECRET = secrets.token_bytes(32)  # new with every process: pseudonyms cannot be traced back or linked between runs
_AGE_UNITS = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}


@dataclass(eq=False)
class Person:
    """One patient of a drop, as far as the tags tell.

    Attributes:
        number: From 0, in order of appearance.
        identity: PatientID, normalised; may be empty.
        name: PatientName, normalised; may be empty.
        birth: PatientBirthDate; may be empty.
    """

    number: int
    identity: str = field(repr=False)
    name: str = field(repr=False)
    birth: str = field(repr=False)

    def pseudonym(self, study: str) -> str:
        """``P-`` and six hexadecimal digits of an HMAC under the process's secret.

        Of PatientID, name and birth date together: another hospital may have given the same PatientID to
        somebody else. Where all three are empty, of the UID of the study, which is all that is known.
        """
        parts = (self.identity, self.name, self.birth)
        material = "\0".join(parts if any(parts) else (study,))
        return "P-" + hmac.new(_SECRET, material.encode(), hashlib.sha256).hexdigest()[:6].upper()

    def apart(self, uid: str, content: tuple[bytes, ...] = ()) -> str:
        """The UID of a study bound to this person, so that nobody else's study can take its place.

        Args:
            uid: StudyInstanceUID that several patients claim, or ``""`` where the files have none.
            content: Digests of the files; they stand for a UID that is missing.

        Returns:
            The UID and digits of an HMAC under the process's secret; the same files give the same ones.
        """
        material = b"\0".join((*(part.encode() for part in (self.identity, self.name, self.birth)), *sorted(content)))
        number = int.from_bytes(hmac.new(_SECRET, material, hashlib.sha256).digest()[:16])
        return f"{uid}.{number % 10**12}" if uid else f"2.25.{number}"


class Register:
    """The patients of a drop; says whether a file is of one already met."""

    def __init__(self) -> None:
        self._people: list[Person] = []
        self._nameless: dict[str, Person] = {}

    @property
    def people(self) -> tuple[Person, ...]:
        """All patients met so far."""
        return tuple(self._people)

    def person_of(self, header: Any) -> Person:
        """The patient of a file.

        By PatientID; where it is empty, by name and birth date; where these are empty too, each study is
        taken to be of a patient of its own. One PatientID with different names is two patients unless the
        birth date is the same: identifiers are only unique within their issuer.
        """
        identity, name, birth = _claims(header)
        if not (identity or name or birth):
            study = text(header, "StudyInstanceUID")
            if study not in self._nameless:
                self._nameless[study] = self._add("", "", "")
            return self._nameless[study]
        for person in self._people:
            if _same(person, identity, name, birth):
                person.name, person.birth = person.name or name, person.birth or birth
                return person
        return self._add(identity, name, birth)

    def _add(self, identity: str, name: str, birth: str) -> Person:
        person = Person(len(self._people), identity, name, birth)
        self._people.append(person)
        return person


def _claims(header: Any) -> tuple[str, str, str]:
    """PatientID, PatientName and PatientBirthDate, normalised; empty where absent."""
    identity = " ".join(display_text(header, "PatientID").upper().split())
    name = " ".join(display_text(header, "PatientName").upper().replace("^", " ").split())
    return identity, name, text(header, "PatientBirthDate")


def claims_agree(one: Any, other: Any) -> bool:
    """Whether two data sets have the same PatientID and nothing in them contradicts that they are of one patient.

    Stricter than :meth:`Register.person_of`: without PatientID no two files are of the same patient, and two birth
    dates or two issuers of the identifier are two patients.
    """
    first, second = _claims(one), _claims(other)
    issuers = {" ".join(display_text(header, "IssuerOfPatientID").upper().split()) for header in (one, other)}
    births = {_date(birth) or birth for birth in (first[2], second[2])}
    apart = len(issuers - {""}) > 1 or len(births - {""}) > 1
    return bool(first[0]) and not apart and _same(Person(0, *first), *second)


def _same(person: Person, identity: str, name: str, birth: str) -> bool:
    if identity or person.identity:
        other_name = bool(name and person.name) and name != person.name
        return identity == person.identity and (not other_name or (bool(birth) and birth == person.birth))
    return (name, birth) == (person.name, person.birth) and bool(name or birth)


def patient_of(person: Person, header: Any, study: str) -> Patient:
    """The tag of a patient that may be shown; ``study`` is the UID of the study it stands on."""
    sex = text(header, "PatientSex").upper()[:1]
    return Patient(person.pseudonym(study), age_in_years(header), sex if sex in ("F", "M", "O") else None)


def unknown_patient() -> Patient:
    """The patient of files that hold no patient tags: NIfTI and pictures."""
    return Patient("unknown")


def age_in_years(header: Any) -> float | None:
    """PatientAge in years, or the age at the study from the birth date where the tag is absent or broken.

    Args:
        header: The data set.

    Returns:
        Years, with fractions for months, weeks and days; None when neither tag can be read.
    """
    age = text(header, "PatientAge").upper()
    if len(age) >= 2 and age[:-1].isdecimal() and age[-1] in _AGE_UNITS:
        return int(age[:-1]) * _AGE_UNITS[age[-1]]
    birth = _date(text(header, "PatientBirthDate"))
    then = next(
        (found for tag in ("StudyDate", "SeriesDate", "AcquisitionDate") if (found := _date(text(header, tag)))), None
    )
    if birth is None or then is None or then < birth:
        return None
    years = (then - birth).days / 365.25
    return years if years <= 130 else None


def iso_date(value: str) -> str | None:
    """A DICOM date as ``YYYY-MM-DD``, or None.

    Examples:
        >>> iso_date("20261123"), iso_date("2026.11.23"), iso_date("20261399")
        ('2026-11-23', '2026-11-23', None)
    """
    found = _date(value)
    return None if found is None else found.isoformat()


def _date(value: str) -> date | None:
    digits = value.replace(".", "")  # ACR-NEMA wrote YYYY.MM.DD
    if len(digits) != 8 or not digits.isdecimal():
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
