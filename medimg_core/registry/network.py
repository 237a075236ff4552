"""What a card says of its network: what goes in, what comes out, where its maps come from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class InputSpec:
    """What the network takes.

    Attributes:
        size: Rows and columns of the network's input, in pixels.
        channels: 1 for grey, 3 for colour.
        steps: Names of functions of :mod:`medimg_core.preprocess`, in order.
        unit: Unit of the volume's values that the steps expect, or ``"any"``.
        window: Lowest and highest value that the step ``window`` lets through, in that unit, or None.
        depth: Slices of a network that takes a whole volume at once; 0 for one that takes images. On the card they
            are the first of three sides.

    Examples:
        >>> InputSpec((64, 48), 1, ("squash",), "any", depth=24).shape
        (24, 64, 48, 1)
    """

    size: tuple[int, int]
    channels: int
    steps: tuple[str, ...]
    unit: str
    window: tuple[float, float] | None = None
    depth: int = 0

    @property
    def sides(self) -> tuple[int, ...]:
        """Rows and columns; slices before them where the network takes volumes."""
        return (self.depth, *self.size) if self.depth else self.size

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one input: :attr:`sides`, then channels."""
        return (*self.sides, self.channels)


@dataclass(frozen=True)
class Reading:
    """A coarser question that an output answers: which classes together mean "yes".

    Attributes:
        name: Key of the reading, e.g. ``"pneumonia"``.
        positive: Classes whose probabilities add up to the score.
        positive_text: What is shown above the threshold.
        negative_text: What is shown otherwise; never "normal" or "healthy".
    """

    name: str
    positive: tuple[str, ...]
    positive_text: str
    negative_text: str


@dataclass(frozen=True)
class Target:
    """What a mask is compared with: a column of an index.

    Attributes:
        name: Key in ``medimg evaluate --json``, e.g. ``"lungs"``.
        column: Column that names the mask's file.
        value: Value in that file which counts, or 0 for everything that is not zero.
        classes: Classes of the output that together are this target.
    """

    name: str
    column: str
    value: int
    classes: tuple[str, ...]


@dataclass(frozen=True)
class MaskSpec:
    """How the logits of a segmentation become a mask, and what is to be expected of it.

    Attributes:
        threshold: Score at or above which a pixel belongs to the class, 0 to 1; only for one class, several
            compete with the background.
        components: Largest connected components kept of each class, over the whole volume; 0 keeps all.
        sides: Whether the parts are told apart by the half of the image, or the side where it is tagged.
        extent: ``"image"`` for single images, ``"volume"`` for every slice of a volume, ``"reader"`` where the
            reader says which slices hold the organ.
        plausible: Smallest and largest share of an image that each class had in the training masks.
        agreement: Dice under small changes below which a mask is flagged, 0 to 1.
        targets: What it is evaluated against.
    """

    threshold: float
    components: int
    sides: bool
    extent: str
    plausible: tuple[tuple[float, float], ...]
    agreement: float
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class OutputSpec:
    """One output of the network.

    Attributes:
        name: Name of the Keras layer that gives the logits.
        kind: ``"classification"`` or ``"segmentation"``.
        classes: Classes in the order of the logits. Those of a segmentation leave out the background: one
            class has one logit a pixel, several come after the background's logit.
        reading: The question shown to the user, or None when the classes themselves are shown.
        ensemble: Name of the layer that gives the ensemble's logits, shape
            ``(batch, members * classes)``, member first; empty when there is none.
        mask: Of a segmentation, else None.
    """

    name: str
    kind: str
    classes: tuple[str, ...]
    reading: Reading | None
    ensemble: str
    mask: MaskSpec | None = None


@dataclass(frozen=True)
class CamSpec:
    """Where class activation maps come from.

    Attributes:
        layer: Name of the Keras layer whose output is the last feature map.
        head: ``"pooling_dense"`` where global average pooling and one dense layer follow (closed
            form), else the name of the head's Keras sub-model.
    """

    layer: str
    head: str
