"""The weights' arrays in a Keras file: plain numbers, all of them in the file itself. Needs no Keras.

An HDF5 file can point into other files: by external links, by data sets whose numbers lie elsewhere and by virtual
ones. It can also claim arrays far larger than what it stores.
"""

import math
from collections.abc import Iterator
from typing import Any

__all__ = ["objections"]

LIMIT = 2048 * 1024 * 1024
"""Size of all arrays together, in bytes."""
_EXPANSION = 100
_FREE = 1024 * 1024
_OBJECTS = 100_000
_FILTERS = frozenset({1, 2, 3, 32000})  # deflate, shuffle, checksum and LZF, which h5py brings along


def objections(values: bytes) -> Iterator[str]:
    """What is wrong with the weights of a Keras file.

    Args:
        values: The HDF5 file, in memory.

    Yields:
        One sentence for each rule broken.
    """
    from h5py import h5f, h5l, h5o

    links: list[bytes] = []
    objects: list[tuple[bytes, int]] = []

    def link(name: bytes, info: Any) -> bool | None:
        if info.type != h5l.TYPE_HARD:
            links.append(name)
        return True if links else None

    def entry(name: bytes, info: Any) -> bool | None:
        objects.append((name, info.type))
        return True if len(objects) > _OBJECTS else None

    try:
        file = h5f.open_file_image(values)
        try:
            file.links.visit(link, info=True)
            if links:
                yield f"the weights' file must hold no soft or external links; {_text(links[0])} is one"
                return
            h5o.visit(file, entry, info=True)
            yield from _arrays(file, [entry for entry in objects if entry[1] != h5o.TYPE_GROUP])
        finally:
            file.close()
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        yield f"the weights' file must be an HDF5 file that can be read; {type(error).__name__} came"


def _arrays(file: Any, objects: list[tuple[bytes, int]]) -> Iterator[str]:
    if len(objects) > _OBJECTS:
        yield f"the weights' file must hold at most {_OBJECTS} objects"
        return
    total = 0
    for name, kind in objects:
        size, problem = _dataset(file, name, kind)
        total += size
        if problem:
            yield f"the weights' file must hold plain arrays of numbers; {_text(name)} {problem}"
    if total > LIMIT:
        yield f"arrays of the weights' file must take at most {LIMIT} bytes, they say {total}"


def _text(name: bytes) -> str:
    return repr(name.decode("utf-8", "replace")[:80])


def _dataset(file: Any, name: bytes, kind: int) -> tuple[int, str]:
    """Size that an array claims, in bytes, and what is wrong with it."""
    from h5py import h5d, h5o, h5s, h5t

    if kind != h5o.TYPE_DATASET:
        return 0, "is no array"
    dataset = h5d.open(file, name)
    layout = dataset.get_create_plist()
    if layout.get_external_count() or layout.get_layout() not in (h5d.COMPACT, h5d.CONTIGUOUS, h5d.CHUNKED):
        return 0, "keeps its numbers elsewhere"
    if any(layout.get_filter(index)[0] not in _FILTERS for index in range(layout.get_nfilters())):
        return 0, "needs a decoder that is not built in"
    found = dataset.get_type()
    # bfloat16 is stored as two opaque bytes
    plain = found.get_class() in (h5t.INTEGER, h5t.FLOAT, h5t.ENUM) or (
        found.get_class() == h5t.OPAQUE and found.get_size() == 2
    )
    if not plain:
        return 0, "holds something else"
    space = dataset.get_space()
    count = math.prod(space.shape) if space.get_simple_extent_type() == h5s.SIMPLE else 1
    size = count * int(found.get_size())
    if size > max(_FREE, _EXPANSION * dataset.get_storage_size()):
        return size, f"says {size} bytes and stores {dataset.get_storage_size()}"
    return size, ""
