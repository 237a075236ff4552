"""What every test may use."""

import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.explain.planted import planted_models  # noqa: F401 - a fixture for every test
from tests.keras_reference import keras_references  # noqa: F401 - a fixture for every test
from tests.tiny_model import (  # noqa: F401 - fixtures for every test
    mask_models,
    medimg_cache,
    shipped_model,
    shipped_models,
    tiny_masks,
    tiny_model,
    tiny_models,
    tiny_multi,
)

ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "MEDIMG_THREADS",
)

# A busy machine is no fault of the code: examples are bounded in number, not in time.
settings.register_profile("medimg", deadline=None)
settings.load_profile("medimg")


def pytest_collection_finish() -> None:
    """What thousands of collected tests hold stays: a full collection, as Streamlit does after each run, skips it."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes():
    """A core a worker: threads of several that wait by spinning, as those of BLAS do, would be in each other's way."""
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Of runs with several workers; see :mod:`tests.shares`."""
    from tests.shares import Shares

    return Shares(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of real images: ``MEDIMG_DATA``, or ``shared/data`` beside the checkout."""
    root = Path(__file__).resolve().parent.parent
    chosen = os.environ.get("MEDIMG_DATA")
    folder = Path(chosen) if chosen else root.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no real images on this machine (set MEDIMG_DATA)")
    return folder
