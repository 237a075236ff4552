"""Training rooms: data sets, augmentation, architectures, fitting, packaging of a model folder."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["train"]


def train(
    model_id: str,
    folders: Sequence[Path],
    *,
    out: Path | None = None,
    progress: Callable[[int, int, str], None] | None = None,
    resume: bool = True,
    baseline: bool = False,
    time_limit: float | None = None,
    search: int = 0,
) -> Mapping[str, Any]:
    """Train a model from folders of labelled images and write its complete model folder.

    Args:
        model_id: A model whose folder holds ``recipe.toml``, e.g. ``"chest_xray_pneumonia"``, or one of the recipes in
            ``medimg_core/training/recipes``, e.g. ``"gi_polyps"``.
        folders: Folder of labelled images and, where it does not lie beside the first as
            ``chest_lungs``, the folder of lung masks. They may have any names: the card carries those.
        out: Model folder to write; ``models/<model_id>`` by default. Checkpoints, caches and the log go
            to ``runs/<model_id>`` beside the models, or to ``<out>.run``.
        progress: Called with steps done, steps in all and a text; may raise ``Cancelled``.
        resume: Go on from the last checkpoint.
        baseline: Train the comparison network instead; nothing but its figures is written.
        time_limit: Minutes, above 0, after which no further epoch begins; what is there is packaged.
        search: Try this many variants of the recipe's plan instead; nothing but the run folder is written.

    Returns:
        What ``medimg train --json`` prints: model, where it was written, epochs, figures.

    Raises:
        UnknownModelError: No recipe has this id.
        InputError: A folder lacks what the training needs, or the checkpoint is of other data.
        LimitError: Loading used the time limit up.
    """
    from medimg_core.training.stages import run

    return run(
        model_id,
        folders,
        out=out,
        progress=progress,
        resume=resume,
        baseline=baseline,
        time_limit=time_limit,
        search=search,
    )
