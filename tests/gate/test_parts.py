"""Body parts of images against those of models."""

import pytest

from medimg_core.gate.parts import NAMED_PARTS, holds


@pytest.mark.parametrize(
    ("part", "wanted", "slices", "projection"),
    [
        ("CHEST", "CHEST", True, True),
        ("thorax", "CHEST", True, True),
        ("LUNGS", "CHEST", True, True),
        ("CHEST_TO_ABDOMEN", "CHEST", True, True),
        ("CHESTABDPELVIS", "CHEST", True, False),
        ("WHOLEBODY", "CHEST", True, False),
        ("ABDOMEN", "CHEST", False, False),
        ("NECK", "CHEST", False, False),
        ("BRAIN", "BRAIN", True, True),
        ("HEAD", "BRAIN", True, False),
        ("SKULL", "BRAIN", True, False),
        ("HEAD_NECK", "BRAIN", True, False),
        ("HEAD AND NECK", "BRAIN", True, False),
        ("NECK", "BRAIN", False, False),
        ("CSPINE", "BRAIN", False, False),
        ("BREAST", "BREAST", True, True),
        ("MAMMA", "BREAST", True, True),
        ("CHEST", "BREAST", False, False),
        ("AXILLA", "BREAST", False, False),
        ("LIVER", "LIVER", True, True),
        ("ABDOMEN", "LIVER", True, False),
        ("ABDOMENPELVIS", "LIVER", True, False),
        ("ABD PELVIS", "LIVER", True, False),
        ("CHESTABDOMEN", "LIVER", True, False),
        ("CHEST_TO_ABDOMEN", "LIVER", True, False),
        ("CHESTABDPELVIS", "LIVER", True, False),
        ("CHEST ABD PELVIS", "LIVER", True, False),
        ("CHEST_TO_PELVIS", "LIVER", True, False),
        ("NECKCHESTABDPELV", "LIVER", True, False),
        ("WHOLE BODY", "LIVER", True, False),
        ("CHEST", "LIVER", False, False),
        ("PELVIS", "LIVER", False, False),
        ("KIDNEY", "LIVER", False, False),
        ("CHEST", "HEART", True, False),
    ],
)
def test_a_scan_holds_the_parts_it_passes_through_and_a_projection_shows_one(part, wanted, slices, projection):
    assert holds(part, (wanted,), projection=False) is slices
    assert holds(part, (wanted,), projection=True) is projection


def test_one_of_several_parts_is_enough_and_none_fits_nothing():
    assert holds("LIVER", ("ABDOMEN", "LIVER"), projection=True)
    assert not holds("LIVER", (), projection=False)


def test_named_parts_are_terms_of_the_standard():
    assert all(name.isalpha() and name.isupper() and len(name) <= 16 for name in NAMED_PARTS)
