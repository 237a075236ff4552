"""What a training of masks, classes or both does, as one frozen record read from ``models/<id>/recipe.toml``."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from medimg_core.errors import InvalidCardError
from medimg_core.registry import InputSpec
from medimg_core.study import UNITS
from medimg_core.training.tables import fields_of, read_table

UNKNOWN = 255
"""Value of a label map where nobody drew a mask."""


@dataclass(frozen=True)
class MaskTarget:
    """Where the masks of a class come from.

    Attributes:
        name: Class of the mask.
        column: Column of the index that names the file.
        value: Value in that file which counts, or 0 for everything that is not zero.
        target: What the file's mask is called where it is measured; the class's name by default.
        covers: Later classes that lie inside this file's mask: the target is this class and those together.
    """

    name: str
    column: str = "mask"
    value: int = 0
    target: str = ""
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Every setting of a training.

    Attributes:
        folders: Names of further data folders beside the first.
        classes: Output classes in the order of the logits, the negative one first; empty for masks alone.
        labels: For each class the value of the index's ``label`` column.
        positive: Classes that add up to the reading.
        reading: Name of the reading.
        masks: Mask classes, later ones drawn over earlier ones; empty for a classification alone. Where the index
            names files of some classes only, the others' pixels count as undrawn and not as background.
        empty_without_file: Labels whose images have an empty mask where the index names none.
        modality: Whose changes the images go through (:data:`medimg_core.training.modality.MODALITIES`).
        strength: How far they go, as a share of what the modality allows; 0 for none.
        size: Side of the network's square input, in pixels.
        depth: Slices of the network's input where it takes whole volumes, 0 where it takes images or slices.
        cache_side: Side of the cached images that augmentation works on, in pixels.
        bits: Of a cached value: 8, or 16 or 32 (floating point) for volumes whose greys 256 steps are too coarse for.
        empty_share: Share of a training volume's slices without a mask that is taken, evenly spread; of ``val`` all
            are, as they are when the model is used.
        memory_gb: Largest memory of one split's cached images and label maps, in GiB; more is refused while reading.
        channels: 1 for grey, 3 for colour.
        steps: Preprocessing steps of the card.
        unit: Unit of the volume's values that the steps expect.
        window: Of the step ``window``: what 0 and 255 of training images of 8 bits stand for. Values of volumes are
            cut to it.
        encoder: ``"lite0"`` or ``"residual"``; for whole volumes ``"unet"``.
        start: ``"imagenet"``, the id of a model to go on from, or empty for fresh weights.
        widths: Channels of the residual encoder's stages; of a U-Net at full resolution and after each step down.
        head: Channels of the last feature map.
        decoder: Channels of the decoder's steps up, from stride 8 on.
        dropout: Share of the embedding dropped while training.
        epochs: Passes over the training images.
        repeats: How often an image comes in one pass.
        batch: Images a step.
        learning_rate: Peak, after the warm-up.
        warm_up: Epochs of linear warm-up; a cosine to zero follows.
        weight_decay: Decoupled (AdamW).
        label_smoothing: Of the reading and of the finer classes.
        subtype_weight: Weight of the finer classes' cross-entropy beside the reading's.
        mask_weight: Weight of the mask's loss beside the classification's.
        map_weight: Weight of a loss that draws the reading's class activation map to where masks of positive images
            lie; 0 leaves the map alone.
        dice_share: Share of the Dice loss in the mask's; cross-entropy is the rest.
        ema: Decay of the averaged weights, per step.
        patience: Epochs without a better validation score after which training stops; 0 never stops early.
        marks: Share of samples into which marks are drawn, and of those from which they are painted out.
        null_share: Share of samples whose region (mask) is filled in and whose class target is the prior.
        members: Heads of the ensemble.
        members_passes: Augmented passes over the training images that the heads are fitted on.
        calibration_passes: Augmented passes over ``val`` for temperature and thresholds.
        sensitivity: Of the sensitivity-first operating point.
        mixed: Train in mixed bfloat16 (saved in float32).
        seed: Of everything random.
    """

    folders: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()
    reading: str = ""
    masks: tuple[MaskTarget, ...] = ()
    empty_without_file: tuple[str, ...] = ()
    modality: str = "radiograph"
    strength: float = 1.0
    size: int = 192
    depth: int = 0
    cache_side: int = 256
    bits: int = 8
    empty_share: float = 0.5
    memory_gb: float = 4.0
    channels: int = 1
    steps: tuple[str, ...] = ("to_grey01", "squash", "standardise")
    unit: str = "any"
    window: tuple[float, ...] = ()
    encoder: str = "lite0"
    start: str = ""
    widths: tuple[int, ...] = (32, 64, 128, 160)
    head: int = 192
    decoder: tuple[int, ...] = (64, 48, 32)
    dropout: float = 0.2
    epochs: int = 30
    repeats: int = 1
    batch: int = 16
    learning_rate: float = 1e-3
    warm_up: float = 1.0
    weight_decay: float = 0.02
    label_smoothing: float = 0.05
    subtype_weight: float = 0.5
    mask_weight: float = 1.0
    map_weight: float = 0.0
    dice_share: float = 0.5
    ema: float = 0.995
    patience: int = 0
    marks: float = 0.0
    null_share: float = 0.0
    members: int = 8
    members_passes: int = 4
    calibration_passes: int = 4
    sensitivity: float = 0.95
    mixed: bool = False
    seed: int = 20

    def __post_init__(self) -> None:
        if len(self.classes) != len(self.labels) or (self.classes and not set(self.positive) < set(self.classes)):
            raise InvalidCardError("recipe must give one label a class, and positive classes among them")
        if not self.classes and not self.masks:
            raise InvalidCardError("recipe must name classes, masks or both; it names none")
        if self.map_weight < 0 or (self.map_weight and self.task != "multi_task"):
            raise InvalidCardError("recipe may give a `map_weight` above 0 only where it trains classes and masks")
        if self.size % 16 or self.size < 16:
            raise InvalidCardError(f"recipe `size` must be a multiple of 16, got {self.size}")
        if ("window" in self.steps) != (len(self.window) == 2):
            raise InvalidCardError("recipe must give `window` = [low, high] if and only if a step names it")
        if self.start == "imagenet" and self.encoder != "lite0":
            raise InvalidCardError(f"recipe may start from imagenet with the encoder lite0 only, got {self.encoder!r}")
        self._check_images()
        self._check_volumes()

    @property
    def task(self) -> str:
        """The card's ``task``."""
        if self.classes and self.masks:
            return "multi_task"
        return "classification" if self.classes else "segmentation"

    def _check_volumes(self) -> None:
        if (self.encoder == "unet") != bool(self.depth):
            raise InvalidCardError(f"recipe must have the encoder unet if and only if it has a depth, got {self.depth}")
        whole = not (self.classes or self.marks or self.null_share or self.start) and self.channels == 1
        if self.depth and not whole:
            raise InvalidCardError(
                "recipe with a `depth` must train masks alone from fresh weights in grey: no classes, marks or "
                "null_share, no start, 1 channel"
            )
        if self.depth and (self.depth % 2 ** (len(self.widths) - 1) or not 2 <= self.depth <= 512):
            raise InvalidCardError(
                f"recipe `depth` must lie in 2 to 512 and halve {len(self.widths) - 1} times, got {self.depth}"
            )

    def _check_images(self) -> None:
        if self.unit not in ("any", *UNITS):
            raise InvalidCardError(f"recipe `unit` must be one of any, {', '.join(UNITS)}, got {self.unit[:20]!r}")
        if self.unit != "any" and not self.window:
            raise InvalidCardError(f"recipe must give a `window` of {self.unit}: nothing else says what is black")
        if not 0 <= self.strength <= 2:
            raise InvalidCardError(f"recipe `strength` must lie in 0 to 2, got {self.strength:g}")
        if self.bits not in (8, 16, 32):
            raise InvalidCardError(f"recipe `bits` must be 8, 16 or 32, got {self.bits}")
        if not 0 <= self.empty_share <= 1:
            raise InvalidCardError(f"recipe `empty_share` must lie in 0 to 1, got {self.empty_share:g}")
        for place, target in enumerate(self.masks):
            later = {other.name for other in self.masks[place + 1 :]}
            if not set(target.covers) <= later:
                raise InvalidCardError(f"recipe `covers` of {target.name} must name masks that come after it")

    @property
    def input(self) -> InputSpec:
        """The network's input."""
        window = (self.window[0], self.window[1]) if self.window else None
        return InputSpec((self.size, self.size), self.channels, self.steps, self.unit, window, self.depth)

    @property
    def cached(self) -> InputSpec:
        """The same input at the size of the cached images."""
        return replace(self.input, size=(self.cache_side, self.cache_side))

    @property
    def mask_channels(self) -> int:
        """Logits a pixel: one for one class, else one more than classes; 0 without masks."""
        return len(self.masks) if len(self.masks) < 2 else len(self.masks) + 1


def read_plan(path: Path) -> Plan:
    """Read the ``[plan]`` table of a recipe; keys left out keep their default.

    Raises:
        InvalidCardError: The file is not TOML, or a key is unknown or of the wrong type.
    """
    table: dict[str, Any] = read_table(path, "plan")
    masks = tuple(MaskTarget(**fields_of(MaskTarget, row)) for row in table.pop("masks", []))
    return Plan(masks=masks, **fields_of(Plan, table))
