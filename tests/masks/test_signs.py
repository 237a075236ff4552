"""Each sign of failure, on a mask drawn to show it and nothing else."""

import math

import numpy as np
import pytest

from medimg_core.masks import ORDER, flags, in_order, parts
from medimg_core.registry import MaskSpec
from medimg_core.results import Flag, MaskLabel

LABELS = (MaskLabel(1, "lungs"),)
SHAPE = (8, 20, 30)


def spec(**more):
    fields = {
        "threshold": 0.5, "components": 0, "sides": False, "extent": "volume", "plausible": (), "agreement": 0.0,
        "targets": (),
    }  # fmt: skip
    return MaskSpec(**{**fields, **more})


def sound():
    """Two blocks, one in each half, in the slices 2 to 5."""
    mask = np.zeros(SHAPE, np.uint8)
    mask[2:6, 5:15, 4:12] = 1
    mask[2:6, 5:15, 18:26] = 1
    return mask


def signs(mask, *, components=0, agreed=None, told=None, **more):
    raw = [parts(mask, label.value) for label in LABELS]
    kept = [one.first(components) for one in raw]
    found = flags(
        raw, kept, LABELS, spec(components=components, **more),
        shape=mask.shape, told=told, agreement=agreed or {},
    )  # fmt: skip
    return {flag.code: flag for flag in found}


def drawn(change):
    mask = sound()
    change(mask)
    return mask


def cut(*places):
    def change(mask):
        for place in places:
            mask[place] = 0

    return change


def add(place):
    def change(mask):
        mask[place] = 1

    return change


def test_a_sound_mask_has_no_sign():
    share = 160 / 600
    assert (
        signs(sound(), sides=True, plausible=((share - 0.01, share + 0.01),), agreement=0.7, agreed={"lungs": 0.95})
        == {}
    )


@pytest.mark.parametrize(
    ("mask", "more", "code", "slices"),
    [
        (np.zeros(SHAPE, np.uint8), {}, "empty", ()),
        (drawn(cut(4)), {}, "gap", (4,)),
        (sound(), {"extent": "reader", "told": (1, 6)}, "gap", (1, 6)),
        (drawn(add(np.s_[3:5, 1:4, 8:20])), {"components": 2}, "left_out", ()),
        (drawn(cut(np.s_[2, :, 18:])), {"plausible": ((0.2, 0.3),)}, "size", (2,)),
        (drawn(add(np.s_[3, 2:18, 2:28])), {"plausible": ((0.1, 0.3),)}, "size", (3,)),
        (sound(), {"agreement": 0.7, "agreed": {"lungs": 0.69}}, "agreement", ()),
        (drawn(cut(np.s_[:, :, 18:])), {"sides": True}, "sides", ()),
        (drawn(add(np.s_[2:6, 8, 12:18])), {"sides": True}, "sides", ()),  # run together
        (drawn(add(np.s_[3, 8, 0:4])), {}, "border", (3,)),
        (drawn(add(np.s_[4:6, 15:, 20])), {}, "border", (4, 5)),
        (drawn(add(np.s_[0:2, 5:15, 18:26])), {}, "ends", (0,)),
    ],
)
def test_each_sign(mask, more, code, slices):
    found = signs(mask, **more)
    assert set(found) == {code}
    assert found[code].slices == slices
    assert "lungs" in found[code].text


@pytest.mark.parametrize(
    ("mask", "more"),
    [
        (drawn(add(np.s_[7, 0:2, 5])), {"components": 2}),  # a speck that was taken away hides and shows nothing
        (drawn(cut(np.s_[0:2])), {"extent": "reader", "told": (2, 5)}),
        (sound(), {"agreed": {"lungs": math.nan}}),
        (sound()[2:6], {"extent": "reader"}),
        (sound()[2:3], {}),  # a single image has no ends
    ],
)
def test_what_is_no_sign(mask, more):
    assert signs(mask, **more) == {}


def test_a_speck_far_away_makes_no_gap():
    mask = drawn(add(np.s_[7, 10, 10]))
    assert set(signs(mask)) == {"ends"}


def test_several_empty_labels_are_one_sign():
    labels = (MaskLabel(1, "dark"), MaskLabel(2, "bright"))
    none = [parts(np.zeros(SHAPE, np.uint8), label.value) for label in labels]
    (flag,) = flags(none, none, labels, spec(), shape=SHAPE, told=None, agreement={})
    assert flag.text == "Nothing was marked as dark or bright. That does not say that there is none."


def test_the_worst_comes_first():
    given = [Flag(code, "") for code in sorted(ORDER)]
    assert tuple(flag.code for flag in in_order(given)) == ORDER
