"""Which body part an image shows, against the parts that a model reads."""

import re

__all__ = ["NAMED_PARTS", "holds"]

_SAME = {
    **dict.fromkeys(("THORAX", "LUNG", "LUNGS"), "CHEST"),
    **dict.fromkeys(("ABD", "ABDO"), "ABDOMEN"),
    **dict.fromkeys(("CRANIUM", "CEREBRUM"), "BRAIN"),
    **dict.fromkeys(("BREASTS", "MAMMA"), "BREAST"),
    **dict.fromkeys(("HEADANDNECK",), "HEADNECK"),
    **dict.fromkeys(("CHESTTOABDOMEN", "CHESTABD", "THORAXABD"), "CHESTABDOMEN"),
    **dict.fromkeys(("ABDPELVIS", "ABDPEL", "ABDOMENPEL", "ABDOMENTOPELVIS"), "ABDOMENPELVIS"),
    **dict.fromkeys(
        ("CAP", "CHABDPELV", "CHESTABDPEL", "CHESTABDPELVI", "CHESTTOPEL", "CHESTTOPELVIS"), "CHESTABDPELVIS"
    ),
    **dict.fromkeys(("NECKTOPELVIS", "NECKCHESTABDPEL"), "NECKCHESTABDPELV"),
}
"""Other words for a part, without spaces and underscores; many as public archives hold them."""

_CHEST, _ABDOMEN = ("CHEST", "HEART"), ("ABDOMEN", "LIVER")
_HOLDS = {
    "HEAD": ("BRAIN", "SKULL"),
    "SKULL": ("BRAIN", "HEAD"),
    "BRAIN": ("HEAD",),
    "HEADNECK": ("HEAD", "BRAIN", "NECK"),
    "CHEST": ("HEART",),
    "ABDOMEN": ("LIVER",),
    "LIVER": ("ABDOMEN",),
    "ABDOMENPELVIS": (*_ABDOMEN, "PELVIS"),
    "CHESTABDOMEN": (*_CHEST, *_ABDOMEN),
    "CHESTABDPELVIS": (*_CHEST, *_ABDOMEN, "PELVIS"),
    "NECKCHEST": ("NECK", *_CHEST),
    "NECKCHESTABDOMEN": ("NECK", *_CHEST, *_ABDOMEN),
    "NECKCHESTABDPELV": ("NECK", *_CHEST, *_ABDOMEN, "PELVIS"),
    "WHOLEBODY": ("HEAD", "BRAIN", "NECK", *_CHEST, *_ABDOMEN, "PELVIS"),
}
"""Parts whose slices a scan of another region holds."""

_SHOWS = {"CHESTABDOMEN": ("CHEST",)}
"""The same for a projection: of a larger region it is another picture, but a chest radiograph may reach further."""

NAMED_PARTS = frozenset([
    "ABDOMEN", "ABDOMENPELVIS", "ANKLE", "ARM", "AXILLA", "BLADDER", "BRAIN", "BREAST", "BRONCHUS", "CALCANEUS",
    "CHEST", "CHESTABDOMEN", "CHESTABDPELVIS", "CLAVICLE", "COCCYX", "COLON", "CSPINE", "ELBOW", "ESOPHAGUS",
    "EXTREMITY", "EYE", "FOOT", "FOREARM", "HAND", "HEAD", "HEADNECK", "HEART", "HIP", "HUMERUS", "JAW", "KIDNEY",
    "KNEE", "LEG", "LIVER", "LSPINE", "NECK", "NECKCHEST", "NECKCHESTABDOMEN", "NECKCHESTABDPELV", "PANCREAS",
    "PELVIS", "PHANTOM", "PROSTATE", "RIB", "SACRUM", "SCAPULA", "SHOULDER", "SKULL", "SPINE", "SPLEEN", "STERNUM",
    "STOMACH", "THYROID", "TSPINE", "UTERUS", "WHOLEBODY", "WRIST",
])  # fmt: skip
"""Terms for BodyPartExamined (PS3.16 annex L) that a message may repeat; any other word could be a name."""


def holds(part: str, wanted: tuple[str, ...], *, projection: bool) -> bool:
    """Whether an image of a part is one that a model for other parts reads.

    Args:
        part: BodyPartExamined of the image.
        wanted: Parts that the model reads.
        projection: The model reads single projection images: a larger region then is another picture.

    Examples:
        >>> holds("CHEST_ABD_PELVIS", ("LIVER",), projection=False)
        True
        >>> holds("WHOLEBODY", ("CHEST",), projection=True)
        False
    """
    name, names = _plain(part), {_plain(one) for one in wanted}
    within = (_SHOWS if projection else _HOLDS).get(name, ())
    return name in names or not names.isdisjoint(within)


def _plain(name: str) -> str:
    bare = re.sub(r"[ _]", "", name.upper())
    return _SAME.get(bare, bare)
