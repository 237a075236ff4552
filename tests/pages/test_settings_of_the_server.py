"""What must never change in .streamlit/config.toml, and the literal call in app.py."""

import ast
import tomllib
from pathlib import Path

import pytest

from medimg_core.errors import IncompatibleInputError
from pages._ui.theme import DARK, LIGHT_OPTIONS, options

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def settings():
    return tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("server", "address", "127.0.0.1"),
        ("server", "enableXsrfProtection", True),
        ("server", "enableCORS", True),
        ("server", "enableAgentApi", False),
        ("server", "enableStaticServing", False),
        ("browser", "gatherUsageStats", False),
        ("client", "showErrorDetails", "none"),
        ("client", "toolbarMode", "minimal"),
        ("logger", "enableRich", False),
        ("theme", "base", "dark"),
    ],
)
def test_safe_settings(settings, section, name, value):
    assert settings[section][name] == value


def test_drawings_have_the_colours_of_the_theme(settings):
    theme = settings["theme"]
    assert (theme["primaryColor"], theme["textColor"], theme["orangeColor"]) == (DARK.accent, DARK.text, DARK.caution)


def test_the_light_theme_replaces_every_colour_of_the_dark_one(settings):
    colours = {name for name in settings["theme"] if name.endswith("Color")}
    assert colours <= set(LIGHT_OPTIONS)
    assert options("light")["base"] == "light"
    assert options("") == options("dark") == {}
    with pytest.raises(IncompatibleInputError, match="MEDIMG_THEME must be dark or light"):
        options("pink")


def test_hosts_are_this_computer(settings):
    assert set(settings["server"]["allowedHosts"]) == {"127.0.0.1", "localhost"}


def test_there_is_an_upload_limit(settings):
    assert 0 < settings["server"]["maxUploadSize"] <= 2048


def test_streamlit_finds_the_application_in_app_py():
    from streamlit.web.server.app_discovery import discover_asgi_app

    found = discover_asgi_app(ROOT / "app.py")
    assert found.is_asgi_app
    assert found.import_string == "app:app"


def test_app_py_does_nothing_else():
    tree = ast.parse((ROOT / "app.py").read_text(encoding="utf-8"))
    assert len(tree.body) <= 4
