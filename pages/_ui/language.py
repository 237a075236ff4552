"""Every visible string passes through here, so that a translation is a catalogue and not a rewrite.

``MEDIMG_LANGUAGE`` names the language, e.g. ``de``; catalogues lie in ``pages/_ui/locale``. Without one
the English of the source is shown.
"""

import gettext
import os
from pathlib import Path

__all__ = ["_", "ngettext"]

_catalogue = gettext.translation(
    "medimg",
    localedir=Path(__file__).parent / "locale",
    languages=[os.environ.get("MEDIMG_LANGUAGE", "en")],
    fallback=True,
)

_ = _catalogue.gettext
ngettext = _catalogue.ngettext
