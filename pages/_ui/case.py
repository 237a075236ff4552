"""All that a session knows, as one frozen :class:`Case`, and the arrows from one to the next.

A result is kept under the study and series it belongs to, and is given out only while the fingerprint it
carries equals that of the volume on show; so no page can pair a score or a map with another study.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from medimg_core.correcting import Corrected, Edit
from medimg_core.results import Explanation, Measurement, Prediction, Segmentation
from medimg_core.study import Opened, Refused, Series, Study, Volume
from pages._ui import mixed
from pages._ui.findings import Findings
from pages._ui.guided import Guided
from pages._ui.looks import Looks
from pages._ui.mappings import empty, only, put
from pages._ui.mixed import MixedDrop
from pages._ui.view import Overlay, ResultKey, SeriesKey, View, key_of

__all__ = ["Case"]


@dataclass(frozen=True, eq=False)
class Case:
    """All that a session knows. Hidden from repr, because results and studies are patient data.

    Attributes:
        studies: Opened studies, newest first.
        refused: Files that were not read, newest drop first.
        warnings: About the last drop as a whole.
        mixed: Drops that held more than one patient, each until the reader picks one; the oldest first.
        study_uid: The current study, or None.
        chosen: The series chosen in each study, by its position.
        recent: Studies by use, the latest first.
        looks: How each series is looked at, and what was measured on it.
        declared: What the reader said of files without tags.
        findings: What models said, and the reader corrected.
        overlay: How maps are laid over the picture.
        prevalence: Share of positives among the reader's patients by question, 0 to 1; none until chosen.
        operating: Name of the operating point chosen for a model.
        named: The study whose patient name the reader asked to see, or None.
        drop: Counts drops: a new key empties the uploader.
        guided: The guided case on its way, or None.
    """

    studies: tuple[Study, ...] = field(default=(), repr=False)
    refused: tuple[Refused, ...] = field(default=(), repr=False)
    warnings: tuple[str, ...] = ()
    mixed: tuple[MixedDrop, ...] = field(default=(), repr=False)
    study_uid: str | None = field(default=None, repr=False)
    chosen: Mapping[str, int] = field(default_factory=empty, repr=False)
    recent: tuple[str, ...] = field(default=(), repr=False)
    looks: Looks = field(default_factory=Looks, repr=False)
    declared: Mapping[SeriesKey, Any] = field(default_factory=empty, repr=False)
    findings: Findings = field(default_factory=Findings, repr=False)
    overlay: Overlay = field(default_factory=Overlay)
    prevalence: Mapping[str, float] = field(default_factory=empty)
    operating: Mapping[str, str] = field(default_factory=empty)
    named: str | None = field(default=None, repr=False)
    drop: int = 0
    guided: Guided | None = field(default=None, repr=False)

    @property
    def study(self) -> Study | None:
        """The current study."""
        return next((study for study in self.studies if study.uid == self.study_uid), None)

    @property
    def series(self) -> Series | None:
        """The current series; the first that can be shown, until one is chosen."""
        if self.study is None or not self.study.series:
            return None
        return self.study.series[min(self.series_index, len(self.study.series) - 1)]

    @property
    def series_index(self) -> int:
        """Position of the current series in its study."""
        return self.chosen.get(self.study_uid or "", 0)

    @property
    def volume(self) -> Volume | None:
        """Voxels of the current series, or None."""
        return None if self.series is None else self.series.volume

    @property
    def series_key(self) -> SeriesKey:
        """Identity of the current series."""
        return key_of(self.study_uid or "", self.series)

    @property
    def view(self) -> View:
        """How the current series is looked at; the middle slice at first."""
        return self.view_of(self.series_key)

    def view_of(self, key: SeriesKey) -> View:
        """How a series is looked at; the middle slice at first."""
        if key in self.looks.views:
            return self.looks.views[key]
        volume = next((series.volume for own, series in self._all_series() if own == key), None)
        return View(slice_index=volume.shape[0] // 2 if volume else 0)

    @property
    def straightened(self) -> bool:
        """Whether the current series is shown straightened."""
        return self.series_key in self.looks.straight

    @property
    def beside_key(self) -> SeriesKey | None:
        """The series that is shown beside the current one, or None."""
        return self.looks.beside.get(self.series_key)

    def measurements_of(self, straight: bool = False) -> tuple[Measurement, ...]:
        """What the reader measured on the current series, as read or straightened."""
        return self.looks.measurements.get((self.series_key, straight), ())

    def _all_series(self) -> list[tuple[SeriesKey, Series]]:
        return [(key_of(study.uid, series), series) for study in self.studies for series in study.series]

    def prediction(self, model_id: str) -> Prediction | None:
        """What a model said of the slice on show, or None."""
        return self.findings.prediction(self._result_key(model_id), self.volume)

    def explanation(self, model_id: str) -> Explanation | None:
        """The map for the slice on show, or None; it must explain the prediction that stands beside it."""
        return self.findings.explanation(self._result_key(model_id), self.volume)

    def segmentation(self, model_id: str) -> Segmentation | None:
        """A model's masks of the slice on show; of a volume, the newest where the model did not read that slice."""
        return self.findings.segmentation(self._result_key(model_id), self.volume)

    def corrected(self, result: Segmentation) -> Corrected | None:
        """Masks as the reader corrected them, or None while they are the model's."""
        found = self.findings.correction(result).corrected
        return found if found.edits else None

    def results_of(self, study: Study) -> tuple[Prediction, ...]:
        """All predictions made in one study."""
        return self.findings.predictions_of(study.uid)

    def _result_key(self, model_id: str) -> ResultKey:
        return (self.series_key, model_id, self.view.slice_index, self.view.frame)

    def with_opened(self, opened: Opened) -> "Case":
        """Add what became of a drop and show its first study; a study opened again replaces itself."""
        studies = tuple(mixed.apart(study, self.studies) for study in opened.studies)
        case = self.without_studies({study.uid for study in studies})
        case = replace(
            case,
            studies=studies + case.studies,
            refused=opened.refused + case.refused,
            warnings=opened.warnings,
            # of self: a study opened again is no choice between the patients it came with
            mixed=mixed.with_drop(self.mixed, mixed.persons(studies)) if opened.mixed_patients else self.mixed,
        )
        return case.with_study(studies[0].uid) if studies else case

    def reading_on(self, before: "Case") -> "Case":
        """Stay with the study that was on show before, as long as it is still open.

        A study that arrives while somebody reads another must not take its place under their eyes.
        """
        if before.study is None or all(study.uid != before.study_uid for study in self.studies):
            return self
        return replace(self, study_uid=before.study_uid, named=before.named, overlay=before.overlay)

    def with_warning(self, text: str) -> "Case":
        """Add something the reader should know."""
        return replace(self, warnings=(text, *self.warnings))

    def with_refused(self, files: tuple[Refused, ...]) -> "Case":
        """Replace the list of files that were not read."""
        return replace(self, refused=files, warnings=self.warnings if files else ())

    def with_drop(self) -> "Case":
        """Count a drop."""
        return replace(self, drop=self.drop + 1)

    def with_study(self, uid: str) -> "Case":
        """Make a study the current one; hides the patient's name again."""
        if all(study.uid != uid for study in self.studies):
            return self
        recent = (uid, *(other for other in self.recent if other != uid))
        return replace(self, study_uid=uid, recent=recent, named=None, overlay=replace(self.overlay, shown=False))

    def with_name(self, *, shown: bool) -> "Case":
        """Show or hide the name of the current study's patient."""
        return replace(self, named=self.study_uid if shown else None)

    def with_series(self, index: int) -> "Case":
        """Choose a series of the current study by its position."""
        if self.study is None or not 0 <= index < len(self.study.series):
            return self
        hidden = replace(self.overlay, shown=False)
        return replace(self, chosen=put(self.chosen, self.study.uid, index), overlay=hidden)

    def with_view(self, **changes: Any) -> "Case":
        """Change how the current series is looked at; slice and frame are kept inside the volume."""
        view = replace(self.view, **changes)
        return self.with_view_of(self.series_key, view if self.volume is None else view.inside(self.volume))

    def with_view_of(self, key: SeriesKey, view: View) -> "Case":
        """Keep how a series is looked at."""
        return replace(self, looks=self.looks.with_view(key, view))

    def with_measurements(self, key: SeriesKey, made: tuple[Measurement, ...], *, straight: bool) -> "Case":
        """Keep what the reader measured on a series."""
        return replace(self, looks=self.looks.with_measurements(key, made, straight=straight))

    def with_beside(self, key: SeriesKey | None) -> "Case":
        """Show a series beside the current one, or none."""
        return replace(self, looks=self.looks.with_beside(self.series_key, key))

    def with_straightened(self, *, on: bool) -> "Case":
        """Show the current series straightened, or as it was read."""
        return replace(self, looks=self.looks.with_straightened(self.series_key, on=on))

    def with_overlay(self, **changes: Any) -> "Case":
        """Change how maps are laid over the picture."""
        return replace(self, overlay=replace(self.overlay, **changes))

    def with_declared(self, facts: Any) -> "Case":
        """Keep what the reader said of the current series; its results were made without it and go."""
        findings = self.findings.without(lambda key: key == self.series_key)
        return replace(self, findings=findings, declared=put(self.declared, self.series_key, facts))

    def with_prediction(self, key: SeriesKey, result: Prediction) -> "Case":
        """Keep a prediction; dropped when its study was closed, or another volume took its place."""
        if not self.holds(key, result.fingerprint):
            return self
        return replace(self, findings=self.findings.with_prediction(key, result))

    def with_explanation(self, key: SeriesKey, result: Explanation) -> "Case":
        """Keep a map; dropped when its study was closed, or another volume took its place."""
        if not self.holds(key, result.fingerprint):
            return self
        return replace(self, findings=self.findings.with_explanation(key, result))

    def with_segmentation(self, key: SeriesKey, result: Segmentation) -> "Case":
        """Keep masks; dropped when their study was closed, or another volume took its place."""
        if not self.holds(key, result.fingerprint):
            return self
        return replace(self, findings=self.findings.with_segmentation(key, result))

    def with_edits(self, result: Segmentation, edits: Sequence[Edit]) -> "Case":
        """Correct masks by a list of edits, in the order in which they were made; none gives the model's again.

        Raises:
            MedImgError: An edit that cannot be made.
        """
        return replace(self, findings=self.findings.with_edits(result, edits))

    def with_prevalence(self, question: str, percent: float | None) -> "Case":
        """State the share of positives among the reader's patients, in per cent, or take it back."""
        rest = only(self.prevalence, lambda known: known != question)
        return replace(self, prevalence=rest if percent is None else put(rest, question, percent / 100))

    def with_operating(self, model_id: str, name: str) -> "Case":
        """Choose a model's operating point."""
        return replace(self, operating=put(self.operating, model_id, name))

    def with_guided(self, guided: Guided | None) -> "Case":
        """Go on with a guided case, or leave it."""
        return replace(self, guided=guided)

    def with_patient(self, person: frozenset[str]) -> "Case":
        """Of a drop that held several patients, keep one, given by their studies, and close the others."""
        kept = self.without_studies(mixed.others(self.mixed, person))
        return kept if kept.mixed else replace(kept, warnings=())

    def without_studies(self, uids: set[str]) -> "Case":
        """Close studies, with all that is known of them."""
        if not uids:
            return self
        left = tuple(study for study in self.studies if study.uid not in uids)
        current = self.study_uid if self.study_uid not in uids else (left[0].uid if left else None)
        return replace(
            self,
            studies=left,
            study_uid=current,
            findings=self.findings.without(lambda key: key[0] in uids),
            mixed=mixed.closed(self.mixed, uids),
            recent=tuple(uid for uid in self.recent if uid not in uids),
            chosen=only(self.chosen, lambda uid: uid not in uids),
            looks=self.looks.without(uids),
            declared=only(self.declared, lambda key: key[0] not in uids),
            named=None if self.named in uids else self.named,
            guided=None if self.guided is not None and self.guided.study_uid in uids else self.guided,
        )

    def holds(self, key: SeriesKey, fingerprint: str) -> bool:
        """Whether a series is open, with these very voxels."""
        return any(
            own == key and series.volume is not None and series.volume.fingerprint == fingerprint
            for own, series in self._all_series()
        )
