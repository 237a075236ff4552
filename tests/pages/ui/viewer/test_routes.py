"""The routes: modules by their names, voxels for who holds the token, one answer for everything else."""

import gzip
import re

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from medimg_core.study import Volume
from pages._ui.viewer import routes as module
from pages._ui.viewer.routes import MODULES, address, routes, voxel_address
from pages._ui.viewer.vault import Vault


@pytest.fixture
def room():
    """A client, its vault, a token and an item of six planes."""
    vault = Vault()
    token = vault.open()
    volume = Volume(np.arange(6 * 4 * 5, dtype=np.int16).reshape(6, 4, 5))
    item = vault.put(token, volume, volume.array, thumbnail=lambda: np.zeros((4, 5), np.uint8))
    return TestClient(Starlette(routes=routes(vault))), vault, token, item, volume


def ask(client, path, token=None):
    return client.get(path, headers={} if token is None else {"X-MedImg-Session": token})


def test_every_module_is_listed_and_served():
    client = TestClient(Starlette(routes=routes(Vault())))
    assert set(MODULES) == {path.name for path in module._FOLDER.glob("*.js")}
    for name in (*MODULES, "words.js", "palettes.js"):
        answer = client.get(address() + name)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]


def test_what_a_module_imports_is_served():
    for name in MODULES:
        text = (module._FOLDER / name).read_text(encoding="utf-8")
        for wanted in re.findall(r'(?:from|import\(|new URL\()\s*"\./([^"]+)"', text):
            assert wanted in (*MODULES, "words.js", "palettes.js"), (name, wanted)
        assert "http://www.w3.org" in text or "http" not in text.replace("https://www.w3.org", "")


@pytest.mark.parametrize(
    "name", ["viewer.css", "component.py", "../component.py", "..%2Fcomponent.py", "%2e%2e/state.py", "nothing.js", ""]
)
def test_nothing_else_of_the_folder_is_served(name):
    client = TestClient(Starlette(routes=routes(Vault())))
    assert client.get(address() + name).status_code == 404


def test_a_module_of_another_release_is_not_served():
    client = TestClient(Starlette(routes=routes(Vault())))
    assert client.get("/medimg/viewer/0123456789abcdef/viewer.js").status_code == 404


def test_every_word_the_modules_ask_for_is_there():
    known = module.words()
    for name in MODULES:
        text = (module._FOLDER / name).read_text(encoding="utf-8")
        for word in re.findall(r"(?<!/)\bwords\.([a-z_]+)\b", text):
            assert word in known, (name, word)


@pytest.mark.parametrize("encoding", ["raw", "gzip"])
def test_voxels_for_who_holds_the_token(room, encoding):
    client, _, token, item, volume = room
    answer = ask(client, f"{voxel_address()}/{item.id}/1-3?as={encoding}", token)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    content = answer.content  # the client has undone the content encoding
    if encoding == "gzip":
        content = np.frombuffer(content, np.uint8).reshape(2, -1).T.tobytes()
    assert content == volume.array[1:4].tobytes()


def test_plain_slabs_are_not_packed_on_the_way(room):
    client, _, token, item, _ = room
    assert ask(client, f"{voxel_address()}/{item.id}/0-0?as=raw", token).headers["content-encoding"] == "identity"


def test_every_refusal_is_the_same_and_says_nothing(room):
    client, vault, token, item, _ = room
    other = vault.open()
    path = f"{voxel_address()}/{item.id}"
    wrong = [
        (f"{path}/0-0?as=raw", None),
        (f"{path}/0-0?as=raw", ""),
        (f"{path}/0-0?as=raw", other),
        (f"{path}/0-0?as=raw", "A" * len(token)),
        (f"{path}/6-6?as=raw", token),
        (f"{path}/3-1?as=raw", token),
        (f"{path}/0-0?as=zip", token),
        (f"{path}/first?as=raw", token),
        (f"{voxel_address()}/{'0' * 24}/0-0", token),
        (f"{path}/thumbnail", other),
    ]
    answers = [ask(client, address, key) for address, key in wrong]
    assert {(answer.status_code, answer.content, tuple(sorted(answer.headers.items()))) for answer in answers} == {
        (404, b"", tuple(sorted(answers[0].headers.items())))
    }


def test_a_thumbnail_is_a_picture(room):
    client, _, token, item, _ = room
    answer = ask(client, f"{voxel_address()}/{item.id}/thumbnail", token)
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")


def test_modules_are_packed_once_for_those_who_take_it():
    client = TestClient(Starlette(routes=routes(Vault())))
    answer = client.get(address() + "viewer.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(module._packed("viewer.js")).decode() == answer.text
    plain = client.get(address() + "viewer.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == answer.text
