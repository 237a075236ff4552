"""Exported models on disk: private, whole, rebuilt when damaged."""

import dataclasses
import shutil
import stat
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from medimg_core.engine import cache, session
from medimg_core.errors import ModelError


@pytest.fixture
def fresh(monkeypatch, tmp_path, tiny_model):
    """A cache of this test alone, filled by copying, and no session in memory; gives card and entry."""
    whole = cache.entry(tiny_model)
    monkeypatch.setenv("MEDIMG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(session, "_sessions", {})
    copy = cache.cache_dir() / whole.name
    shutil.copytree(whole, copy)
    return tiny_model, copy


def test_the_folder_is_private(fresh):
    _, entry = fresh
    assert stat.S_IMODE(entry.parent.stat().st_mode) == 0o700


def test_a_whole_entry_is_used_as_it_is(fresh):
    card, entry = fresh
    before = (entry / "model.onnx").stat().st_mtime_ns
    assert cache.entry(card) == entry
    assert (entry / "model.onnx").stat().st_mtime_ns == before


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("model.onnx", cut),
        ("model.onnx", flip),
        ("model.onnx", lambda path: path.unlink()),
        ("head.npz", cut),
        ("meta.json", cut),
        ("meta.json", lambda path: path.write_text("[]")),
    ],
)
def test_damage_is_seen(fresh, name, damage):
    card, entry = fresh
    damage(entry / name)
    assert not cache.is_whole(entry, card.sha256)


def test_a_damaged_entry_is_built_again_and_then_works(fresh):
    card, entry = fresh
    cut(entry / "model.onnx")
    batch = np.ones((1, *card.input.size, 1), np.float32)
    with ThreadPoolExecutor(4) as pool:  # all four find the damage; one of them repairs it
        results = list(pool.map(lambda _: session.forward(card, batch).logits, range(4)))
    assert cache.is_whole(entry, card.sha256)
    for logits in results:
        np.testing.assert_array_equal(logits, results[0])
    assert [path.name for path in entry.parent.iterdir() if path.name.startswith(".export")] == []


def test_several_who_ask_at_once_export_once(fresh, monkeypatch):
    card, entry = fresh
    kept = {path.name: path.read_bytes() for path in entry.iterdir()}
    cache.discard(card)
    exports = []

    def export(model_id, spec, out):  # stands in for the program, as slow as it is
        exports.append(model_id)
        time.sleep(0.3)
        for name, content in kept.items():
            (out / name).write_bytes(content)

    monkeypatch.setattr(cache, "_run", export)
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: cache.entry(card), range(6)))
    assert exports == [card.id]
    assert found == [entry] * 6
    assert cache.is_whole(entry, card.sha256)


def test_an_export_that_is_not_complete_is_not_kept(fresh, monkeypatch):
    card, entry = fresh
    cache.discard(card)
    monkeypatch.setattr(cache, "_run", lambda model_id, spec, out: (out / "model.onnx").write_bytes(b"half"))
    with pytest.raises(ModelError, match="must be complete; what came is not"):
        cache.entry(card)
    assert not entry.exists()


def test_another_model_has_another_entry(fresh):
    card, entry = fresh
    other = dataclasses.replace(card, cam=None)
    assert cache.entry_folder(other) != entry


def test_an_export_that_fails_says_why_and_leaves_nothing(fresh):
    card, entry = fresh
    output = dataclasses.replace(card.outputs[0], name="no_such_layer")
    wrong = dataclasses.replace(card, outputs=(output,))
    with pytest.raises(ModelError, match="could not be exported to ONNX: the card must name layers of the network"):
        cache.entry(wrong)
    left = [path for path in entry.parent.iterdir() if path.suffix != ".lock"]
    assert left == [entry]


def test_a_cache_that_cannot_be_made_is_a_clear_error(monkeypatch, tmp_path, tiny_model):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MEDIMG_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="the cache folder must be one that can be made"):
        cache.entry(tiny_model)


def test_the_lock_is_released(fresh):
    card, entry = fresh
    cache.discard(card)
    assert not entry.exists()
    cache.discard(card)  # would wait for ever on a lock that is still held
    assert [path.name for path in entry.parent.iterdir()] == [f"{entry.name}.lock"]
