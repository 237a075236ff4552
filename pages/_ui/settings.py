"""The dashboard's figures, all in one table; ``MEDIMG_<NAME>`` in the environment overrides a row."""

import os
from dataclasses import dataclass, fields

from medimg_core.errors import IncompatibleInputError

__all__ = ["SETTINGS", "Settings", "read_settings"]

_GB = 1024**3


@dataclass(frozen=True)
class Settings:
    """What the dashboard may use.

    Attributes:
        session_bytes: Bytes of voxels one session may hold.
        server_bytes: Bytes of voxels all sessions together may hold.
        viewer_voxels: Voxels of a volume that a browser's tab gets; above it the volume is reduced, and says so.
        poll_seconds: How often a page asks how far a task is, in seconds.
        grace_seconds: How long a page waits for a quick task before it shows progress, in seconds.
    """

    session_bytes: float = 1 * _GB
    server_bytes: float = 3 * _GB
    viewer_voxels: float = 320e6
    poll_seconds: float = 0.4
    grace_seconds: float = 0.3


def read_settings(environment: dict[str, str] | None = None) -> Settings:
    """Build the table from the environment.

    Args:
        environment: Names and values; ``os.environ`` by default.

    Raises:
        IncompatibleInputError: A value is not a number above zero.
    """
    names = dict(os.environ) if environment is None else environment
    chosen: dict[str, float] = {}
    for row in fields(Settings):
        text = names.get(f"MEDIMG_{row.name.upper()}")
        if text is None:
            continue
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not value > 0:
            raise IncompatibleInputError(f"MEDIMG_{row.name.upper()} must be a number above zero, got {text[:20]!r}")
        chosen[row.name] = value
    return Settings(**chosen)


SETTINGS = read_settings()
