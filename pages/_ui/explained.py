"""What a session keeps of explaining: how maps are asked for, the maps, their audits, and what was drawn before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from medimg_core.results import Audit, Explanation, ExplanationStack, Measurement, Perturbed, Point, RegionProbe
from pages._ui.mappings import empty, only, put
from pages._ui.view import ResultKey, SeriesKey

__all__ = ["Asked", "Changed", "Choice", "Explained", "Probed"]

_M = TypeVar("_M", Explanation, ExplanationStack)
MOST_MAPS, MOST_STACKS = 64, 8
"""Of one session; the oldest goes."""


@dataclass(frozen=True)
class Choice:
    """How maps of a model are asked for; empty for what the model shows by itself.

    Attributes:
        method: One of the core's methods.
        label: What is explained.
        layer: Of a class activation map.
        drawn: True to explain the region that the reader drew, of a method that explains masks.
    """

    method: str = ""
    label: str = ""
    layer: str = ""
    drawn: bool = False


@dataclass(frozen=True)
class Asked:
    """All that decides a map: two that are equal are one.

    Attributes:
        key: Image and model.
        method: One of the core's methods.
        label: What is explained.
        layer: Empty where a method looks at the input itself.
        region: Of the region drawn for a mask; none for the model's own.
    """

    key: ResultKey = field(repr=False)
    method: str
    label: str
    layer: str = ""
    region: tuple[Point, ...] = field(default=(), repr=False)

    @property
    def model_id(self) -> str:
        """The model."""
        return self.key[1]


@dataclass(frozen=True, eq=False)
class Probed:
    """A region that was hidden or kept.

    Attributes:
        asked: Image, model and label that it was asked of.
        measurement: The region, as it was drawn or given by numbers; None for what a map marks most and for what is
            known.
        probe: What came of it.
        chosen: As what it was chosen: the id of a region, or what stands in its place.
    """

    asked: Asked
    measurement: Measurement | None = field(repr=False)
    probe: RegionProbe
    chosen: str = ""


@dataclass(frozen=True, eq=False)
class Changed:
    """An image that was perturbed.

    Attributes:
        asked: The map that it is compared with.
        result: What the model says of the perturbed image.
        explanation: The same map of the perturbed image, or None where that cannot be made.
    """

    asked: Asked
    result: Perturbed
    explanation: Explanation | None


@dataclass(frozen=True, eq=False)
class Explained:
    """What was asked and found.

    Attributes:
        models: The model chosen for a series.
        choices: How maps are asked for, by model.
        others: How the second map of a comparison is asked for, by model.
        layers: Layers that maps can be made of, by weights.
        maps: The newest last.
        stacks: Maps of all images of a volume, likewise.
        audits: Of these maps.
        anyway: Maps that the reader wants to see although their audit folds them.
        tried: Maps that were begun since maps were last hidden: one that failed is not begun again by itself.
        before: Regions that were drawn in a series when its first map was shown.
        probed: The last region that was hidden or kept.
        changed: The last image that was perturbed.
        settings: Of the page's panels, by name.
    """

    models: Mapping[SeriesKey, str] = field(default_factory=empty, repr=False)
    choices: Mapping[str, Choice] = field(default_factory=empty)
    others: Mapping[str, Choice] = field(default_factory=empty)
    layers: Mapping[str, tuple[str, ...]] = field(default_factory=empty)
    maps: Mapping[Asked, Explanation] = field(default_factory=empty, repr=False)
    stacks: Mapping[Asked, ExplanationStack] = field(default_factory=empty, repr=False)
    audits: Mapping[Asked, Audit] = field(default_factory=empty, repr=False)
    anyway: frozenset[Asked] = field(default_factory=frozenset, repr=False)
    tried: frozenset[Asked] = field(default_factory=frozenset, repr=False)
    before: Mapping[SeriesKey, tuple[Measurement, ...]] = field(default_factory=empty, repr=False)
    probed: Probed | None = field(default=None, repr=False)
    changed: Changed | None = field(default=None, repr=False)
    settings: Mapping[str, Any] = field(default_factory=empty)

    def with_model(self, key: SeriesKey, model_id: str) -> "Explained":
        """Choose the model for a series."""
        return replace(self, models=put(self.models, key, model_id))

    def with_choice(self, model_id: str, choice: Choice, *, second: bool = False) -> "Explained":
        """Choose how maps of a model are asked for, or the second map of a comparison."""
        if second:
            return replace(self, others=put(self.others, model_id, choice))
        return replace(self, choices=put(self.choices, model_id, choice))

    def with_layers(self, sha256: str, names: tuple[str, ...]) -> "Explained":
        """Keep the layers that maps of a network can be made of."""
        return replace(self, layers=put(self.layers, sha256, names))

    def with_map(self, asked: Asked, made: Explanation) -> "Explained":
        """Keep a map."""
        return self._keeping(_newest(self.maps, asked, made, MOST_MAPS))

    def with_stack(self, asked: Asked, made: ExplanationStack) -> "Explained":
        """Keep maps of all images of a volume."""
        return replace(self, stacks=_newest(self.stacks, asked, made, MOST_STACKS))

    def with_audit(self, asked: Asked, made: Audit) -> "Explained":
        """Keep an audit of a map that is kept."""
        return replace(self, audits=put(self.audits, asked, made)) if asked in self.maps else self

    def with_trial(self, asked: Asked | None) -> "Explained":
        """Note that a map was begun; None forgets all that were."""
        return replace(self, tried=frozenset() if asked is None else self.tried | {asked})

    def with_anyway(self, asked: Asked, *, on: bool) -> "Explained":
        """Show a map that its audit folds, or fold it again."""
        return replace(self, anyway=self.anyway | {asked} if on else self.anyway - {asked})

    def with_reveal(self, key: SeriesKey, drawn: tuple[Measurement, ...]) -> "Explained":
        """Note that a map of a series is on show: what is drawn from now on is no blind mark; only the first counts."""
        return self if key in self.before else replace(self, before=put(self.before, key, drawn))

    def with_setting(self, name: str, value: Any) -> "Explained":
        """Keep a setting of a panel."""
        return replace(self, settings=put(self.settings, name, value))

    def folded(self, asked: Asked) -> bool:
        """Whether a map's audit says that it must not be shown unasked."""
        audit = self.audits.get(asked)
        return audit is not None and audit.folded

    def shown(self, asked: Asked) -> bool:
        """Whether a map may be shown: its audit does not fold it, or the reader wants it anyway."""
        return not self.folded(asked) or asked in self.anyway

    def without(self, gone: Callable[[SeriesKey], bool]) -> "Explained":
        """Let go what is known of some series."""
        probed, changed = self.probed, self.changed
        return replace(
            self._keeping(only(self.maps, lambda asked: not gone(asked.key[0]))),
            stacks=only(self.stacks, lambda asked: not gone(asked.key[0])),
            models=only(self.models, lambda key: not gone(key)),
            before=only(self.before, lambda key: not gone(key)),
            probed=None if probed is None or gone(probed.asked.key[0]) else probed,
            changed=None if changed is None or gone(changed.asked.key[0]) else changed,
        )

    def _keeping(self, maps: Mapping[Asked, Explanation]) -> "Explained":
        """With these maps, and what is known of them."""
        return replace(
            self,
            maps=maps,
            audits=only(self.audits, lambda asked: asked in maps),
            anyway=frozenset(asked for asked in self.anyway if asked in maps),
        )


def _newest(known: Mapping[Asked, _M], asked: Asked, made: _M, most: int) -> Mapping[Asked, _M]:
    """With one more, the newest last, and without the oldest."""
    kept = put(only(known, lambda each: each != asked), asked, made)
    gone = set(list(kept)[:-most])
    return only(kept, lambda each: each not in gone)
