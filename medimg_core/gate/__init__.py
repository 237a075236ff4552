"""The gate before and behind a network: pass, mark (a banner over the score) or refuse (no score).

What refuses and what marks:

======================  ========  ==============================================================
source                  outcome   what
======================  ========  ==============================================================
tags                    refuse    localiser; modality, body part, MR sequence or lateral view not the
                                  model's
tags                    mark      modality, body part, MR sequence, view or age unknown or no code (the
                                  reader's word then does not replace it); another frontal view or an
                                  age outside the card's range; synthetic
image                   refuse    colour for a grey model, grey for one of pictures in visible light,
                                  blank, not finite, wrong unit, several slices for a model of single
                                  images
image                   mark      smaller than half of the network's input
fit on training images  mark      embedding far away, thumbnail unlike, turned, mirrored, inverted,
                                  cropped; or the model has no such fit
======================  ========  ==============================================================

Of a volume that is read slice by slice every slice is asked (:func:`assess_slices`): blank ones are passed over,
and a reason says how many slices it is of.

Keys of ``[gate]`` in ``card.toml``: ``method`` ``limit`` ``neighbours`` ``thumbnail_limit``
``posture_limit`` (:class:`GateSettings`); an empty table means that there is no fit. The fits lie in
``reference.npz`` (:mod:`medimg_core.gate.reference`).
"""

from medimg_core.gate.assess import assess_input, assess_network, joined
from medimg_core.gate.image import check_kind, check_unit, check_values, is_blank, is_grey
from medimg_core.gate.settings import GateSettings, gate_settings
from medimg_core.gate.slices import assess_slices, over_slices
from medimg_core.gate.tags import Declared, Tags, check_tags, read_tags

__all__ = [
    "Declared",
    "GateSettings",
    "Tags",
    "assess_input",
    "assess_network",
    "assess_slices",
    "check_kind",
    "check_tags",
    "check_unit",
    "check_values",
    "gate_settings",
    "is_blank",
    "is_grey",
    "joined",
    "over_slices",
    "read_tags",
]
