"""``audit.json`` beside a model's weights: what is found once for each method, and not for each map.

``medimg audit ID FOLDER`` writes it. It belongs to the weights whose SHA-256 it carries::

    {"schema": 1, "weights_sha256": "...", "data": "brain_flair val", "seed": 0,
     "methods": {"grad_cam": {
        "layer": "features", "label": "tumour", "images": 50, "grid": [12, 12],
        "stages": [{"name": "logits", "ssim": 0.41, "rank": 0.1, "empty": 0.0, "ssim_sd": 0.2}, ...],
        "pairs": 50, "pair_ssim": 0.47, "pair_sd": 0.18,
        "peaks": {"positive": [...21 quantiles...], "negative": [...]},
        "cut": 0.4, "cut_iou": 0.31, "cut_data": "brain_flair train, 50 images",
        "faithful": {"data": "brain_flair val", "images": 40, "groups": 8, "share": 0.9, "ci": [0.8, 1.0], ...},
        "placed": {"data": "brain_flair val", "images": 99, "groups": 8, "pointing": {"value": 0.9, ...}, ...}}}}

``faithful`` and ``placed`` are null where nobody measured them.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from medimg_core.errors import InvalidCardError, WeightsError
from medimg_core.explain.audit.measured import Faithful, Placed, number, read_faithful, read_placed
from medimg_core.registry import ModelCard

__all__ = ["FILE", "QUANTILES", "SCHEMA", "MethodRecord", "Record", "Stage", "read_record", "write_record"]

FILE = "audit.json"
SCHEMA = 1
QUANTILES = 21
"""Values of a distribution: its minimum, every twentieth part, its maximum."""


@dataclass(frozen=True)
class Stage:
    """Maps under a network of which the last layers, down to this one, have lost what they learned.

    Attributes:
        name: The deepest layer or group of layers randomised.
        ssim: Mean over the images of the structural similarity with the trained network's map; 0 for an empty map,
            which has nothing of it.
        rank: Mean rank correlation likewise.
        empty: Share of images whose map had no value left.
        ssim_sd: Standard deviation of the similarity over the images.
    """

    name: str
    ssim: float
    rank: float
    empty: float
    ssim_sd: float


@dataclass(frozen=True)
class MethodRecord:
    """What is known of one method on one model.

    Attributes:
        layer: Of the maps.
        label: What they explain.
        images: Number of images.
        grid: Rows and columns of the native maps.
        stages: From the head alone to the whole network.
        pairs: Number of pairs of maps of different images under the trained network.
        pair_ssim: Mean structural similarity of those pairs: the pass line.
        pair_sd: Its standard deviation over the pairs.
        peaks: Quantiles of the largest value of the maps, by ``"positive"`` and ``"negative"`` truth.
        cut: Share of a map's peak at which its area overlaps drawn masks of training images best; None where there
            are none.
        cut_iou: Mean intersection over union there.
        cut_data: Data set, split and n of that.
        faithful: How often its maps are faithful; None where that was not measured.
        placed: Where its maps lie; None where nothing was drawn.
    """

    layer: str
    label: str
    images: int
    grid: tuple[int, int]
    stages: tuple[Stage, ...]
    pairs: int
    pair_ssim: float
    pair_sd: float
    peaks: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    cut: float | None = None
    cut_iou: float | None = None
    cut_data: str = ""
    faithful: Faithful | None = None
    placed: Placed | None = None


@dataclass(frozen=True)
class Record:
    """A model's ``audit.json``.

    Attributes:
        weights_sha256: Of the weights it belongs to.
        data: Data set and split.
        seed: Of the randomised weights and of the pairs.
        methods: By name.
    """

    weights_sha256: str
    data: str
    seed: int
    methods: Mapping[str, MethodRecord]

    @property
    def faithful(self) -> Faithful | None:
        """Of the first method that has it: all were measured on the same images."""
        return next((one.faithful for one in self.methods.values() if one.faithful is not None), None)

    @property
    def placed(self) -> Placed | None:
        """Of the first method that has it: likewise."""
        return next((one.placed for one in self.methods.values() if one.placed is not None), None)


def read_record(card: ModelCard, path: Path | None = None) -> Record | None:
    """Read a model's ``audit.json``; None where there is none.

    Args:
        card: The model.
        path: Of the file; in the model's folder by default.

    Raises:
        InvalidCardError: It breaks the schema.
        WeightsError: It belongs to other weights.
    """
    path = card.folder / FILE if path is None else path
    if not path.is_file():
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["schema"] != SCHEMA:
            raise InvalidCardError(f"{FILE} of {card.id} must have schema {SCHEMA}, got {str(told['schema'])[:20]}")
        methods = {str(name): _method(one) for name, one in told["methods"].items()}
        record = Record(str(told["weights_sha256"]), str(told["data"]), int(told["seed"]), methods)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidCardError(f"{FILE} of {card.id} must follow its schema; {type(error).__name__} came") from error
    if record.weights_sha256 != card.sha256:
        raise WeightsError(
            f"{FILE} of {card.id} must belong to its weights {card.sha256[:12]}; it belongs to "
            f"{record.weights_sha256[:12]}"
        )
    return record


def write_record(record: Record, path: Path) -> None:
    """Write an ``audit.json``.

    Args:
        record: What it holds.
        path: The file; another one is replaced.
    """
    text = {"schema": SCHEMA, **asdict(record)}
    path.write_text(json.dumps(_rounded(text), indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _rounded(value: Any) -> Any:
    """Six digits are more than fifty images give."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, Mapping):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return value


def _method(told: Mapping[str, Any]) -> MethodRecord:
    rows, columns = told["grid"]
    stages = tuple(
        Stage(str(one["name"]), *(number(one[key]) for key in ("ssim", "rank", "empty", "ssim_sd")))
        for one in told["stages"]
    )
    peaks = {str(name): tuple(number(value) for value in values) for name, values in told["peaks"].items()}
    if not stages or any(len(values) != QUANTILES for values in peaks.values()):
        raise InvalidCardError(f"{FILE} must give at least one stage, and {QUANTILES} quantiles of peaks")
    return MethodRecord(
        layer=str(told["layer"]),
        label=str(told["label"]),
        images=int(told["images"]),
        grid=(int(rows), int(columns)),
        stages=stages,
        pairs=int(told["pairs"]),
        pair_ssim=number(told["pair_ssim"]),
        pair_sd=number(told["pair_sd"]),
        peaks=peaks,
        cut=None if told["cut"] is None else number(told["cut"]),
        cut_iou=None if told["cut_iou"] is None else number(told["cut_iou"]),
        cut_data=str(told["cut_data"]),
        faithful=read_faithful(told.get("faithful")),
        placed=read_placed(told.get("placed")),
    )
