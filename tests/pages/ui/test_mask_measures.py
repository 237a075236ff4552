"""Figures of masks as they are on show."""

import dataclasses

import numpy as np
import pytest

from medimg_core.correcting import Drop
from medimg_core.study import Series, Volume
from pages._ui.mask_measures import measured, withheld
from tests.pages.conftest import make_case, make_ct, make_masks, make_series, make_study, put_card
from tests.tiny_model import MASKS

BOX = (1, (1, 3), (1, 4), (1, 4))


def held(series, **changes):
    case = make_case(make_study(1, series))
    result = make_masks(case.volume, BOX if series.volume.shape[0] > 1 else (1, (0, 0), (1, 4), (1, 4)), **changes)
    return case.with_segmentation(case.series_key, result), result


def test_the_models_figures_until_something_is_corrected(tmp_path):
    card = put_card(tmp_path, MASKS, "tiny_masks")
    case, result = held(make_ct(5))
    found = measured(case, card, result)
    assert (found.regions, found.volumes_ml, found.corrected) == (result.regions, result.volumes_ml, None)
    assert found.differences == ()
    after = case.with_edits(result, [Drop((2, 2, 2))])
    corrected = measured(after, card, result)
    assert corrected.regions == ()
    assert corrected.volumes_ml == {"bright": 0.0}
    assert corrected.differences[0].removed == 48
    assert measured(after.with_view(slice_index=1), card, result).again is corrected.again  # measured once


@pytest.mark.parametrize(
    ("extent", "series", "changes", "why"),
    [
        ("volume", make_ct(5), {}, "the images read may not hold all of it"),
        ("volume", make_ct(5), {"slices": (2, 2)}, "a single image was read"),
        ("reader", make_ct(5), {}, "nobody has said which images hold the bright"),
        ("reader", make_ct(5), {"declared": ("first and last slice",)}, "the images read may not hold all of it"),
        (
            "volume",
            Series("1.5", "CT", Volume(np.zeros((5, 6, 8), np.int16))),
            {},
            "the file does not say where its images lie in the body",
        ),
        ("volume", make_series(1), {}, ""),
        ("image", dataclasses.replace(make_series(1), modality="US"), {}, ""),
    ],
)
def test_why_there_is_no_volume(tmp_path, extent, series, changes, why):
    card = put_card(tmp_path, MASKS.replace('extent = "volume"', f'extent = "{extent}"'), "tiny_masks")
    case, result = held(series, whole=False, **changes)
    assert withheld(case, card, result, "bright") == why
