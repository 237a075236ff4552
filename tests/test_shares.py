"""Which tests go together to one worker."""

import pytest

from tests.shares import Shares


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("tests/io/test_nifti.py::test_a", "tests/io/test_nifti.py::test_b[tests/browser/]", True),
        ("tests/io/test_nifti.py::test_a", "tests/io/test_dicom.py::test_a", False),
        ("tests/browser/test_viewer_keys.py::test_a", "tests/browser/test_first_light.py::test_b[1]", True),
        ("tests/browser/test_viewer_keys.py::test_a", "tests/test_house.py::test_browser", False),
        ("medimg_core/voi.py::medimg_core.voi.grey8", "medimg_core/voi.py::medimg_core.voi.Window", True),
    ],
)
def test_files_and_the_browser_stay_together(first: str, second: str, together: bool) -> None:
    shares = object.__new__(Shares)  # how it is split needs no run
    assert (shares._split_scope(first) == shares._split_scope(second)) is together
