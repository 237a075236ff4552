"""Windows for tissues, from one table that names the source of every row and that a site may replace."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from medimg_core.errors import IncompatibleInputError, InputError, UnreadableFileError
from medimg_core.voi import Window

__all__ = ["VARIABLE", "Preset", "presets"]

VARIABLE = "MEDIMG_PRESETS"
"""Environment variable that names another table; read when the first preset is asked for."""

_OWN = Path(__file__).with_name("presets.toml")
_UNITS = {"CT": "HU", "PT": "SUVbw"}
_MOST_BYTES, _LONGEST = 1_000_000, 200
_WORDS = ("key", "modality", "name", "function", "source")
_NUMBERS = ("centre", "width")


@dataclass(frozen=True)
class Preset:
    """A window for a tissue, with where its figures come from.

    Attributes:
        key: Unique within its modality.
        modality: DICOM Modality it is offered for.
        window: The window; its name is the tissue's.
        source: Where the figures come from.
    """

    key: str
    modality: str
    window: Window
    source: str

    @property
    def unit(self) -> str:
        """Unit of centre and width: ``"HU"`` for CT, ``"SUVbw"`` for PT, ``""`` (whatever the file has) otherwise."""
        return _UNITS.get(self.modality, "")


def presets(modality: str, environment: Mapping[str, str] | None = None) -> tuple[Preset, ...]:
    """Windows on offer for a modality, in the order of the table.

    The table is ``presets.toml`` beside this module, or the file that ``MEDIMG_PRESETS`` names; it is read
    once, at the first call.

    Args:
        modality: DICOM Modality, e.g. ``"CT"``.
        environment: Variables; those of the process by default.

    Raises:
        InputError: A row of the table breaks a rule.
        UnreadableFileError: The table is missing, too large or not TOML.

    Examples:
        >>> [preset.key for preset in presets("CT")][:4]
        ['soft', 'lung', 'bone', 'brain']
        >>> presets("MR")
        ()
    """
    chosen = (os.environ if environment is None else environment).get(VARIABLE, "").strip()
    return tuple(preset for preset in _table(chosen) if preset.modality == modality)


@lru_cache(maxsize=8)
def _table(chosen: str) -> tuple[Preset, ...]:
    import tomllib

    path = Path(chosen) if chosen else _OWN
    what = f"the table that {VARIABLE} names" if chosen else "the table of presets"
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UnreadableFileError(f"{what} must be a readable file, got {type(error).__name__}") from error
    if len(content) > _MOST_BYTES:
        raise UnreadableFileError(f"{what} must have at most {_MOST_BYTES:,} bytes, got more")
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        raise UnreadableFileError(f"{what} must be TOML in UTF-8, got a file that is not: {error}") from error
    rows = data.get("preset")
    if set(data) != {"preset"} or not isinstance(rows, list):
        raise InputError(f"{what} must hold [[preset]] rows and nothing else, got other entries or none")
    found = tuple(_preset(row, f"preset {number} of {what}") for number, row in enumerate(rows, 1))
    doubles = len(found) - len({(preset.modality, preset.key) for preset in found})
    if doubles:
        raise InputError(f"keys in {what} must be unique within their modality, got {doubles} more than once")
    return found


def _preset(row: Any, what: str) -> Preset:
    if not isinstance(row, dict) or set(row) != {*_WORDS, *_NUMBERS}:
        raise InputError(f"{what} must have exactly the entries {', '.join((*_WORDS, *_NUMBERS))}, got others")
    for name in _WORDS:
        value = row[name]
        if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > _LONGEST:
            raise InputError(f"{name} of {what} must be one line of 1 to {_LONGEST} characters, got something else")
    if not re.fullmatch(r"[a-z0-9_]{1,24}", row["key"]):
        raise InputError(f"key of {what} must be 1 to 24 of a-z, 0-9 and _, got another")
    if not re.fullmatch(r"[A-Z]{2,16}", row["modality"]):
        raise InputError(f"modality of {what} must be a DICOM Modality, 2 to 16 of A-Z, got another")
    for name in _NUMBERS:
        if isinstance(row[name], bool) or not isinstance(row[name], int | float) or not abs(row[name]) <= 1e9:
            raise InputError(f"{name} of {what} must be a number from -1e9 to 1e9, got something else")
    try:
        window = Window(float(row["centre"]), float(row["width"]), row["function"], row["name"].strip())
    except IncompatibleInputError as error:
        raise InputError(f"{what}: {error}") from error
    return Preset(row["key"], row["modality"], window, row["source"].strip())
