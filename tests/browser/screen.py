"""One window of the browser for many tests: opening one costs a browser more than the page in it.

What a test leaves behind in it is taken away; after a test that failed it is closed, and the next one opens another.
"""

from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Request, WebSocket

SIZE = {"width": 1440, "height": 900}
FORGET = "() => { localStorage.clear(); sessionStorage.clear(); }"


class Screen:
    """A reading room's window, with a page that each test finds blank.

    Attributes:
        strangers: Addresses on other machines that were asked since :meth:`enter`.
    """

    def __init__(self, chromium: Browser, patience: float) -> None:
        """Of a browser; ``patience`` in milliseconds."""
        self._chromium, self._patience = chromium, patience
        self._context: BrowserContext | None = None
        self._free = False
        self.strangers: list[str] = []

    def enter(self) -> BrowserContext:
        """Begin a test."""
        self.strangers.clear()
        self._free = True
        if self._context is None:
            self._context = self._chromium.new_context(viewport=SIZE)
            self._context.on("request", self._asked)
            self._context.on("page", lambda page: page.on("websocket", self._asked))
            self._context.new_page()
            self._context.set_default_timeout(self._patience)
        return self._context

    def page(self) -> Page:
        """The window's page for the first of a test who asks, a new one for others."""
        assert self._context is not None
        free, self._free = self._free, False
        return self._context.pages[0] if free else self._context.new_page()

    def leave(self) -> None:
        """End a test that went well."""
        context = self._context
        assert context is not None
        page, *others = context.pages
        for other in others:
            other.close()
        page.unroute_all()
        context.unroute_all()
        context.clear_cookies()
        if page.url.startswith("http"):
            page.evaluate(FORGET)
        page.mouse.move(0, 0)
        page.goto("about:blank")
        page.set_default_timeout(self._patience)

    def close(self) -> None:
        """Give the window up."""
        if self._context is not None:
            self._context.close()
        self._context = None

    def _asked(self, what: Request | WebSocket) -> None:
        parts = urlsplit(what.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            self.strangers.append(what.url)
