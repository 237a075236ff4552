"""Several models exported by one process: starting Keras takes longer than all of their exports together.

``python -m tests.exports FOLDER...`` fills the cache with the exports of these model folders as the engine does,
but for its process a model.
"""

import json
import sys
from pathlib import Path

from medimg_core.engine import cache
from medimg_core.engine.export import ExportSpec, export
from medimg_core.registry import ModelCard, read_card


def fill_cache(*cards: ModelCard) -> None:
    """Export what the cache lacks, in this process; whoever asks for the same meanwhile waits."""
    import keras

    def run(model_id: str, spec: Path, out: Path) -> None:
        keras.backend.clear_session()  # the names of layers do not tell what was built before
        told = json.loads(spec.read_text(encoding="utf-8"))
        export(ExportSpec(**{**told, "shape": tuple(told["shape"])}), out)

    kept = cache._run
    cache._run = run
    try:
        for card in cards:
            cache.entry(card)
    finally:
        cache._run = kept


if __name__ == "__main__":
    fill_cache(*(read_card(Path(folder)) for folder in sys.argv[1:]))
