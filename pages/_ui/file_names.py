"""Names of dropped files without a header: they tell such images apart, on the page and nowhere else.

A name may hold a patient's. So it is kept in the session, beside what was opened and not in it: what is written,
logged, cached or asked for by an address is made of studies, and these do not know it.
"""

from collections.abc import Collection, MutableMapping, Sequence
from typing import Any

import streamlit as st

from medimg_core.errors import InputError
from medimg_core.io.archives import Allowance, gunzip
from medimg_core.io.contents import Content
from medimg_core.io.limits import Limits
from medimg_core.io.sniffing import sniff
from medimg_core.study import Study

__all__ = ["Named", "forget", "name_of", "named"]

KEY = "medimg_file_names"

Names = MutableMapping[str, str]
"""By the UID that is made of a file's bytes."""


class Named:
    """A dropped file that leaves its name behind when it is read, if it is an image without a header.

    Attributes:
        name: As it was dropped.
    """

    def __init__(self, file: Any, names: Names) -> None:
        self.name = str(file.name)
        self._file, self._names = file, names

    def getvalue(self) -> bytes:
        """The bytes; called by the thread that reads them."""
        data: bytes = self._file.getvalue()
        uid = _uid(data)
        if uid:
            self._names[uid] = self.name
        return data


def named(files: Sequence[Any]) -> list[Named]:
    """Dropped files, such that this session knows the names of those without a header once they are read.

    Args:
        files: Streamlit's uploaded files.
    """
    return [Named(file, _names()) for file in files]


def name_of(study: Study) -> str:
    """Name of the file that a study without a header was read from; empty where it is not known.

    Where files of one name are open, it is no name for either.
    """
    names = _names()
    name = names.get(study.series[0].uid, "") if study.series else ""
    return name if list(names.values()).count(name) == 1 else ""


def forget(studies: Collection[Study]) -> None:
    """Keep the names of these studies alone.

    Args:
        studies: Those that are open; none may be on its way.
    """
    uids = {series.uid for study in studies for series in study.series}
    names = _names()
    for uid in names.keys() - uids:
        del names[uid]


def _names() -> Names:
    names: Names = st.session_state.setdefault(KEY, {})
    return names


def _uid(data: bytes) -> str:
    """The UID that the image of a file without a header gets; empty for all other files.

    Pictures inside archives are not looked for: all that lies in them would be expanded twice.
    """
    content = Content.of(data)
    if sniff(content.head, content.size).kind == "gzip":
        try:
            content = Content.of(gunzip(data, Allowance(Limits.from_environment())))
        except InputError:
            return ""  # whoever reads it says why
    if sniff(content.head, content.size).kind not in ("nifti", "raster"):
        return ""
    return f"2.25.{int.from_bytes(content.digest()[:16])}"
