"""How strong is the evidence, among maps of this model? Information, never a pass.

Under pooling and one dense layer the map's sum is the log-odds' linear part, so its strength repeats the score.
"""

import zipfile

import numpy as np
import numpy.typing as npt

from medimg_core.errors import WeightsError
from medimg_core.explain.audit.asked import Asked
from medimg_core.explain.audit.record import MethodRecord, Record
from medimg_core.registry import ModelCard
from medimg_core.results import AuditItem

__all__ = ["RULE", "SOURCE", "strength"]

RULE = "Information: a strong map is no pass, and with pooling and a dense layer it repeats the score."
SOURCE = "The model's own maps of its validation images"

_SIDES = {"positive": "with the label", "negative": "without it"}


def strength(asked: Asked, record: Record | None) -> AuditItem:
    """The item.

    Args:
        asked: The map under audit.
        record: The model's ``audit.json``, or None.

    Raises:
        WeightsError: ``reference.npz`` is damaged, or belongs to other weights.
    """
    peak = asked.explanation.peak
    sides = _known(asked, record)
    if not sides:
        return AuditItem(
            "strength",
            "information",
            f"The largest value of the map is {peak:.3g}; how large it usually is was not recorded for this method.",
            RULE,
            SOURCE,
            {"peak": peak},
        )
    shares = {name: _share(values, peak) for name, values in sides.items()}
    told = " and ".join(f"{100 * share:.0f} % of those {_SIDES[name]}" for name, share in shares.items())
    figures = {
        "peak": peak,
        **{f"above_share_of_{name}": share for name, share in shares.items()},
        **{f"median_of_{name}": float(np.median(values)) for name, values in sides.items()},
    }
    return AuditItem(
        "strength",
        "information",
        f"The largest value of the map, {peak:.3g}, is above that of {told} among validation images.",
        RULE,
        SOURCE,
        figures,
    )


def _share(values: npt.NDArray[np.float64], peak: float) -> float:
    """Share of a distribution below a value; of quantiles, interpolated."""
    steps = np.linspace(0, 1, len(values))
    return float(np.interp(peak, np.sort(values), steps))


def _known(asked: Asked, record: Record | None) -> dict[str, npt.NDArray[np.float64]]:
    """Peaks of validation images by truth: of this method, label and layer."""
    shown, card = asked.explanation, asked.query.card
    found = record.methods.get(shown.method) if record is not None else None
    if found is not None and _same(found, asked) and found.peaks:
        return {name: np.array(found.peaks[name]) for name in _SIDES if name in found.peaks}
    output = card.classification
    whole = output is not None and output.reading is not None and shown.label == output.reading.name
    own = card.cam is not None and shown.layer == card.cam.layer
    return _reference(card) if shown.method == "grad_cam" and whole and own else {}


def _same(found: MethodRecord, asked: Asked) -> bool:
    return found.label == asked.explanation.label and found.layer == asked.explanation.layer


def _reference(card: ModelCard) -> dict[str, npt.NDArray[np.float64]]:
    """Peaks in ``reference.npz``, where a training recorded them."""
    if not card.reference.is_file():
        return {}
    try:
        with np.load(card.reference, allow_pickle=False) as file:
            if str(file["sha256"]) != card.sha256:
                raise WeightsError(f"reference.npz of {card.id} must belong to its weights; it belongs to others")
            if "cam_max" not in file or "outcome" not in file:
                return {}
            peaks, truth = np.asarray(file["cam_max"], np.float64), np.asarray(file["outcome"]) == 1
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise WeightsError(f"reference.npz of {card.id} must be a readable archive of arrays; it is not") from error
    sides = {"positive": peaks[truth], "negative": peaks[~truth]}
    return {name: values for name, values in sides.items() if values.size}
