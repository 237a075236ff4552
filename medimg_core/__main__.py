"""``python -m medimg_core`` is the console script ``medimg``."""

import sys

from medimg_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
