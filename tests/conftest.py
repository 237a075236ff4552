"""What every test may use."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.tiny_model import (  # noqa: F401 - fixtures for every test
    mask_models,
    medimg_cache,
    shipped_model,
    tiny_masks,
    tiny_model,
    tiny_multi,
)

# A busy machine is no fault of the code: examples are bounded in number, not in time.
settings.register_profile("medimg", deadline=None)
settings.load_profile("medimg")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of real images: ``MEDIMG_DATA``, or ``shared/data`` beside the checkout."""
    root = Path(__file__).resolve().parent.parent
    chosen = os.environ.get("MEDIMG_DATA")
    folder = Path(chosen) if chosen else root.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no real images on this machine (set MEDIMG_DATA)")
    return folder
