"""Letters at the edges after every way to hang a plane, against the tags; none where there are none."""

import numpy as np
import pytest

from medimg_core.geometry import Geometry, direction_letters, opposite_letters
from tests.browser.viewer_stage import Cut, Opener, volume_of

pytestmark = pytest.mark.browser

Way = tuple[np.ndarray, np.ndarray]

WALK = "hrvlrrhlvrrvllhv"
TURNS = {  # what a key makes of the directions of the right and the lower edge
    "h": lambda right, down: (-right, down),
    "v": lambda right, down: (right, -down),
    "r": lambda right, down: (-down, right),
    "l": lambda right, down: (down, -right),
}
PIXELS = {"h": np.fliplr, "v": np.flipud, "r": lambda plane: np.rot90(plane, -1), "l": np.rot90}
DICOM = ("axial", "sagittal", "oblique")


def hanging(geometry: Geometry, axis: int, *, stored: bool) -> Way:
    """Directions of the right and the lower edge before anything is turned."""
    if stored:
        return geometry.directions[2], geometry.directions[1]
    along = Cut(geometry).along
    wanted = {2: ((0, 1), (1, 1)), 1: ((0, 1), (2, -1)), 0: ((1, 1), (2, -1))}[along[axis]]
    right, down = ((geometry.directions[along.index(world)], world, sign) for world, sign in wanted)
    return tuple(vector * sign * np.sign(vector[world]) for vector, world, sign in (right, down))


def letters(way: Way) -> list[str]:
    right, bottom = (direction_letters(vector) for vector in way)
    return [opposite_letters(right), right, opposite_letters(bottom), bottom]


@pytest.mark.parametrize("name", [*DICOM, "nifti_psr"])
def test_letters_follow_every_flip_and_turn(open_case: Opener, name: str) -> None:
    viewer, volume = open_case(name), volume_of(name)
    assert volume.geometry is not None
    viewer.layout("three")
    for place in range(3):
        way = hanging(volume.geometry, place, stored=place == 0 and name in DICOM)
        picture = viewer.planes(place)[0]
        assert viewer.letters(place) == letters(way)
        seen = set()
        for key in WALK:
            viewer.page.keyboard.press(key)
            way, picture = TURNS[key](*way), PIXELS[key](picture)
            assert viewer.letters(place) == letters(way)
            seen.add(tuple(letters(way)))
        assert len(seen) == 8
        np.testing.assert_array_equal(viewer.planes(place)[0], picture)
        viewer.press("r")
        np.testing.assert_array_equal(viewer.planes(place)[0], PIXELS["r"](picture))
        viewer.press("ArrowRight")


def test_letters_of_a_radiograph_follow_its_tags(open_case: Opener) -> None:
    viewer = open_case("detector")
    assert viewer.letters() == ["R", "L", "H", "F"]
    for key, expected in (("h", "LRHF"), ("r", "FHLR"), ("v", "FHRL"), ("l", "RLHF")):
        viewer.press(key)
        assert viewer.letters() == list(expected)
    words = "left edge R, right edge L, top H, bottom F"
    viewer.page.wait_for_function(f"viewer.pane.canvas.getAttribute('aria-label').includes('{words}')")


def test_no_tags_no_letters(open_case: Opener) -> None:
    viewer = open_case("plain")
    for key in WALK:
        viewer.page.keyboard.press(key)
        assert viewer.letters() is None
    viewer.page.wait_for_function("viewer.pane.canvas.getAttribute('aria-label').includes('orientation unknown')")
    assert viewer.js("picture.inMillimetres") is False
