"""All that the engine's tests have built with Keras: ``python -m tests.engine.keras_work FOLDER``.

One process, since starting Keras takes longer than all of it together.
"""

import sys
from pathlib import Path

from tests.engine import networks, own_models

if __name__ == "__main__":
    networks.judge_all(Path(sys.argv[1]) / "networks.json")
    own_models.write(Path(sys.argv[1]))
