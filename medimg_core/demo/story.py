"""A guided case: one image, one model, and the steps that show what became of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from medimg_core.errors import UnreadableFileError
from medimg_core.gate import Declared
from medimg_core.io import open_study
from medimg_core.phantoms import Phantom, make_phantom
from medimg_core.study import Opened, Series, Volume

__all__ = ["KINDS", "Kind", "Scene", "Step", "Story", "open_story", "phantom_stories"]

Mask = npt.NDArray[np.bool_]
Progress = Callable[[int, int, str], None]

Kind = Literal["hit", "miss", "refusal", "rejected_map"]
KINDS: tuple[Kind, ...] = ("hit", "miss", "refusal", "rejected_map")
"""What a guided case shows, in the order in which they are offered."""

Step = Literal["image", "score", "map", "hide_map", "hide_truth", "audit", "refusal", "others"]


@dataclass(frozen=True, eq=False)
class Scene:
    """The image of a guided case.

    Attributes:
        opened: Its study, as if it had been dropped.
        place: Of the series in that study, from 0.
        truth: Where the finding lies, shape ``(slices, rows, columns)``, read-only; None where nobody knows.
        declared: What stands on the word of the folder, for files without tags; else None.
    """

    opened: Opened = field(repr=False)
    place: int = 0
    truth: Mask | None = field(default=None, repr=False)
    declared: Declared | None = None

    def __post_init__(self) -> None:
        if self.truth is not None:
            self.truth.setflags(write=False)

    @property
    def series(self) -> Series:
        """The series."""
        return self.opened.studies[0].series[self.place]

    @property
    def volume(self) -> Volume:
        """Its voxels."""
        assert self.series.volume is not None  # a scene is made of a series with an image
        return self.series.volume


@dataclass(frozen=True, eq=False)
class Story:
    """A guided case.

    Attributes:
        kind: What it shows.
        model_id: The model that is asked.
        steps: What is shown, one after the other.
        finding: What is true of the image, in a few words.
        positive: Whether the model's reading is true of it; None where nobody knows.
        slice_index: The slice that is asked about, from 0.
        method: Of the map.
        phantom: Of the catalogue; empty for an image of a folder.
        seed: Of the phantom.
        scene: Of an image of a folder; a phantom is made when it is opened.
    """

    kind: Kind
    model_id: str
    steps: tuple[Step, ...]
    finding: str = ""
    positive: bool | None = None
    slice_index: int = 0
    method: str = "grad_cam"
    phantom: str = ""
    seed: int = 0
    scene: Scene | None = field(default=None, repr=False)


_PHANTOMS = (
    Story(
        "hit",
        "breast_ultrasound",
        ("image", "score", "map", "hide_map", "audit"),
        finding="a dark, spiculated lesion, taller than wide, with a shadow behind it",
        positive=True,
        phantom="breast_ultrasound_spiculated",
        seed=4,
    ),
    Story(
        "miss",
        "chest_xray_pneumonia",
        ("image", "score", "map", "hide_truth"),
        finding="a round consolidation in the right lung",
        positive=True,
        phantom="chest_child_consolidation",
        seed=10,
    ),
    Story(
        "refusal",
        "chest_xray_pneumonia",
        ("image", "refusal", "others"),
        finding="the chest of an adult, slice by slice",
        phantom="ct_thorax",
        seed=1,
        slice_index=18,
    ),
    Story(
        "rejected_map",
        "chest_xray_pneumonia",
        ("image", "score", "map", "audit", "hide_map", "hide_truth"),
        finding="a round consolidation in the right lung",
        positive=True,
        phantom="chest_child_consolidation",
        seed=14,
    ),
)


def phantom_stories() -> tuple[Story, ...]:
    """Guided cases on phantoms, one of each kind; none is made yet.

    What they tell was found by running the shipped models on phantoms, and is held to it by a test: none of them is
    a picture of a result.

    Examples:
        >>> [story.kind for story in phantom_stories()]
        ['hit', 'miss', 'refusal', 'rejected_map']
    """
    return _PHANTOMS


def open_story(story: Story, *, progress: Progress | None = None) -> Scene:
    """Open the image of a guided case.

    Args:
        story: The case.
        progress: Called as ``progress(done, total, text)``; may raise :class:`~medimg_core.errors.Cancelled`.

    Raises:
        UnreadableFileError: The image cannot be read.
        IncompatibleInputError: There is no such phantom.

    Examples:
        >>> scene = open_story(phantom_stories()[0])
        >>> scene.series.modality, scene.truth.shape == scene.volume.shape
        ('US', True)
    """
    if story.scene is not None:
        return story.scene
    phantom = make_phantom(story.phantom, seed=story.seed, progress=progress)
    opened = open_study(list(phantom.files), progress=progress)
    volume = opened.studies[0].series[0].volume if opened.studies else None
    if volume is None:
        raise UnreadableFileError("a phantom must be readable; this one is not")
    return Scene(opened, truth=_truth(phantom, volume.shape))


def _truth(phantom: Phantom, shape: tuple[int, int, int]) -> Mask | None:
    """Where the phantom's lesion lies."""
    if "lesion" in phantom.masks:
        return np.array(phantom.masks["lesion"])
    ball: Any = phantom.truth.get("consolidation")
    if ball is None:
        return None
    rows, columns = np.ogrid[: shape[1], : shape[2]]
    return np.asarray(np.hypot(rows - ball["pixel"][0], columns - ball["pixel"][1]) <= ball["radius_pixels"])[None]
