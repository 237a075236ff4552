"""Phantoms of the guided cases, made before anybody asks: who shows one waits for nothing."""

from collections.abc import Sequence
from functools import cache
from threading import Thread

from medimg_core.demo import Story
from medimg_core.phantoms import make_phantom

__all__ = ["prepare"]


def prepare(stories: Sequence[Story]) -> None:
    """Make the phantoms of these cases in the background, once a server; they are kept in memory.

    Args:
        stories: On phantoms.
    """
    _begin(tuple((story.phantom, story.seed) for story in stories))


@cache
def _begin(wanted: tuple[tuple[str, int], ...]) -> Thread:
    thread = Thread(target=_make, args=(wanted,), name="medimg-ahead", daemon=True)
    thread.start()
    return thread


def _make(wanted: tuple[tuple[str, int], ...]) -> None:
    for phantom, seed in wanted:
        make_phantom(phantom, seed=seed)
