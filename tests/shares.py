"""How a run of several workers shares the tests out: by file, those of the browser as one.

A file's fixtures are made once, by the worker that runs it. The browser's tests share two servers and one browser, and
wait for pictures that two browsers on two cores would draw late.
"""

from xdist.scheduler import LoadFileScheduling

BROWSER = "tests/browser/"


class Shares(LoadFileScheduling):
    """Shares named by file or, for the browser's tests, by folder."""

    def _split_scope(self, nodeid: str) -> str:
        return BROWSER if nodeid.startswith(BROWSER) else super()._split_scope(nodeid)
