"""Methods that make one map are one."""

import pytest

from medimg_core.explain.distinct import distinct
from medimg_core.explain.planted import planted_card


@pytest.mark.parametrize(
    ("model", "names", "groups"),
    [
        (
            "planted_pooled",
            ("occlusion", "grad_cam", "layer_cam", "hires_cam"),
            (("occlusion",), ("grad_cam", "hires_cam"), ("layer_cam",)),
        ),
        ("planted_flat", ("grad_cam", "hires_cam"), (("grad_cam",), ("hires_cam",))),
        ("planted_pooled", (), ()),
    ],
)
def test_groups(model, names, groups):
    assert distinct(planted_card(model), names) == groups
