"""Every visible string can be translated."""

import ast
import gettext
import re

import pytest

from tests.pages.conftest import FRAME

SHOWING = {
    "button", "caption", "error", "expander", "file_uploader", "form_submit_button", "header", "markdown",
    "number_input", "page_link", "progress", "selectbox", "slider", "subheader", "text", "title", "toggle", "warning",
    "write", "say", "info",
}  # fmt: skip
PRODUCT = "MedImg"
FILES = sorted(FRAME.parents[1].rglob("*.py"))


def bare(node: ast.expr) -> bool:
    """Whether an argument is words that no catalogue can reach."""
    if isinstance(node, ast.Constant):
        if not isinstance(node.value, str) or node.value == PRODUCT:
            return False
        return bool(re.search(r"[A-Za-z]{2}", re.sub(r":[a-z]+\[", "", node.value)))  # :orange[ is a colour
    if isinstance(node, ast.JoinedStr):
        return any(bare(part) for part in node.values if isinstance(part, ast.Constant))
    return False


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_words_pass_through_gettext(path):
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    calls = [call for call in calls if getattr(getattr(call.func, "value", None), "id", "") != "_log"]
    names = [(getattr(call.func, "attr", getattr(call.func, "id", "")), call) for call in calls]
    found = [(name, call.lineno) for name, call in names if name in SHOWING and call.args and bare(call.args[0])]
    assert found == []


def test_without_a_catalogue_the_source_speaks():
    from pages._ui import language

    assert language._("Worklist") == "Worklist"
    assert language.ngettext("{n} image", "{n} images", 2) == "{n} images"
    assert isinstance(language._catalogue, gettext.NullTranslations)
