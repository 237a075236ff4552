"""What a map is worth: one question an item, each with its rule and source, and never a total.

An item is shown, not shown, or cannot be told. A map that passes follows its model; that does not make the model
right. The questions and their thresholds are in the modules of this room, one each.
"""

from medimg_core.explain.audit.asked import Asked, Remap
from medimg_core.explain.audit.auditing import audit, forget, remap_of
from medimg_core.explain.audit.forgetting import Images, forgetting
from medimg_core.explain.audit.place import Drawn
from medimg_core.explain.audit.record import MethodRecord, Record, Stage, read_record, write_record
from medimg_core.explain.audit.sanity import judged

__all__ = [
    "Asked",
    "Drawn",
    "Images",
    "MethodRecord",
    "Record",
    "Remap",
    "Stage",
    "audit",
    "forget",
    "forgetting",
    "judged",
    "read_record",
    "remap_of",
    "write_record",
]
