"""What the browser fetches beside the pages: the viewer's modules, and voxels for those who hold a token."""

import base64
import gzip
import hashlib
import json
import re
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from medimg_core.explain import COLORMAPS, DIVERGING, colour_table
from medimg_core.io.palettes import PALETTES, palette
from pages._ui.viewer.slabs import ENCODINGS
from pages._ui.viewer.vault import VAULT, Vault
from pages._ui.viewer.words import words

__all__ = ["MODULES", "address", "routes", "style", "voxel_address"]

_FOLDER = Path(__file__).parent
MODULES = (
    "brush.js",
    "cine.js",
    "commands.js",
    "correcting.js",
    "correction.js",
    "fetcher.js",
    "findings.js",
    "grey.js",
    "history.js",
    "holdings.js",
    "icons.js",
    "keys.js",
    "marks.js",
    "measure.js",
    "measuring.js",
    "overlays.js",
    "pane.js",
    "panels.js",
    "picture.js",
    "planes.js",
    "pointer.js",
    "sheet.js",
    "telling.js",
    "viewer.js",
    "voxels.js",
)
"""Modules that are served, each by its very name; nothing else of the folder is."""
_RANGE = re.compile(r"(\d{1,7})-(\d{1,7})")
# no-store: a browser's disk cache would keep a patient's images after the session
_VOXEL_HEADERS = {
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
# the address changes with the modules, so that a browser never mixes two releases
_MODULE_HEADERS = {"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


@cache
def _modules() -> dict[str, str]:
    """Text of everything that is served as a module."""
    found = {name: (_FOLDER / name).read_text(encoding="utf-8") for name in MODULES}
    found["words.js"] = f"export default {json.dumps(words(), ensure_ascii=False)};\n"
    tables = {name: palette(name) for name in PALETTES} | {name: colour_table(name) for name in (*COLORMAPS, DIVERGING)}
    texts = {name: base64.b64encode(table.tobytes()).decode() for name, table in tables.items()}
    found["palettes.js"] = f"export default {json.dumps(texts)};\n"
    return found


@cache
def _release() -> str:
    digest = hashlib.sha256()
    for name, text in sorted(_modules().items()):
        digest.update(name.encode() + text.encode())
    return digest.hexdigest()[:16]


def style() -> str:
    """The viewer's style sheet."""
    return (_FOLDER / "viewer.css").read_text(encoding="utf-8")


def _base() -> str:
    from streamlit import config

    prefix = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{prefix}/medimg" if prefix else "/medimg"


def address() -> str:
    """Where the viewer's modules are, with a slash at the end."""
    return f"{_base()}/viewer/{_release()}/"


def voxel_address() -> str:
    """Where voxels are."""
    return f"{_base()}/voxels"


@cache
def _packed(name: str) -> bytes:
    return gzip.compress(_modules()[name].encode(), 9, mtime=0)


def _module(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _modules() or request.path_params["release"] != _release():
        return Response(status_code=404)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(_modules()[name], media_type="text/javascript", headers=_MODULE_HEADERS)
    headers = _MODULE_HEADERS | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(_packed(name), media_type="text/javascript", headers=headers)


def _missing() -> Response:
    """One answer for a wrong token, a wrong name and a wrong slice: it tells nothing."""
    return Response(status_code=404, headers=_VOXEL_HEADERS)


def routes(vault: Vault = VAULT) -> list[Route]:
    """Routes for the server.

    Args:
        vault: What may be fetched.
    """

    def voxels(request: Request) -> Response:
        item = vault.find(request.headers.get("x-medimg-session", ""), request.path_params["item"])
        encoding = request.query_params.get("as", "gzip")
        planes = _RANGE.fullmatch(request.path_params["planes"])
        if item is None or planes is None or encoding not in ENCODINGS:
            return _missing()
        try:
            content = vault.slab(item, int(planes[1]), int(planes[2]), encoding)
        except IndexError:
            return _missing()
        # "identity" keeps the server from packing plain slabs after all, at a level that takes seconds a study
        headers = _VOXEL_HEADERS | {"Content-Encoding": "gzip" if encoding == "gzip" else "identity"}
        return Response(content, media_type="application/octet-stream", headers=headers)

    def thumbnail(request: Request) -> Response:
        item = vault.find(request.headers.get("x-medimg-session", ""), request.path_params["item"])
        content = None if item is None else vault.picture(item)
        return _missing() if content is None else Response(content, media_type="image/png", headers=_VOXEL_HEADERS)

    base = _base()
    return [
        Route(f"{base}/viewer/{{release}}/{{name}}", _module),
        Route(f"{base}/voxels/{{item}}/thumbnail", thumbnail),
        Route(f"{base}/voxels/{{item}}/{{planes}}", voxels),
    ]
