"""The very bytes on the screen, against NumPy, for every VOI function, plane and acquisition."""

import numpy as np
import pytest

from medimg_core.phantoms.orientation import CENTRE, LANDMARKS, STACKS
from tests.browser.viewer_stage import Cut, Opener, expected_grey, volume_of

pytestmark = pytest.mark.browser

DICOM = ("axial", "sagittal", "coronal", "oblique")
NIFTI = ("nifti_las", "nifti_psr", "nifti_ilp")


@pytest.mark.parametrize("name", [*DICOM, *NIFTI])
def test_three_planes_are_windowed_to_the_byte(open_case: Opener, name: str) -> None:
    viewer, volume = open_case(name), volume_of(name)
    assert volume.geometry is not None
    cut = Cut(volume.geometry)
    viewer.layout("three")
    for place in range(3):
        positions = list(range(1, volume.shape[place], 2))
        stored = place == 0 and name in DICOM
        values = (volume.array if stored else cut.planes(volume.array, place))[positions]
        for key, voi in enumerate(volume.voi):
            viewer.select("Window", f"file:{key}")
            expected = expected_grey(volume, values, voi)
            assert len(np.unique(expected)) > 8
            np.testing.assert_array_equal(viewer.planes(place, positions), np.repeat(expected[..., None], 3, -1))
        viewer.press("i")
        viewer.press("ArrowRight")  # the next pane; grey is inverted in all of them
        inverted = viewer.planes(place, positions)[..., 0]
        np.testing.assert_array_equal(inverted, expected_grey(volume, values, volume.voi[-1], invert=True))
        viewer.press("i")


@pytest.mark.parametrize("smooth", [True, False])
def test_voxels_reach_the_canvas_unchanged(open_case: Opener, smooth: bool) -> None:
    viewer, volume = open_case("cube"), volume_of("cube")
    assert volume.geometry is not None
    scale = 7
    viewer.page.evaluate(
        """([scale, smooth]) => {
          const [pane] = viewer.panes;
          viewer.smooth = smooth;
          pane.zoom *= scale / pane.scale()[0];
          const { left, top } = pane.frame();
          pane.pan = [(Math.round(left) - left) / pane.ratio, (Math.round(top) - top) / pane.ratio];
          viewer.request();
        }""",
        [scale, smooth],
    )
    viewer.frame()
    assert viewer.js("pane.scale()") == pytest.approx([scale, scale])
    edges = viewer.js("pane.frame()")
    left, top = round(edges["left"]), round(edges["top"])
    assert (edges["left"], edges["top"]) == pytest.approx((left, top))
    plane = Cut(volume.geometry).planes(volume.array, 0)[volume.shape[0] // 2]
    expected = expected_grey(volume, plane, volume.voi[0])
    centres = viewer.screen()[top + scale // 2 :: scale, left + scale // 2 :: scale]
    clear = (slice(5, -8), slice(6, -6))  # what is written stands at the edges
    shown = centres[: plane.shape[0], : plane.shape[1]][clear]
    apart = np.abs(shown.astype(int) - expected[clear][..., None])
    assert apart.max() <= (16 if smooth else 0)  # the browser smooths in sixteenths of the way to the next voxel


WAYS = {  # axis of LPS to the right and downward, and its sign
    "Axial": ((0, 1), (1, 1)),
    "Coronal": ((0, 1), (2, -1)),
    "Sagittal": ((1, 1), (2, -1)),
}


@pytest.mark.parametrize("name", ["axial", "sagittal", "nifti_psr"])
def test_a_landmark_is_where_the_patient_has_it(open_case: Opener, name: str) -> None:
    viewer, volume = open_case(name), volume_of(name)
    assert volume.geometry is not None
    ball = np.array(LANDMARKS["one"])
    index = volume.geometry.to_index(ball)
    middle = volume.geometry.to_world((np.array(volume.shape) - 1) / 2)
    if name in STACKS:
        np.testing.assert_allclose(middle, CENTRE, atol=1e-3)  # the box lies in the middle of the picture
    seen = set()
    for axis in range(3):
        viewer.layout(f"one:{axis}")
        viewer.page.evaluate(
            """([axis, at]) => {
              viewer.goTo(viewer.pane, at);
              viewer.setWindow(viewer.main, { key: 'own', centre: 2700, width: 2, function: 'LINEAR_EXACT' });
            }""",
            [axis, int(np.rint(index[axis]))],
        )
        viewer.frame()
        plane = ("Sagittal", "Coronal", "Axial")[Cut(volume.geometry).along[axis]]
        seen.add(plane)
        (across, right), (down, below) = WAYS[plane]
        per_mm = viewer.js("pane.scale()[0] / picture.pixelSize(pane.basis)[0]")
        size = viewer.js("[pane.canvas.width, pane.canvas.height]")
        x = size[0] / 2 + right * (ball[across] - middle[across]) * per_mm
        y = size[1] / 2 + below * (ball[down] - middle[down]) * per_mm
        reach = int(5 * per_mm)
        part = viewer.screen()[int(y) - reach : int(y) + reach, int(x) - reach : int(x) + reach].min(axis=-1) > 200
        assert part.sum() > np.pi * (1.5 * per_mm) ** 2  # a ball of 3 mm radius, cut near its middle
        rows, columns = np.nonzero(part)
        voxel = max(volume.spacing or ())
        assert abs(columns.mean() - (x - int(x) + reach)) < 0.6 * voxel * per_mm
        assert abs(rows.mean() - (y - int(y) + reach)) < 0.6 * voxel * per_mm
    assert seen == set(WAYS)
