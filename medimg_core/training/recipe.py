"""What a training run does, as one frozen record read from ``models/<id>/recipe.toml``."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medimg_core.errors import InvalidCardError
from medimg_core.registry import InputSpec
from medimg_core.training.tables import fields_of, read_table

RECIPE = "recipe.toml"
"""Its name in a model folder."""


@dataclass(frozen=True)
class Recipe:
    """Every setting of a classification training.

    Attributes:
        classes: Output classes, in the order of the logits; the first is the negative one.
        labels: For each class the value of the index's ``subtype`` (or ``label``) column.
        positive: Classes that add up to the reading.
        reading: Name of the reading: the ``label`` value that is its positive.
        size: Side of the network's square input, in pixels.
        cache_side: Side of the cached images that augmentation works on, in pixels.
        steps: Preprocessing steps of the card.
        architecture: ``"lite0"``, ``"residual"`` or ``"plain"`` (the baseline).
        start: ``"imagenet"`` for an encoder that begins with weights of ImageNet-1k, or empty.
        head: Channels of the last feature map of ``lite0``.
        pull: Weight of the absolute log-odds of images in which nothing can be told.
        stem: Channels of the first convolution.
        widths: Channels of the stages; each halves the grid.
        blocks: Residual blocks of the stages.
        dropout: Share of the embedding dropped while training.
        epochs: Passes over the training images.
        batch: Images a step.
        learning_rate: Peak, after the warm-up.
        warm_up: Epochs of linear warm-up; a cosine to zero follows.
        weight_decay: Decoupled (AdamW).
        label_smoothing: Of the reading and of the finer classes.
        subtype_weight: Weight of the finer classes' cross-entropy beside the reading's.
        ema: Decay of the averaged weights, per step.
        augment: Whether images are augmented and shortcuts trained against.
        null_share: Share of samples whose region is hidden and whose target is the prior.
        exterior_share: Share of samples on another image's surroundings.
        frame_share: Share of samples with another image's outer frame.
        only_region_share: Share of samples with the surroundings filled.
        members: Heads of the ensemble.
        members_passes: Augmented passes over the training images that the heads are fitted on.
        calibration_passes: Augmented passes over ``val`` for temperature and thresholds.
        blind: Whether the heads are made blind to what images with hidden lungs tell.
        mixed: Train in mixed bfloat16 (saved in float32).
        seed: Of everything random.
        region_epochs: Epochs of the small network that finds the region (lungs) in training images.
        region_size: Side of its input, in pixels.
        baseline_size: Side of the comparison network's input, in pixels.
        baseline_epochs: Its epochs.
    """

    classes: tuple[str, ...] = ("normal", "bacterial", "viral")
    labels: tuple[str, ...] = ("normal", "bacteria", "virus")
    positive: tuple[str, ...] = ("bacterial", "viral")
    reading: str = "pneumonia"
    size: int = 160
    cache_side: int = 224
    steps: tuple[str, ...] = ("to_grey01", "squash", "standardise")
    architecture: str = "residual"
    start: str = ""
    head: int = 192
    pull: float = 0.0
    stem: int = 24
    widths: tuple[int, ...] = (48, 96, 192)
    blocks: tuple[int, ...] = (2, 2, 2)
    dropout: float = 0.2
    epochs: int = 27
    batch: int = 32
    learning_rate: float = 1.5e-3
    warm_up: float = 2.0
    weight_decay: float = 0.03
    label_smoothing: float = 0.05
    subtype_weight: float = 0.3
    ema: float = 0.998
    augment: bool = True
    null_share: float = 0.20
    exterior_share: float = 0.38
    frame_share: float = 0.08
    only_region_share: float = 0.08
    members: int = 8
    members_passes: int = 2
    calibration_passes: int = 4
    blind: bool = True
    mixed: bool = True
    seed: int = 20
    region_epochs: int = 8
    region_size: int = 128
    baseline_size: int = 256
    baseline_epochs: int = 5

    def __post_init__(self) -> None:
        if len(self.classes) != len(self.labels) or not set(self.positive) < set(self.classes):
            raise InvalidCardError("recipe must give one label a class and positive classes among them")
        if len(self.widths) != len(self.blocks):
            raise InvalidCardError(
                f"recipe must give one number of blocks a stage, got {self.blocks} for {self.widths}"
            )
        shares = self.null_share + self.exterior_share + self.frame_share + self.only_region_share
        if shares > 1:
            raise InvalidCardError(f"recipe's sample shares must add up to at most 1, got {shares:g}")

    @property
    def channels(self) -> int:
        """Channels of the network's input: grey."""
        return 1

    def baseline(self) -> "Recipe":
        """The seed article's network: two convolutions, dense 64, 256 pixels, no augmentation."""
        return dataclasses.replace(
            self,
            architecture="plain",
            start="",
            pull=0.0,
            size=self.baseline_size,
            steps=("to_grey01", "squash"),
            epochs=self.baseline_epochs,
            learning_rate=1e-3,
            warm_up=0.0,
            weight_decay=0.0,
            label_smoothing=0.0,
            ema=0.0,
            dropout=0.0,
            augment=False,
        )


def input_of(recipe: Recipe) -> InputSpec:
    """The recipe's input."""
    return InputSpec((recipe.size, recipe.size), recipe.channels, recipe.steps, "any")


def read_about(path: Path) -> dict[str, Any]:
    """The ``[card]`` table of a recipe: what the card says that nobody measures.

    Raises:
        InvalidCardError: It does not say what the recipe trains on, or the file is not TOML.
    """
    table = read_table(path, "card")
    rows, needed = table.get("data"), {"name", "licence", "n", "split"}
    if not isinstance(rows, list) or not rows or any(not needed <= set(row) for row in rows):
        raise InvalidCardError("recipe must say in [[card.data]] what it trains on: name, licence, n and split of each")
    return table


def read_recipe(path: Path) -> Recipe:
    """Read the ``[training]`` table of a recipe; keys left out keep their default.

    Raises:
        InvalidCardError: The file is not TOML, or a key is unknown or of the wrong type.
    """
    return Recipe(**fields_of(Recipe, read_table(path, "training"))) if path.is_file() else Recipe()
