"""Names of files without a header: they tell such images apart, on the page and nowhere else.

A name may hold a patient's, so nothing that is written, logged, cached or asked for by an address is made of it.
"""

from medimg_core.study import Study
from pages._ui.state import load

__all__ = ["name_of"]


def name_of(study: Study) -> str:
    """Name of the file that a study without a header was read from; empty for others.

    Where files of one name are open, it is no name for either.
    """
    name = _name(study)
    if not name:
        return ""
    return name if sum(_name(other) == name for other in load().studies) <= 1 else ""


def _name(study: Study) -> str:
    return study.series[0].file_name if study.series else ""
