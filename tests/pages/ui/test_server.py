"""The server's arguments."""

import asyncio
import gc
import logging
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pages._ui import server
from pages._ui.errors import SafeTraceback, on_script_error

EVERYWHERE = "0.0.0.0"  # noqa: S104 - the very thing that is refused


@pytest.fixture
def bound(monkeypatch):
    def to(address, *, has_auth=False):
        monkeypatch.setattr(server.st, "get_option", {"server.address": address}.get)
        monkeypatch.setattr(server, "auth_configured", lambda: has_auth)
        monkeypatch.setattr(server, "can_sign_in", lambda: True)

    return to


def test_it_refuses_to_start_open(bound, capsys):
    bound(EVERYWHERE)
    with pytest.raises(SystemExit):
        server.options()
    assert "MedImg does not start" in capsys.readouterr().err


@pytest.mark.parametrize(("address", "has_auth"), [("127.0.0.1", False), (EVERYWHERE, True)])
def test_it_starts(bound, address, has_auth):
    bound(address, has_auth=has_auth)
    options = server.options()
    assert options["on_script_error"] is on_script_error
    assert [route.path.split("/")[1:3] for route in options["routes"]] == [
        ["medimg", "viewer"],
        *[["medimg", "voxels"]] * 2,
    ]
    assert server.FRAME.is_file()


def test_what_is_loaded_at_the_start_is_no_garbage_collectors_business():
    gc.unfreeze()  # a test runner may freeze too
    try:
        server.settle()
        frozen, left = gc.get_freeze_count(), len(gc.get_objects())
    finally:
        gc.unfreeze()
    assert {"altair", "pydicom", "nibabel"} <= set(sys.modules)
    assert left < frozen / 10


def test_the_server_settles_as_it_starts(bound, monkeypatch):
    bound("127.0.0.1")
    done = threading.Event()
    monkeypatch.setattr(server, "settle", done.set)

    async def serve():
        async with server.options()["lifespan"](None):
            return await asyncio.to_thread(done.wait, 60)

    with ThreadPoolExecutor(1) as pool:  # the browser's driver may run a loop in this thread
        assert pool.submit(asyncio.run, serve()).result()


def test_logs_keep_the_place_and_lose_the_message():
    try:
        raise ValueError("DOE^JOHN")
    except ValueError:
        record = logging.LogRecord("streamlit", logging.ERROR, "f", 1, "Uncaught app execution", (), sys.exc_info())
    assert SafeTraceback().filter(record)
    text = logging.Formatter().format(record)
    assert "ValueError at test_server.py" in text
    assert "DOE" not in text


def test_an_unknown_theme_is_told_and_nothing_starts(bound, monkeypatch, capsys):
    bound("127.0.0.1")
    monkeypatch.setenv("MEDIMG_THEME", "pink")
    with pytest.raises(SystemExit):
        server.options()
    assert "MEDIMG_THEME must be dark or light" in capsys.readouterr().err


def test_the_light_theme_is_set_before_anybody_connects(bound, monkeypatch):
    bound("127.0.0.1")
    said = {}
    monkeypatch.setenv("MEDIMG_THEME", "light")
    monkeypatch.setattr(server.config, "set_option", said.__setitem__)
    server.options()
    assert said["theme.base"] == "light"
    assert all(name.startswith("theme.") for name in said)
