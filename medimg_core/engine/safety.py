"""Whether a Keras file can be loaded without running or reading anything but itself. Needs no Keras.

``keras.saving.load_model`` builds whatever classes and functions the file names. Its safe mode has been got
around time and again, so a file is read here first, by rules of what it may hold:

============================================  =================================================================
rule                                          what it keeps out
============================================  =================================================================
a zip of exactly three members, by name       pickles; HDF5 models of old, for which Keras has no safe mode
                                              (CVE-2025-9905); assets, paths that leave the folder
                                              (CVE-2025-12060, -12638)
limits on sizes and on expansion              bombs: zip, JSON, HDF5 shapes (CVE-2026-0897)
listed built-in classes only                  ``Lambda`` (CVE-2024-3660, CVE-2026-12481); any other module, such
                                              as ``os`` (CVE-2025-1550); lookups that read files and addresses
                                              (CVE-2025-12058)
listed activation functions only              ``keras.utils.get_file`` (CVE-2025-8747),
                                              ``keras.config.enable_unsafe_deserialization`` (CVE-2025-9906)
numbers only, stored in the weights' file     links, and data kept in other files (CVE-2026-1669)
============================================  =================================================================

Numbers of the CVE list (https://www.cve.org); Keras 3.15 closes all of them in its own way as well.
"""

import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medimg_core.engine.arrays import LIMIT, objections
from medimg_core.engine.builtin import POLICIES, objection
from medimg_core.errors import WeightsError

__all__ = ["inspect", "seal", "violations"]

CONFIG, METADATA, VALUES = "config.json", "metadata.json", "model.weights.h5"

_MEBIBYTE = 1024 * 1024
_SIZES = {CONFIG: 16 * _MEBIBYTE, METADATA: _MEBIBYTE, VALUES: LIMIT}
"""Largest size of each member, in bytes; the largest network of keras.applications has a config of 1.1 MiB."""
_EXPANSION = 100
"""Largest ratio of a size claimed to the size stored; Keras itself compresses nothing."""
_FREE = _MEBIBYTE
"""Size in bytes below which the ratio is not asked: small JSON compresses well."""
_DEPTH = 200


@dataclass(frozen=True)
class _Contents:
    """What a file holds: its config, the bytes of its weights, and every rule that they break."""

    config: dict[str, Any]
    values: bytes
    broken: tuple[str, ...]

    def checked(self) -> "_Contents":
        """Itself; raises where a rule is broken."""
        if self.broken:
            more = f" (and {len(self.broken) - 1} more)" if len(self.broken) > 1 else ""
            raise WeightsError(self.broken[0] + more)
        return self


def inspect(path: Path) -> dict[str, Any]:
    """Read a Keras file and refuse it where it breaks a rule.

    Args:
        path: The file; nothing of it is run.

    Returns:
        The network's config, without what only training needs.

    Raises:
        WeightsError: A rule is broken; the message says which, and by what.
    """
    return _read(path).checked().config


def violations(path: Path) -> tuple[str, ...]:
    """Every rule that a Keras file breaks, as sentences; none for one that may be loaded."""
    try:
        return _read(path).broken
    except WeightsError as error:
        return (str(error),)


def seal(path: Path, copy: Path) -> None:
    """Write what was checked to a file of one's own, so that nothing else can be loaded in its place.

    The copy leaves out how the network was compiled, which may name losses and metrics that are not built in
    and which no prediction needs.

    Args:
        path: The Keras file.
        copy: File to write, with the suffix ``.keras``.

    Raises:
        WeightsError: As :func:`inspect`.
    """
    contents = _read(path).checked()
    with zipfile.ZipFile(copy, "w") as archive:
        archive.writestr(METADATA, "{}")
        archive.writestr(CONFIG, json.dumps(contents.config))
        archive.writestr(VALUES, contents.values)


def _read(path: Path) -> _Contents:
    """Look at the contents; a container that is wrong raises."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
            if not zipfile.is_zipfile(file):
                raise WeightsError(f"weights must be a Keras 3 file, which is a zip; this is {_kind(start)}")
            with zipfile.ZipFile(file) as archive:
                _check_members(archive)
                config = _parsed(archive.read(CONFIG))
                archive.read(METADATA)  # for its checksum
                values = archive.read(VALUES)
    except (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise WeightsError(f"weights must be a zip that can be read; {type(error).__name__} came") from error
    return _Contents(config, values, (*_objects(config, "", 0), *objections(values)))


def _kind(start: bytes) -> str:
    if start.startswith(b"\x89HDF"):
        return "HDF5, the format of old, which can hold code: save it again with model.save('weights.keras')"
    if start.startswith(b"\x80"):
        return "a pickle, which runs code when it is loaded"
    return "something else"


def _check_members(archive: zipfile.ZipFile) -> None:
    names = [info.filename for info in archive.infolist()]
    if sorted(names) != sorted(_SIZES):
        odd = [name for name in names if name not in _SIZES] or [name for name in _SIZES if name not in names]
        raise WeightsError(
            f"weights must hold exactly {', '.join(sorted(_SIZES))}; they hold {len(names)} members, "
            f"look at {', '.join(repr(name[:60]) for name in odd[:3]) or 'those that are there twice'}"
        )
    for info in archive.infolist():
        if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise WeightsError(f"member {info.filename} must be stored or deflated, and not encrypted")
        limit = _SIZES[info.filename]
        if info.file_size > limit:
            raise WeightsError(f"member {info.filename} must have at most {limit} bytes, it says {info.file_size}")
        if info.file_size > max(_FREE, _EXPANSION * info.compress_size):
            raise WeightsError(
                f"member {info.filename} must not expand by more than {_EXPANSION}; "
                f"{info.compress_size} bytes say that they are {info.file_size}"
            )


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        config = json.loads(text, object_hook=_without_training)
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{CONFIG} must be JSON; {type(error).__name__} came") from error
    if not isinstance(config, dict) or "class_name" not in config:
        raise WeightsError(f"{CONFIG} must describe one network; there is none in it")
    return config


def _without_training(table: dict[str, Any]) -> dict[str, Any]:
    """Drop how a part was compiled, from each table as it is read."""
    table.pop("compile_config", None)
    return table


def _objects(value: Any, where: str, depth: int) -> Iterator[str]:
    """What is wrong with every object in a part of the config, ``where`` being the layer that it belongs to."""
    if depth > _DEPTH:
        yield f"{CONFIG} must not be nested more than {_DEPTH} deep"
        return
    if isinstance(value, list):
        for item in value:
            yield from _objects(item, where, depth + 1)
        return
    if not isinstance(value, dict):
        return
    if "class_name" in value:
        where = _place(value, where)
        problem = objection(value)
        if problem:
            yield f"weights must be made of built-in Keras layers only; {where or 'the network'} {problem}"
            return
    for item in value.values():
        yield from _objects(item, where, depth + 1)


def _place(value: dict[str, Any], where: str) -> str:
    """How a message names an object: the layer, by its name in the file."""
    inner = value.get("config")
    name = inner.get("name") if isinstance(inner, dict) else value.get("name")
    kind = value["class_name"]
    if isinstance(name, str) and isinstance(kind, str) and kind not in POLICIES:
        return f"layer {name[:60]!r}"
    return where
