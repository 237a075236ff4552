"""The methods on offer: what each shows, what it needs, and which of them are one and the same for a model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from medimg_core.errors import IncompatibleInputError, NotApplicableError
from medimg_core.registry import ModelCard

__all__ = [
    "FAMILIES",
    "METHODS",
    "Cost",
    "Family",
    "Method",
    "Setting",
    "check_map",
    "closed_form",
    "identical",
    "method_named",
    "methods_for",
    "needs_of",
]

Family = Literal["class_activation", "gradient", "perturbation"]
Cost = Literal["none", "gradient", "gradients", "passes"]

FAMILIES: tuple[Family, ...] = ("class_activation", "gradient", "perturbation")
"""Kinds of method whose agreement says more than that of two of one kind."""

CLOSED = ("grad_cam", "grad_cam_plus_plus", "layer_cam", "hires_cam")
"""Methods with a closed form under pooling and one dense layer."""


@dataclass(frozen=True)
class Setting:
    """Something a method can be run with.

    Attributes:
        default: Used unless another value is asked for; its type is the setting's.
        low: Smallest value of a number.
        high: Largest value of a number.
        choices: Values of a text.
        text: What it is, with its unit.
    """

    default: int | float | str
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()
    text: str = ""

    def checked(self, name: str, value: Any) -> int | float | str:
        """The value, as the setting's own type.

        Raises:
            IncompatibleInputError: It has another type, or lies outside the range.
        """
        if isinstance(self.default, str):
            if value not in self.choices:
                raise IncompatibleInputError(
                    f"{name} must be one of {', '.join(self.choices)}, got {str(value)[:40]!r}"
                )
            return str(value)
        whole = isinstance(self.default, int)
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            raise IncompatibleInputError(f"{name} must be a {'whole ' if whole else ''}number, got {str(value)[:40]!r}")
        if not self.low <= value <= self.high:
            raise IncompatibleInputError(f"{name} must lie in [{self.low:g}, {self.high:g}], got {value:g}")
        return int(value) if whole else float(value)


@dataclass(frozen=True)
class Method:
    """A way to make a map.

    Attributes:
        name: Key, e.g. ``"grad_cam"``.
        title: Shown to the reader.
        family: One of :data:`FAMILIES`.
        signed: Whether the map also holds evidence against the label.
        native_grid: ``"features"`` for the cells of a feature map, ``"input"`` for the pixels of the network's input.
        needs: Some of ``"features"`` (those of the forward pass that made the prediction), ``"input"`` (the volume)
            and ``"tensorflow"`` (a process of its own, which takes seconds to start); see :func:`needs_of`.
        cost: On top of the prediction: ``"none"``, one ``"gradient"``, tens of ``"gradients"``, or hundreds of forward
            ``"passes"``.
        unit: Of the map.
        source: Paper.
        explains: ``"decision"``, or ``"mask"`` for a region of a segmentation.
        settings: What it can be run with, by name.
    """

    name: str
    title: str
    family: Family
    signed: bool
    native_grid: Literal["features", "input"]
    needs: frozenset[str]
    cost: Cost
    unit: str
    source: str
    explains: Literal["decision", "mask"] = "decision"
    settings: Mapping[str, Setting] = field(default_factory=dict)

    def checked(self, settings: Mapping[str, Any] | None) -> dict[str, int | float | str]:
        """All settings by name, the default where none is asked for.

        Raises:
            IncompatibleInputError: The method has no such setting, or the value cannot be used.
        """
        asked = dict(settings or {})
        unknown = [name for name in asked if name not in self.settings]
        if unknown:
            known = ", ".join(self.settings) or "none"
            raise IncompatibleInputError(f"settings of {self.name} are {known}, got {unknown[0][:40]!r}")
        return {name: one.checked(name, asked.get(name, one.default)) for name, one in self.settings.items()}


def _cam(name: str, title: str, source: str) -> Method:
    needs = frozenset({"features"})
    return Method(name, title, "class_activation", False, "features", needs, "none", "log-odds per cell", source)


METHODS = {
    method.name: method
    for method in (
        _cam("grad_cam", "Grad-CAM", "Selvaraju et al., ICCV 2017, doi:10.1109/ICCV.2017.74"),
        _cam("grad_cam_plus_plus", "Grad-CAM++", "Chattopadhay et al., WACV 2018, doi:10.1109/WACV.2018.00097"),
        _cam("layer_cam", "LayerCAM", "Jiang et al., IEEE TIP 2021, doi:10.1109/TIP.2021.3089943"),
        _cam("hires_cam", "HiResCAM", "Draelos & Carin 2020, doi:10.48550/arXiv.2011.08891"),
        Method(
            name="score_cam",
            title="Score-CAM",
            family="class_activation",
            signed=False,
            native_grid="features",
            needs=frozenset({"features", "input"}),
            cost="passes",
            unit="log-odds times activation",
            source="Wang et al., CVPR Workshops 2020, doi:10.1109/CVPRW50498.2020.00020",
        ),
        Method(
            name="vanilla_gradients",
            title="Vanilla gradients",
            family="gradient",
            signed=False,
            native_grid="input",
            needs=frozenset({"input", "tensorflow"}),
            cost="gradient",
            unit="log-odds per unit of the network's input",
            source="Simonyan et al. 2013, doi:10.48550/arXiv.1312.6034",
        ),
        Method(
            name="smooth_grad",
            title="SmoothGrad",
            family="gradient",
            signed=False,
            native_grid="input",
            needs=frozenset({"input", "tensorflow"}),
            cost="gradients",
            unit="log-odds per unit of the network's input",
            source="Smilkov et al. 2017, doi:10.48550/arXiv.1706.03825",
            settings={
                "samples": Setting(20, 1, 200, text="noisy copies"),
                "noise": Setting(0.2, 0.0, 1.0, text="standard deviation, as a share of the range of the input"),
                "seed": Setting(0, 0, 2**32 - 1, text="seed of the noise"),
            },
        ),
        Method(
            name="integrated_gradients",
            title="Integrated gradients",
            family="gradient",
            signed=True,
            native_grid="input",
            needs=frozenset({"input", "tensorflow"}),
            cost="gradients",
            unit="log-odds per pixel of the network's input",
            source="Sundararajan et al., ICML 2017, doi:10.48550/arXiv.1703.01365",
            settings={
                "steps": Setting(32, 2, 512, text="steps from the baseline to the input"),
                "baseline": Setting("mean", choices=("mean", "blur"), text="image without evidence"),
            },
        ),
        Method(
            name="occlusion",
            title="Occlusion",
            family="perturbation",
            signed=True,
            native_grid="features",
            needs=frozenset({"input"}),
            cost="passes",
            unit="log-odds lost with the block",
            source="Zeiler & Fergus, ECCV 2014, doi:10.1007/978-3-319-10590-1_53",
            settings={"how": Setting("border", choices=("border", "blur"), text="way of hiding")},
        ),
        Method(
            name="seg_grad_cam",
            title="Seg-Grad-CAM",
            family="class_activation",
            signed=False,
            native_grid="features",
            needs=frozenset({"input", "tensorflow"}),
            cost="gradient",
            unit="log-odds of all pixels of the region, per cell",
            source="Vinogradova et al., AAAI 2020, doi:10.1609/aaai.v34i10.7244",
            explains="mask",
        ),
    )
}
"""Methods on offer, by name."""


def method_named(name: str) -> Method:
    """The method of this name.

    Raises:
        IncompatibleInputError: There is none.
    """
    if name not in METHODS:
        raise IncompatibleInputError(f"method must be one of {', '.join(METHODS)}, got {name[:60]!r}")
    return METHODS[name]


def check_map(card: ModelCard, method: Method, layer: str | None = None) -> None:
    """Raise NotApplicableError where a method can make no map for a model: what a card alone can tell.

    Args:
        card: The model.
        method: The method.
        layer: Layer asked for; None for that of the card.
    """
    if card.input.depth:
        raise NotApplicableError(f"a map needs a network of images; {card.id} takes {card.input.depth} slices at once")
    if "features" in method.needs and card.cam is None and layer is None:
        raise NotApplicableError(f"{method.title} needs a last feature map; model {card.id} names none")


def closed_form(name: str, card: ModelCard, layer: str | None = None) -> bool:
    """Whether a method's map follows from the features of the one forward pass.

    Args:
        name: The method.
        card: The model.
        layer: Layer asked for; None for that of the card.
    """
    pooled = card.cam is not None and card.cam.head == "pooling_dense"
    return name in CLOSED and pooled and (layer is None or (card.cam is not None and layer == card.cam.layer))


def needs_of(name: str, card: ModelCard, layer: str | None = None) -> frozenset[str]:
    """What a method needs for this model: see :attr:`Method.needs`.

    Class activation maps through another head than pooling and one dense layer, or of another layer than the card's,
    need the input and TensorFlow.

    Args:
        name: The method.
        card: The model.
        layer: Layer asked for; None for that of the card.

    Raises:
        IncompatibleInputError: There is no such method.
    """
    method = method_named(name)
    if name in CLOSED and not closed_form(name, card, layer):
        return frozenset({"input", "tensorflow"})
    return method.needs


def methods_for(card: ModelCard) -> tuple[Method, ...]:
    """The methods that make a map for a model, in the order of :data:`METHODS`; none for networks of volumes."""
    if card.input.depth:
        return ()
    tasks = {"decision": card.classification is not None, "mask": card.segmentation is not None}
    return tuple(
        method
        for method in METHODS.values()
        if tasks[method.explains] and (card.cam is not None or "features" not in method.needs)
    )


def identical(card: ModelCard, layer: str | None = None) -> tuple[frozenset[str], ...]:
    """Methods that make the same map for a model, so that their agreement says nothing.

    Under global average pooling and one dense layer the gradient is the same in every cell of a channel: HiResCAM
    is Grad-CAM and Grad-CAM++ is LayerCAM (:mod:`medimg_core.explain.cam`). The two differ where a channel speaks
    against the label.

    Args:
        card: The model.
        layer: Layer of the maps; None for that of the card.

    Returns:
        Sets of two names or more; none where all methods differ.
    """
    if not closed_form("grad_cam", card, layer):
        return ()
    return frozenset({"grad_cam", "hires_cam"}), frozenset({"grad_cam_plus_plus", "layer_cam"})
