"""Masks and maps: on the right voxels of the right slice, the grey beside them untouched."""

import numpy as np
import pytest

from medimg_core.explain import colour_table
from medimg_core.voi import Window
from tests.browser.viewer_stage import Cut, Opener, Rgb, Viewer, expected_grey, volume_of
from tests.stage.cases import made

pytestmark = pytest.mark.browser

COLOURS = {1: (230, 90, 30), 2: (20, 200, 120)}
CYAN = (0, 255, 255)


def hung(name: str, array: np.ndarray, axis: int) -> np.ndarray:
    """All planes of an array on the case's grid, as the viewer hangs them."""
    geometry = volume_of(name).geometry
    assert geometry is not None
    return Cut(geometry).planes(array, axis)


def plain(axis: int) -> Rgb:
    """The case without overlays."""
    volume = volume_of("overlaid")
    grey = expected_grey(volume, hung("overlaid", volume.array, axis), Window(500, 1000, "LINEAR_EXACT"))
    return np.repeat(grey[..., None], 3, -1)


def at_edges(labels: np.ndarray) -> np.ndarray:
    """Labelled pixels beside a pixel of another label in their plane; the picture's border is no neighbour."""
    padded = np.pad(labels, ((0, 0), (1, 1), (1, 1)), mode="edge")
    around = (padded[:, :-2, 1:-1], padded[:, 2:, 1:-1], padded[:, 1:-1, :-2], padded[:, 1:-1, 2:])
    return (labels > 0) & np.any([each != labels for each in around], axis=0)


def all_planes(viewer: Viewer, place: int, *, hidden: bool = False) -> Rgb:
    return viewer.planes(place, list(range(volume_of("overlaid").shape[place])), hidden=hidden)


def setting(viewer: Viewer, overlay: int, change: dict[str, object]) -> None:
    viewer.js("viewer.setOverlay(viewer.overlays[given[0]], given[1])", [overlay, change])
    viewer.frame()


def test_a_mask_lies_on_its_voxels_in_three_planes(open_case: Opener) -> None:
    viewer, mask = open_case("overlaid"), made("overlaid").truth["mask"]
    viewer.layout("three")
    viewer.button("panel").click()
    panel = viewer.page.locator(".mv-side")
    panel.locator("fieldset", has_text="Cells").get_by_label("Visible").uncheck()
    for place in range(3):
        grey, labels = plain(place), hung("overlaid", mask, place)
        edges = at_edges(labels)
        expected = grey.copy()
        for label, colour in COLOURS.items():
            expected[edges & (labels == label)] = colour
        np.testing.assert_array_equal(all_planes(viewer, place), expected)
        np.testing.assert_array_equal(all_planes(viewer, place, hidden=True), grey)
    panel.locator("fieldset", has_text="Two labels").get_by_label("Filled").check()
    viewer.frame()
    for place in range(3):
        grey, labels = plain(place), hung("overlaid", mask, place)
        edges = at_edges(labels)
        shown = all_planes(viewer, place)
        np.testing.assert_array_equal(shown[labels == 0], grey[labels == 0])
        for label, colour in COLOURS.items():
            assert (shown[edges & (labels == label)] == colour).all()
            inner = ~edges & (labels == label)
            blend = grey[inner] * (1 - 0.35) + np.array(colour) * 0.35
            assert inner.any()
            assert np.abs(shown[inner] - blend).max() <= 0.51
    panel.get_by_label("Visible: First").uncheck()
    viewer.frame()
    labels = hung("overlaid", mask, 0)
    assert (all_planes(viewer, 0)[labels == 1] == plain(0)[labels == 1]).all()
    viewer.page.evaluate("document.activeElement?.blur()")
    panel.get_by_label("Colour of Second").evaluate(
        "(input) => { input.value = '#0102fe'; input.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    viewer.frame()
    assert (all_planes(viewer, 0)[at_edges(labels) & (labels == 2)] == (1, 2, 254)).all()


def test_m_hides_what_lies_over_the_picture_and_nothing_moves(open_case: Opener) -> None:
    viewer = open_case("overlaid")
    with_all = viewer.screen()
    edges = viewer.js("pane.frame()")
    viewer.press("m")
    assert viewer.js("pane.frame()") == edges
    bare = viewer.screen()
    rows, columns = with_all.shape[0], with_all.shape[1]
    inner = (slice(rows // 5, 4 * rows // 5), slice(columns // 3, 2 * columns // 3))  # clear of what is written
    assert (with_all[inner].max(axis=-1) != with_all[inner].min(axis=-1)).any()
    assert (bare[inner].max(axis=-1) == bare[inner].min(axis=-1)).all()  # grey, and no colour left
    viewer.press("m")
    np.testing.assert_array_equal(viewer.screen(), with_all)


def native_values(axis: int, *, nearest: bool) -> np.ndarray:
    """The map on every voxel of the volume, hung; NaN where it does not speak. Linear between cells, or the nearest."""
    from scipy.ndimage import map_coordinates

    truth = made("overlaid").truth
    cells, grid = truth["cells"].astype(np.float64), truth["grid"]
    shape = volume_of("overlaid").shape
    index = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1)
    where = (index - grid[:3, 3]) / np.diag(grid)[:3]
    size = np.array(cells.shape)
    outside = ((where < -0.5 - 1e-6) | (where > size - 0.5 + 1e-6)).any(axis=-1)
    clipped = np.clip(where, 0, size - 1)
    if nearest:
        near = np.minimum(np.floor(clipped + 0.5).astype(int), size - 1)
        values = cells[near[..., 0], near[..., 1], near[..., 2]]
    else:
        values = map_coordinates(cells, np.moveaxis(clipped, -1, 0), order=1, mode="nearest")
    values[outside] = np.nan
    return hung("overlaid", values, axis)


def rim(values: np.ndarray, level: float) -> np.ndarray:
    """Pixels that reach a level beside one that does not, in their plane."""
    padded = np.pad(values, ((0, 0), (1, 1), (1, 1)), constant_values=np.nan)
    around = (padded[:, :-2, 1:-1], padded[:, 2:, 1:-1], padded[:, 1:-1, :-2], padded[:, 1:-1, 2:])
    with np.errstate(invalid="ignore"):
        return (values >= level) & np.any([each < level for each in around], axis=0)


@pytest.mark.parametrize("nearest", [True, False])
def test_a_map_lies_where_it_was_planted(open_case: Opener, nearest: bool) -> None:
    viewer = open_case("overlaid")
    setting(viewer, 0, {"visible": False})
    if nearest:
        viewer.press("n")
    viewer.layout("three")
    table = colour_table("inferno").astype(np.float64)
    for place in range(3):
        values, grey = native_values(place, nearest=nearest), plain(place)
        shown = all_planes(viewer, place)
        contour = rim(values, 0.3)
        assert contour.any()
        level = np.clip(np.floor(np.nan_to_num(values) * 255 + 0.5), 0, 255).astype(int)
        # opacity follows the value below the contour (Taylor et al. 2023), and is constant above it
        cover = 0.5 * np.where(level >= np.floor(0.3 * 255 + 0.5), 1.0, (level / 255 / 0.3) ** 2)
        mixed = grey * (1 - cover[..., None]) + table[level] * cover[..., None]
        near = np.abs(values - 0.3) < 1e-5  # a rounding decides there
        sure = ~contour & ~near & ~rim(values, 0.3 + 1e-5) & ~rim(values, 0.3 - 1e-5)
        assert np.abs(shown[sure] - mixed[sure]).max() <= (0.51 if nearest else 3)
        assert (shown[contour & ~near] == CYAN).all()
        assert not (shown[sure] == CYAN).all(axis=-1).any()
        clear = np.isnan(values) | (level == 0)
        assert 0.3 < clear.mean() < 1
        np.testing.assert_array_equal(shown[clear & sure], grey[clear & sure])
    peaks = viewer.page.evaluate("[0, 1, 2].map((axis) => [...viewer.overlays[1].strip(axis, viewer.main.shape)])")
    for axis, strip in enumerate(peaks):
        values = native_values(axis, nearest=nearest)
        expected = np.nan_to_num(values).max(axis=(1, 2))
        if nearest:  # the strip speaks of the cells of a slice, wherever between voxels their middle lies
            np.testing.assert_allclose(strip, expected, atol=1e-6)
        assert int(np.argmax(strip)) in np.flatnonzero(expected == expected.max())


def test_a_clear_map_changes_no_grey(open_case: Opener) -> None:
    viewer = open_case("overlaid")
    setting(viewer, 0, {"visible": False})
    setting(viewer, 1, {"opacity": 0})
    viewer.layout("three")
    for place in range(3):
        np.testing.assert_array_equal(all_planes(viewer, place), plain(place))


def drawn_slices(viewer: Viewer) -> list[int]:
    """Slices along the first axis at which something is drawn in the strip beside its slider."""
    found: list[int] = viewer.page.locator(".mv-track canvas").first.evaluate(
        """(strip) => {
          const { data, width } = strip.getContext('2d').getImageData(0, 0, strip.width, strip.height);
          const count = viewer.main.shape[0];
          const drawn = (slice) => {
            const x = Math.floor(((slice + 0.5) * width) / count);
            for (let y = 0; y < strip.height; y += 1) if (data[4 * (y * width + x) + 3]) return true;
            return false;
          };
          return [...Array(count).keys()].filter(drawn);
        }"""
    )
    return found


def test_the_strip_and_the_peak(open_case: Opener) -> None:
    viewer, truth = open_case("overlaid"), made("overlaid").truth
    viewer.layout("three")
    axes = [tuple({0, 1, 2} - {axis}) for axis in range(3)]
    strips = "[0, 1, 2].map((axis) => [...viewer.overlays[0].strip(axis, viewer.main.shape, 0)])"
    for labels, hidden in (((1, 2), []), ((2,), [1]), ((), [1, 2])):
        setting(viewer, 0, {"hidden": hidden})
        seen = np.isin(truth["mask"], labels)
        counts = [seen.sum(axis=others).tolist() for others in axes]
        assert viewer.page.evaluate(strips) == counts
        # columns of the strip that are drawn, as slices
        assert drawn_slices(viewer) == [n for n, count in enumerate(counts[0]) if count]
    setting(viewer, 0, {"hidden": []})
    viewer.press("p")
    assert viewer.js("picture.index") == [int(np.argmax((truth["mask"] > 0).sum(axis=others))) for others in axes]
    setting(viewer, 0, {"visible": False})
    viewer.press("p")
    cell = np.unravel_index(np.argmax(truth["cells"]), truth["cells"].shape)
    where = (truth["grid"] @ [*cell, 1])[:3]
    assert np.abs(np.array(viewer.js("picture.index")) - where).max() <= 0.5
    box = viewer.page.locator(".mv-track canvas").first.bounding_box()
    assert box is not None
    viewer.page.mouse.click(box["x"] + box["width"] * 0.85, box["y"] + box["height"] / 2)
    viewer.frame()
    assert viewer.js("picture.index[0]") == 8
