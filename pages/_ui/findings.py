"""What models said of the open studies and readers corrected, each result under the image it speaks of.

Results are kept apart by study, series and part, never by their voxels alone: two patients' studies may hold the
same ones.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from medimg_core.correcting import Edit
from medimg_core.detection import NoduleList
from medimg_core.results import Explanation, Prediction, Segmentation
from medimg_core.study import Volume
from pages._ui.correcting import Correction, begun
from pages._ui.explained import Explained
from pages._ui.mappings import empty, only, put
from pages._ui.view import ResultKey, SeriesKey

__all__ = ["Findings", "MaskKey"]

_R = TypeVar("_R", Prediction, Explanation, Segmentation, NoduleList)
MaskKey = tuple[SeriesKey, str, int, tuple[int, int]]
"""What a mask was made of: series, model, frame, first and last slice."""


@dataclass(frozen=True, eq=False)
class Findings:
    """Results of the open studies.

    Attributes:
        predictions: By series, model, slice and frame.
        explanations: By series, model, slice and frame.
        segmentations: By series, model, frame and slices; the newest last.
        corrections: What the reader made of these, likewise; none where no edit was made yet.
        nodules: What a search for lung nodules found, by series.
        explained: Maps that were asked for, and what they are worth.
    """

    predictions: Mapping[ResultKey, Prediction] = field(default_factory=empty, repr=False)
    explanations: Mapping[ResultKey, Explanation] = field(default_factory=empty, repr=False)
    segmentations: Mapping[MaskKey, Segmentation] = field(default_factory=empty, repr=False)
    corrections: Mapping[MaskKey, Correction] = field(default_factory=empty, repr=False)
    nodules: Mapping[SeriesKey, NoduleList] = field(default_factory=empty, repr=False)
    explained: Explained = field(default_factory=Explained, repr=False)

    def with_prediction(self, key: SeriesKey, result: Prediction) -> "Findings":
        """Keep a prediction of a series."""
        place = (key, result.model_id, result.slice_index, result.frame)
        return replace(self, predictions=put(self.predictions, place, result))

    def with_explanation(self, key: SeriesKey, result: Explanation) -> "Findings":
        """Keep a map of a series."""
        place = (key, result.model_id, result.slice_index, result.frame)
        return replace(self, explanations=put(self.explanations, place, result))

    def with_segmentation(self, key: SeriesKey, result: Segmentation) -> "Findings":
        """Keep masks of a series, and what the same run said of its slices.

        They take the place of masks of the same model that share a slice with them.
        """
        place = (key, result.model_id, result.frame, result.slices)
        kept = only(self.segmentations, lambda known: not _overlap(known, place))
        corrections = only(self.corrections, lambda known: known in kept)
        after = replace(self, segmentations=put(kept, place, result), corrections=corrections)
        for said in result.predictions:
            after = after.with_prediction(key, said)
        return after

    def with_nodules(self, key: SeriesKey, found: NoduleList) -> "Findings":
        """Keep what a search found in a series."""
        return replace(self, nodules=put(self.nodules, key, found))

    def with_correction(self, correction: Correction) -> "Findings":
        """Keep what the reader made of masks; dropped when these are not held any more."""
        wanted = correction.corrected.segmentation
        places = [place for place, result in self.segmentations.items() if result is wanted]
        return replace(self, corrections=put(self.corrections, places[0], correction)) if places else self

    def with_edits(self, result: Segmentation, edits: Sequence[Edit]) -> "Findings":
        """Correct masks by a list of edits.

        Raises:
            MedImgError: An edit that cannot be made.
        """
        return self.with_correction(self.correction(result).with_edits(edits))

    def correction(self, result: Segmentation) -> Correction:
        """What the reader made of masks; the masks themselves where that is nothing yet."""
        known = (each for each in self.corrections.values() if each.corrected.segmentation is result)
        return next(known, None) or begun(result)

    def prediction(self, key: ResultKey, volume: Volume | None) -> Prediction | None:
        """What a model said of an image of this volume, or None."""
        return _of(self.predictions.get(key), volume)

    def explanation(self, key: ResultKey, volume: Volume | None) -> Explanation | None:
        """The map of an image of this volume, or None; it must explain the prediction that stands beside it."""
        found, said = _of(self.explanations.get(key), volume), self.prediction(key, volume)
        if found is None or said is None or found.weights_sha256 != said.weights_sha256:
            return None
        return found

    def segmentation(self, key: ResultKey, volume: Volume | None) -> Segmentation | None:
        """A model's masks of a slice of this volume; of a stack, the newest where it did not read that slice."""
        series, model, place, frame = key
        known = [(each[3], made) for each, made in self.segmentations.items() if each[:3] == (series, model, frame)]
        here = [made for (first, last), made in known if first <= place <= last]
        if not here and volume is not None and volume.geometry is not None:
            here = [made for _slices, made in known]
        return _of(here[-1], volume) if here else None

    def nodules_of(self, key: SeriesKey, volume: Volume | None) -> NoduleList | None:
        """What a search found in this volume, or None."""
        return _of(self.nodules.get(key), volume)

    def predictions_of(self, study_uid: str) -> tuple[Prediction, ...]:
        """All predictions made in one study."""
        return tuple(result for key, result in self.predictions.items() if key[0][0] == study_uid)

    def segmentations_of(self, study_uid: str) -> tuple[Segmentation, ...]:
        """All masks made in one study."""
        return tuple(result for key, result in self.segmentations.items() if key[0][0] == study_uid)

    def without(self, gone: Callable[[SeriesKey], bool]) -> "Findings":
        """Let the results of some series go."""
        return replace(
            self,
            predictions=only(self.predictions, lambda key: not gone(key[0])),
            explanations=only(self.explanations, lambda key: not gone(key[0])),
            segmentations=only(self.segmentations, lambda key: not gone(key[0])),
            corrections=only(self.corrections, lambda key: not gone(key[0])),
            nodules=only(self.nodules, lambda key: not gone(key)),
            explained=self.explained.without(gone),
        )


def _of(result: _R | None, volume: Volume | None) -> _R | None:
    """The result where it is of this very volume."""
    if result is None or volume is None or volume.fingerprint != result.fingerprint:
        return None
    return result


def _overlap(one: MaskKey, other: MaskKey) -> bool:
    (first, last), (start, end) = one[3], other[3]
    return one[:3] == other[:3] and first <= end and start <= last
