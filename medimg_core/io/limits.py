"""How much MedImg agrees to open: one table for every limit on files, archives and pixels."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields

from medimg_core.errors import InputError, LimitError

__all__ = ["LIMITS", "Budget", "Limits"]

_MEBIBYTE = 1024 * 1024
_PREFIX = "MEDIMG_LIMITS_"


@dataclass(frozen=True)
class Limits:
    """Limits on one call of :func:`medimg_core.io.open_study`; every one is a whole number above zero.

    Attributes:
        files: Files and archive members in one drop.
        file_bytes: Size of one file or archive, in bytes.
        total_bytes: Size of everything given, in bytes.
        decompressed_bytes: What all archives of a drop may expand to, in bytes.
        ratio: Expanded over compressed size of one archive. Deflate reaches about 1,030 at most;
            blank slices come near it, so the ratio counts only beyond ``ratio_from_bytes``.
        ratio_from_bytes: Expanded size from which ``ratio`` is asked, in bytes.
        members: Members of one archive.
        nesting: Archives inside archives.
        pixels: Rows x columns x frames of one image file; asked before its pixels are decoded.
        memory_bytes: Voxels held for one drop, in bytes.

    Examples:
        >>> Limits(members=3).members
        3
        >>> Limits.from_environment({"MEDIMG_LIMITS_NESTING": "1"}).nesting
        1
    """

    files: int = 20_000
    file_bytes: int = 2048 * _MEBIBYTE
    total_bytes: int = 2048 * _MEBIBYTE
    decompressed_bytes: int = 2048 * _MEBIBYTE
    ratio: int = 200
    ratio_from_bytes: int = 32 * _MEBIBYTE
    members: int = 20_000
    nesting: int = 3
    pixels: int = 400_000_000
    memory_bytes: int = 1024 * _MEBIBYTE

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise InputError(f"limit {entry.name} must be a whole number above zero, got {value!r}")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Limits":
        """The defaults, overridden by ``MEDIMG_LIMITS_<NAME>`` where set.

        Args:
            environment: Variables; those of the process by default.

        Raises:
            InputError: A variable is not a whole number above zero.
        """
        variables = os.environ if environment is None else environment
        chosen: dict[str, int] = {}
        for entry in fields(cls):
            text = variables.get(_PREFIX + entry.name.upper())
            if text is None:
                continue
            if not text.strip().isdecimal():
                raise InputError(f"{_PREFIX}{entry.name.upper()} must be a whole number above zero, got {text!r}")
            chosen[entry.name] = int(text)
        return cls(**chosen)


LIMITS = Limits()
"""The defaults of the table; ``open_study`` without an argument reads the environment on top of them."""


@dataclass
class Budget:
    """Memory that the voxels of a drop may still take, in bytes."""

    limit: int
    used: int = 0

    def take(self, amount: int) -> None:
        """Count voxels that are kept.

        Raises:
            LimitError: There is no room for them.
        """
        self.check(amount)
        self.used += amount

    def check(self, amount: int) -> None:
        """Ask for room.

        Raises:
            LimitError: There is none.
        """
        if self.used + amount > self.limit:
            raise LimitError(
                f"the voxels of one drop may take {self.limit / 2**20:,.0f} MiB; "
                f"{self.used / 2**20:,.0f} MiB are taken and this stack needs {amount / 2**20:,.0f} MiB"
            )
