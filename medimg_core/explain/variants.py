"""One image changed on its own grid, as a volume that goes the whole way through a model.

Values are changed as they are before the card's preprocessing: in the unit that the card names, else as the grey that
the reader sees at the file's own window, 0 (black) to 1 (white). So the network gets what the reader is shown.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from medimg_core.engine import forward
from medimg_core.errors import IncompatibleInputError
from medimg_core.explain.query import Query
from medimg_core.gate import assess_network
from medimg_core.geometry import Geometry, PlanarGeometry
from medimg_core.inference import model_input
from medimg_core.inference.scoring import scored, unscored
from medimg_core.preprocess import prepare
from medimg_core.results import Variant
from medimg_core.study import Volume
from medimg_core.voi import Window

__all__ = ["changed", "judged", "source_values"]

Array = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]

AS_SHOWN = Window(0.5, 1.0, "LINEAR_EXACT")
"""Of values that are grey already."""


def source_values(query: Query, volume: Volume) -> Array:
    """The values of the image asked about, on its own grid, before the card's steps.

    Args:
        query: What is asked.
        volume: The volume that it is asked of.

    Returns:
        ``float32``, shape ``(rows, columns)`` or ``(rows, columns, 3)``, read-only.

    Raises:
        IncompatibleInputError: The volume is another one.
    """
    if volume.fingerprint != query.prediction.fingerprint:
        raise IncompatibleInputError("a probe must change the volume that the query is of; this is another one")
    values = np.array(model_input(volume, query.card, query.prediction.slice_index, query.prediction.frame))
    values.setflags(write=False)
    return values


def changed(query: Query, volume: Volume, values: Array, what: str, back: Matrix | None = None) -> Volume:
    """Changed values as a volume of one slice, with its geometry.

    Args:
        query: What is asked.
        volume: Where the slice comes from.
        values: As :func:`source_values`, changed; another shape goes with ``back``.
        what: Was done, for the history.
        back: Maps homogeneous pixel centres ``(row, column, 1)`` of ``values`` to those of the slice, shape
            ``(3, 3)``; None where both grids are one.
    """
    said = query.prediction
    grey = query.card.input.unit == "any"
    back = np.eye(3) if back is None else back
    return Volume(
        np.asarray(values, dtype=np.float32)[None].copy(),
        unit="unknown" if grey else volume.unit,
        geometry=_geometry(volume.geometry, said.slice_index, back),
        planar=_planar(volume.planar, back),
        colour=values.ndim == 3,
        photometric="RGB" if values.ndim == 3 else "MONOCHROME2" if grey else volume.photometric,
        padding=None if grey else volume.padding,
        voi=() if values.ndim == 3 else (AS_SHOWN if grey else volume.default_voi(said.slice_index, said.frame),),
        history=(*volume.history, what),
    )


def judged(query: Query, volumes: Sequence[Volume]) -> tuple[Variant, ...]:
    """What the model says of changed images, in one forward pass.

    Args:
        query: The question.
        volumes: Of one slice each, from :func:`changed`.

    Raises:
        ModelError: The network cannot be run.
    """
    card = query.card
    batch = np.concatenate([prepare(model_input(volume, card), card.input) for volume in volumes])
    passed = forward(card, batch, masks=False)
    result = []
    for place, volume in enumerate(volumes):
        activations = passed.activations(place)
        gate = assess_network(batch[place, :, :, 0], activations.embedding, card)
        blank = unscored(volume, card, gate, slice_index=0, frame=0, threshold=query.prediction.threshold)
        log_odds = float(query.question.log_odds(activations.logits))
        said = scored(blank, activations, card, gate)
        result.append(Variant(volume, said, log_odds, float(query.scores(log_odds))))
    return tuple(result)


def _geometry(geometry: Geometry | None, slice_index: int, back: Matrix) -> Geometry | None:
    """Of one slice whose pixels moved: the in-plane map goes before the affine."""
    if geometry is None:
        return None
    move = np.eye(4)
    move[0, 3] = slice_index
    move[1:3, 1:3], move[1:3, 3] = back[:2, :2], back[:2, 2]
    return Geometry(geometry.affine @ move)


def _planar(planar: PlanarGeometry | None, back: Matrix) -> PlanarGeometry | None:
    """Tags of a projection whose pixels moved; turned, its edges face no named direction any more."""
    if planar is None:
        return None
    straight = back[0, 1] == 0 and back[1, 0] == 0
    spacing = planar.spacing
    if spacing is not None:
        even = bool(np.isclose(*spacing))
        scales = np.hypot(back[0, :2], back[1, :2])
        spacing = (spacing[0] * float(scales[0]), spacing[1] * float(scales[1])) if straight or even else None
    return PlanarGeometry(
        right=planar.right if straight else None,
        bottom=planar.bottom if straight else None,
        spacing=spacing,
        spacing_source=planar.spacing_source if spacing is not None else None,
        laterality=planar.laterality,
    )
