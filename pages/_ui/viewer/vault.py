"""What each session may fetch: arrays under random names, behind a random token that dies with the session."""

import io
import secrets
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from medimg_core.study import AnyArray, Volume
from pages._ui.viewer.slabs import encode, wire_dtype

__all__ = ["VAULT", "Item", "Vault", "session_token"]

KEPT_BYTES = 256 * 1024**2
"""Packed slabs kept for all sessions; the least recently used go."""
SLAB_BYTES = 4 * 1024**2
"""About how much one request brings: 8 slices of 512 x 512."""
THUMBNAIL = 96  # pixels


@dataclass(eq=False)
class Item:
    """An array that may be fetched.

    Attributes:
        id: Random name.
        planes: Shape ``(planes, rows, columns)`` or with a trailing axis of 3; time outermost.
        dtype: In which the values travel.
        thumbnail: Makes a small grey or RGB picture, ``uint8``, or None.
        owner: Gives what it was made from, None once that is gone.
    """

    id: str
    planes: AnyArray = field(repr=False)
    dtype: str
    thumbnail: Callable[[], AnyArray] | None = field(default=None, repr=False)
    owner: Callable[[], object] = field(default=lambda: None, repr=False)

    def describe(self, shape: Sequence[int]) -> dict[str, Any]:
        """What the browser needs to fetch it.

        Args:
            shape: Frames, slices, rows and columns of the planes.
        """
        return {
            "id": self.id,
            "dtype": self.dtype,
            "shape": list(shape),
            "colour": self.planes.ndim == 4,
            "slab": max(1, SLAB_BYTES // max(1, self.planes[0].nbytes)),
        }


class Vault:
    """Items by session; shared by all sessions, so locked.

    Items live as long as what they were made from: a closed study's voxels cannot be fetched any more.
    """

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._lock = threading.Lock()
        self._shelves: dict[str, weakref.WeakKeyDictionary[Any, dict[str, Item]]] = {}
        self._names: dict[str, weakref.WeakValueDictionary[str, Item]] = {}
        self._alive: weakref.WeakValueDictionary[str, Item] = weakref.WeakValueDictionary()
        self._packed: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._kept_bytes = kept_bytes

    def open(self) -> str:
        """Begin a session; returns its token."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._shelves[token] = weakref.WeakKeyDictionary()
            self._names[token] = weakref.WeakValueDictionary()
        return token

    def close(self, token: str) -> None:
        """End a session: its token opens nothing any more."""
        with self._lock:
            self._shelves.pop(token, None)
            for name in list(self._names.pop(token, {})):
                self._alive.pop(name, None)
            self._clear()

    def _clear(self) -> None:
        """Let go packed slabs of items that are gone."""
        for key in [key for key in self._packed if key[0] not in self._alive]:
            del self._packed[key]

    def put(
        self,
        token: str,
        owner: object,
        planes: AnyArray,
        *,
        part: str = "",
        thumbnail: Callable[[], AnyArray] | None = None,
    ) -> Item:
        """Let a session fetch an array; the same owner and part give the same item.

        Args:
            token: Of the session.
            owner: What the array belongs to; the item goes when nobody else holds it.
            planes: See :class:`Item`.
            part: Tells several arrays of one owner apart.
            thumbnail: See :class:`Item`.

        Raises:
            KeyError: The session has ended.
        """
        with self._lock:
            mine = self._shelves[token].setdefault(owner, {})
            if part not in mine:
                name, back = secrets.token_hex(12), weakref.ref(owner)
                mine[part] = Item(name, planes, wire_dtype(planes), thumbnail, back)
                self._names[token][name] = self._alive[name] = mine[part]
                self._clear()
            return mine[part]

    def find(self, token: str, item_id: str) -> Item | None:
        """The item of that name in that session, or None."""
        with self._lock:
            names = self._names.get(token)
            return names.get(item_id) if names is not None else None

    def slab(self, item: Item, first: int, last: int, encoding: str) -> bytes:
        """Bytes of the planes from first to last; packed ones are kept, plain ones are made anew.

        Raises:
            IndexError: There are no such planes.
        """
        if not 0 <= first <= last < len(item.planes):
            raise IndexError(f"planes must lie in 0..{len(item.planes) - 1}")
        if encoding == "raw":
            return encode(item.planes[first : last + 1], item.dtype, encoding)
        return self._kept(
            (item.id, f"{first}-{last}"), lambda: encode(item.planes[first : last + 1], item.dtype, encoding)
        )

    def picture(self, item: Item) -> bytes | None:
        """A PNG of at most 96 pixels, or None for what has no picture."""
        make = item.thumbnail
        return None if make is None else self._kept((item.id, "thumbnail"), lambda: _small_png(make()))

    def _kept(self, key: tuple[str, str], make: Callable[[], bytes]) -> bytes:
        with self._lock:
            if key in self._packed:
                self._packed.move_to_end(key)
                return self._packed[key]
        made = make()
        with self._lock:
            self._packed[key] = made
            while sum(map(len, self._packed.values())) > self._kept_bytes and len(self._packed) > 1:
                self._packed.popitem(last=False)
        return made


def thumbnail_of(volume: Volume) -> AnyArray:
    """The middle slice as it is shown at first, ``uint8``, thinned to about 96 pixels."""
    middle, frame = volume.shape[0] // 2, 0
    step = max(1, min(volume.shape[1:]) // THUMBNAIL)
    grey = volume.presented(middle, frame=frame)[::step, ::step]
    return np.asarray(np.nan_to_num(grey) * 255 + 0.5).clip(0, 255).astype(np.uint8)


def _small_png(picture: AnyArray) -> bytes:
    image = Image.fromarray(picture)
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


VAULT = Vault()


@st.cache_resource(scope="session", show_spinner=False, on_release=VAULT.close)
def session_token() -> str:
    """Token of the session that runs the script."""
    return VAULT.open()
