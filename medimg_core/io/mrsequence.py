"""Which MR sequence a header speaks of: by its times first, then by coded contrast, then by words of its names.

Free text (series description, protocol and sequence name) is only searched for words of a list; what comes back is a
name of :data:`SEQUENCES`, never the text.

Sources: tags of classic files PS3.3 C.8.3.1 (ScanningSequence, RepetitionTime, EchoTime, InversionTime), of enhanced
ones PS3.3 C.8.13 (AcquisitionContrast, EchoPulseSequence, MR Modifier, Echo and Timing macros). Fluid is nulled at
``T1 (ln 2 - ln(1 + exp(-TR / T1)))`` after the inversion (Bydder and Young, J Comput Assist Tomogr 1985, 9:659); with
4.3 s for cerebrospinal fluid (Rooney et al., Magn Reson Med 2007, 57:308) that is 1.75 s at a repetition time of
4.8 s and 2.66 s at 11 s, less the echo train. Times of T1-, T2- and density-weighted images: Bitar et al.,
RadioGraphics 2006, 26:513; FLAIR: Hajnal et al., J Comput Assist Tomogr 1992, 16:841.
"""

import math
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from medimg_core.io.elements import number, text, texts
from medimg_core.io.planes import frame_macros

__all__ = ["SEQUENCES", "mr_sequence"]

SEQUENCES = (
    *("FLAIR", "T1", "T2", "T2_STAR", "PD", "STIR", "DWI", "PERFUSION", "FLOW", "TOF", "BOLD", "TAGGING", "GRE", "EPI"),
)
"""Names that :func:`mr_sequence` gives; GRE and EPI are gradient echo and echo planar of unknown weighting."""

_Range = tuple[float, float]
_ANY: _Range = (-math.inf, math.inf)


@dataclass(frozen=True)
class _Rule:
    """Times in ms of one sequence; a bounded time must be there. ``pulse``: one of these must be said."""

    name: str
    inverted: bool
    te: _Range = _ANY
    tr: _Range = _ANY
    ti: _Range = _ANY
    pulse: str = ""

    def fits(self, facts: "_Facts") -> bool:
        return (
            self.inverted == facts.inverted
            and (not self.pulse or self.pulse in facts.pulse)
            and _within(facts.te, self.te)
            and _within(facts.tr, self.tr)
            and _within(facts.ti, self.ti)
        )


@dataclass(frozen=True)
class _Facts:
    """What a header says: times in ms or None, kinds of echo, whether the magnetisation was inverted."""

    te: float | None
    tr: float | None
    ti: float | None
    inverted: bool
    pulse: frozenset[str]


_RULES = (
    _Rule("FLAIR", inverted=True, te=(70, math.inf), ti=(1600, 3000)),
    _Rule("STIR", inverted=True, ti=(80, 280)),
    _Rule("T1", inverted=True, te=(0, 40), ti=(300, 1500)),  # T1 FLAIR, magnetisation-prepared gradient echo
    _Rule("T1", inverted=False, te=(0, 30), tr=(0, 1000), pulse="SE"),
    _Rule("PD", inverted=False, te=(0, 40), tr=(1800, math.inf), pulse="SE"),
    _Rule("T2", inverted=False, te=(70, math.inf), tr=(2000, math.inf), pulse="SE"),
    _Rule("GRE", inverted=True, pulse="GR"),
    _Rule("EPI", inverted=False, pulse="EP"),
    _Rule("T2_STAR", inverted=False, te=(15, math.inf), pulse="GR"),
    _Rule("GRE", inverted=False, pulse="GR"),
)
"""The first that fits counts."""

_CONTRASTS = {
    "T1": "T1",
    "T2": "T2",
    "T2_STAR": "T2_STAR",
    "PROTON_DENSITY": "PD",
    "FLUID_ATTENUATED": "FLAIR",
    "STIR": "STIR",
    "DIFFUSION": "DWI",
    "PERFUSION": "PERFUSION",
    "FLOW_ENCODED": "FLOW",
    "TOF": "TOF",
    "TAGGING": "TAGGING",
}
"""AcquisitionContrast (0008,9209), PS3.3 C.8.13.3; UNKNOWN and MIXED say nothing."""

_DIFFUSION = frozenset({"DIFFUSION", "ADC", "TRACEW", "FA", "DIFFUSION_ANISO", "DIFFUSION_ATTNTD"})
"""ImageType values of diffusion-weighted images and of what is computed from them."""

_WORDS = {
    **dict.fromkeys(("flair", "darkfluid", "dark_fluid", "da_fl"), "FLAIR"),
    **dict.fromkeys(("t1", "t1w", "mprage", "bravo", "spgr"), "T1"),
    **dict.fromkeys(("t2", "t2w"), "T2"),
    **dict.fromkeys(("swi", "swan", "hemo"), "T2_STAR"),
    **dict.fromkeys(("pd", "pdw"), "PD"),
    "stir": "STIR",
    **dict.fromkeys(("dwi", "dti", "adc", "tracew", "diffusion"), "DWI"),
    **dict.fromkeys(("perfusion", "dsc", "asl"), "PERFUSION"),
    **dict.fromkeys(("bold", "fmri"), "BOLD"),
    "tof": "TOF",
}
_NAMES = ("SeriesDescription", "ProtocolName", "SequenceName", "PulseSequenceName")
_TOKEN = re.compile(r"[23]d|t[12]w?(?![a-z0-9])|t[12](?=[a-z])|[a-z]+|\d+")


def mr_sequence(header: Any, frame: int = 0) -> str:
    """Name the MR sequence of an image.

    Args:
        header: A DICOM data set.
        frame: Frame of an enhanced multi-frame file, from 0.

    Returns:
        One of :data:`SEQUENCES`; ``""`` where the header does not say or contradicts itself, and for files of
        another modality.
    """
    if text(header, "Modality").upper() != "MR":
        return ""
    macros = {name: frame_macros(header, (frame,), f"{name}Sequence")[0] for name in _MACROS}
    kinds = {value.upper() for value in (*texts(header, "ImageType"), *_of(macros["MRImageFrameType"], "FrameType"))}
    weight = _above_zero(header, "DiffusionBValue") or _above_zero(macros["MRDiffusion"], "DiffusionBValue")
    contrast = _CONTRASTS.get(_first(macros["MRImageFrameType"], header, "AcquisitionContrast"), "")
    if weight is not None or kinds & _DIFFUSION or contrast == "DWI":
        return "DWI"
    timed = next((rule.name for rule in _RULES if rule.fits(_facts(header, macros))), "")
    said = _said(header)
    if timed == "T2" and "FLAIR" in (contrast, said):
        return ""  # an inversion that the tags do not tell of, or a name left over from another protocol
    return timed or contrast or said


_MACROS = ("MRImageFrameType", "MRDiffusion", "MREcho", "MRModifier", "MRTimingAndRelatedParameters")


def _facts(header: Any, macros: dict[str, Any]) -> _Facts:
    pulse = {value.upper() for value in texts(header, "ScanningSequence")}
    echoes = text(header, "EchoPulseSequence").upper()
    pulse |= {"SPIN": {"SE"}, "GRADIENT": {"GR"}, "BOTH": {"SE", "GR"}}.get(echoes, set())
    if text(header, "EchoPlanarPulseSequence").upper() == "YES":
        pulse.add("EP")
    modifier = macros["MRModifier"]
    ti = _above_zero(header, "InversionTime") or _above_zero(modifier, "InversionTimes")
    flag = "" if modifier is None else text(modifier, "InversionRecovery").upper()
    return _Facts(
        te=_above_zero(header, "EchoTime") or _above_zero(macros["MREcho"], "EffectiveEchoTime"),
        tr=_above_zero(header, "RepetitionTime")
        or _above_zero(macros["MRTimingAndRelatedParameters"], "RepetitionTime"),
        ti=ti,
        inverted=ti is not None or "IR" in pulse or flag == "YES",
        pulse=frozenset(pulse),
    )


def _above_zero(holder: Any, keyword: str) -> float | None:
    """A number above zero, or None."""
    value = None if holder is None else number(holder, keyword)
    return value if value is not None and value > 0 else None


def _within(value: float | None, limits: _Range) -> bool:
    return limits == _ANY or (value is not None and limits[0] <= value <= limits[1])


def _of(holder: Any, keyword: str) -> tuple[str, ...]:
    return () if holder is None else texts(holder, keyword)


def _first(holder: Any, header: Any, keyword: str) -> str:
    return (text(holder, keyword) if holder is not None else "").upper() or text(header, keyword).upper()


def _said(header: Any) -> str:
    """The one sequence that words of the names speak of; ``""`` where they speak of none or of several."""
    found: set[str] = set()
    for keyword in _NAMES:
        words = _TOKEN.findall(text(header, keyword).lower())
        pairs = [f"{one}_{other}" for one, other in pairwise(words)]
        found |= {_WORDS[word] for word in (*words, *pairs) if word in _WORDS}
    if "FLAIR" in found:
        found -= {"T2"} if found != {"FLAIR", "T1"} else {"FLAIR"}  # fluid is also attenuated in T1 FLAIR
    return found.pop() if len(found) == 1 else ""
