"""What a session may fetch, and for how long."""

import gc
import io

import numpy as np
import pytest
from PIL import Image

from medimg_core.study import Volume
from medimg_core.voi import Window
from pages._ui.viewer.vault import Vault, thumbnail_of


def planes(count=6):
    return np.arange(count * 4 * 5, dtype=np.int16).reshape(count, 4, 5)


def test_an_item_is_found_by_its_own_session_only():
    vault = Vault()
    mine, other = vault.open(), vault.open()
    volume = Volume(planes())
    item = vault.put(mine, volume, volume.array)
    assert vault.find(mine, item.id) is item
    for token, name in ((other, item.id), ("", item.id), (mine[:-1], item.id), (mine, item.id[:-1]), (mine, "")):
        assert vault.find(token, name) is None


def test_names_and_tokens_are_long_and_differ():
    vault = Vault()
    tokens = {vault.open() for _ in range(50)}
    assert len(tokens) == 50
    assert min(map(len, tokens)) >= 40
    volume = Volume(planes())
    names = {vault.put(token, volume, volume.array).id for token in tokens}
    assert len(names) == 50  # the same volume in another session has another name
    assert min(map(len, names)) == 24


def test_the_same_owner_and_part_give_the_same_item():
    vault = Vault()
    token, volume = vault.open(), Volume(planes())
    first = vault.put(token, volume, volume.array)
    assert vault.put(token, volume, volume.array) is first
    assert vault.put(token, volume, volume.array, part="mask") is not first


def test_a_session_that_ended_opens_nothing():
    vault = Vault()
    token, volume = vault.open(), Volume(planes())
    item = vault.put(token, volume, volume.array)
    vault.slab(item, 0, 1, "gzip")
    vault.close(token)
    assert vault.find(token, item.id) is None
    assert not vault._packed
    with pytest.raises(KeyError):
        vault.put(token, volume, volume.array)
    vault.close(token)  # twice is once


def test_a_volume_that_was_closed_cannot_be_fetched():
    vault = Vault()
    token, volume = vault.open(), Volume(planes())
    name = vault.put(token, volume, volume.array).id
    del volume
    gc.collect()
    assert vault.find(token, name) is None


def test_slabs_are_the_planes_asked_for():
    vault = Vault()
    token, volume = vault.open(), Volume(planes())
    item = vault.put(token, volume, volume.array)
    assert vault.slab(item, 2, 4, "raw") == volume.array[2:5].tobytes()
    assert vault.slab(item, 2, 4, "gzip") is vault.slab(item, 2, 4, "gzip")  # packed once


@pytest.mark.parametrize(("first", "last"), [(0, 6), (-1, 2), (4, 3), (6, 6)])
def test_there_are_no_other_planes(first, last):
    vault = Vault()
    token, volume = vault.open(), Volume(planes())
    with pytest.raises(IndexError):
        vault.slab(vault.put(token, volume, volume.array), first, last, "raw")


def test_packed_slabs_are_kept_up_to_a_limit():
    vault = Vault(kept_bytes=200)
    token = vault.open()
    rng = np.random.default_rng(1)
    volume = Volume(rng.integers(-30000, 30000, (6, 8, 8)).astype(np.int16))
    item = vault.put(token, volume, volume.array)
    kept = vault.slab(item, 5, 5, "gzip")
    for plane in range(4):
        vault.slab(item, plane, plane, "gzip")
    assert sum(map(len, vault._packed.values())) <= 200
    again = vault.slab(item, 5, 5, "gzip")
    assert again == kept
    assert again is not kept


def test_a_thumbnail_shows_the_middle_slice_upright():
    values = np.zeros((3, 300, 200), np.int16)
    values[1, :150, :100] = 1000
    volume = Volume(values, voi=(Window(500, 1000),))
    small = thumbnail_of(volume)
    assert max(small.shape) <= 300
    assert small[0, 0] == 255
    assert small[-1, -1] == small[0, -1] == 0
    vault = Vault()
    token = vault.open()
    item = vault.put(token, volume, volume.array, thumbnail=lambda: small)
    picture = Image.open(io.BytesIO(vault.picture(item)))
    assert picture.size == (64, 96)
    assert vault.picture(vault.put(token, volume, volume.array, part="mask")) is None
