"""Image files of a model's validation cases, where their data set is on this machine."""

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from medimg_core.evaluation.folder import INDEX, read_folder

__all__ = ["FOLDER", "pictures"]

FOLDER = "MEDIMG_DEMO_DATA"
"""Names a folder with an ``index.csv``. Nothing is looked for where it is not set."""


def pictures(folder: Path | None = None) -> Mapping[str, Path]:
    """Image file of each case in a data folder.

    Args:
        folder: Holds an ``index.csv``; where None, what the setting :data:`FOLDER` names.

    Returns:
        By the name of the image file without its suffix. Empty where no folder is named or it has no index. Where
        the index tells splits, rows of ``val`` only. A name that two rows share is left out: one of them would be
        another picture.

    Raises:
        UnreadableFileError: The index cannot be used.
    """
    if folder is None:
        named = os.environ.get(FOLDER, "")
        if not named:
            return {}
        folder = Path(named)
    if not (folder / INDEX).is_file():
        return {}
    rows = [row for row in read_folder(folder) if row.split in ("", "val")]
    count = Counter(row.case for row in rows)
    return {row.case: row.image for row in rows if count[row.case] == 1}
