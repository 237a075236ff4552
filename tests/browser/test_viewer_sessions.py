"""What the server gives out, to whom, and that nothing of it lies in an address."""

import http.client
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.browser.conftest import PATIENCE
from tests.browser.viewer_stage import Opener, Viewer, volume_of

pytestmark = pytest.mark.browser

FETCH = """async ([address, token]) => {
  const headers = token === null ? {} : { 'X-MedImg-Session': token };
  const answer = await fetch(address, { headers, cache: 'no-store' });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const told = [...answer.headers].filter(([name]) => name !== 'date');
  return { status: answer.status, headers: Object.fromEntries(told), body: [...bytes] };
}"""


def fetched(page: Page, address: str, token: str | None) -> dict[str, Any]:
    """What the server answers to the page's own script."""
    return dict(page.evaluate(FETCH, [address, token]))


def plane(viewer: Viewer, planes: str = "0-0", encoding: str = "raw") -> str:
    """Where the voxels of a viewer's series are."""
    return (
        f"{viewer.js('viewer.holdings.link.address')}/{viewer.js('viewer.main.description.id')}/{planes}?as={encoding}"
    )


def test_two_sessions_cannot_read_each_other(open_case: Opener, chromium: Browser, stage_address: str) -> None:
    one = open_case("axial")
    with chromium.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{stage_address}/?case=axial")
        other = Viewer(page).find()
        assert one.token() != other.token()
        mine = fetched(one.page, plane(one), one.token())
        assert mine["status"] == 200
        assert mine["headers"]["cache-control"] == "private, no-store"
        stored = volume_of("axial").array[0].astype("<u2").tobytes()
        assert bytes(mine["body"]) == stored
        packed = fetched(one.page, plane(one, encoding="gzip"), one.token())  # unpacked by the browser
        assert np.array(packed["body"], np.uint8).reshape(2, -1).T.tobytes() == stored
        assert packed["headers"]["cache-control"] == "private, no-store"
        refused = [
            fetched(one.page, plane(other), one.token()),
            fetched(one.page, plane(one), other.token()),
            fetched(one.page, plane(one), "A" * 43),
            fetched(one.page, plane(one), one.token()[:-1]),
            fetched(one.page, plane(one), None),
            fetched(one.page, plane(one, "0-999"), one.token()),
            fetched(one.page, plane(one, "3-2"), one.token()),
            fetched(one.page, plane(one, "0-0", "png"), one.token()),
            fetched(one.page, f"{one.js('viewer.holdings.link.address')}/{'0' * 24}/0-0", one.token()),
            fetched(one.page, plane(other).partition("/0-0")[0] + "/thumbnail", one.token()),
        ]
        assert [each["status"] for each in refused] == [404] * len(refused)
        assert all(each == refused[0] for each in refused)
        assert refused[0]["body"] == []
        assert refused[0]["headers"]["cache-control"] == "private, no-store"


def test_no_address_holds_a_token_or_an_identity(context: BrowserContext, open_case: Opener) -> None:
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    viewer = open_case("axial")
    viewer.press("ArrowDown", "i")
    viewer.told()
    addresses = [*asked, *viewer.page.evaluate("performance.getEntriesByType('resource').map((each) => each.name)")]
    assert any("/voxels/" in each for each in addresses)
    uids = {uid for uid, _ in volume_of("axial").instances}
    for address in [*addresses, viewer.page.url]:
        assert viewer.token() not in address
        assert "1.2.826" not in address
        assert not any(uid in address for uid in uids)
    assert (
        viewer.page.evaluate("[localStorage.length, document.cookie.includes(viewer.holdings.link.session)]")[1]
        is False
    )
    held = viewer.page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    assert viewer.token() not in held


def test_modules_are_served_by_their_very_names(open_case: Opener, stage_address: str) -> None:
    viewer = open_case("plain")
    modules = viewer.js("viewer.data.modules")
    parts = urlsplit(stage_address)

    def status(path: str) -> int:
        link = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        link.request("GET", path)  # as it is: a browser would tidy ../ away
        answer = link.getresponse()
        content = answer.read()
        link.close()
        assert b"session_token" not in content
        return answer.status

    assert status(f"{modules}viewer.js") == 200
    for name in ("vault.py", "viewer.css", "none.js", "../routes.py", "..%2fvault.py", "%2e%2e/vault.py"):
        assert status(f"{modules}{name}") in (400, 404), name
    assert status(f"{modules}none.js") == status(f"{modules}vault.py") == 404
    assert status("/medimg/viewer/0000000000000000/viewer.js") == 404


def test_nothing_is_fetched_for_a_viewer_that_is_gone(context: BrowserContext, open_case: Opener) -> None:
    asked: list[str] = []
    failures: list[str | None] = []

    def first_only(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.continue_()  # the rest of the volume stays on its way

    context.route("**/voxels/**", first_only)
    context.on("requestfailed", lambda request: failures.append(request.failure))
    viewer = open_case("cine", loaded=False)
    viewer.page.wait_for_function("viewer.pane.ready")
    for _ in range(100):  # on a busy machine what is asked for comes late
        viewer.page.wait_for_timeout(300)
        if len(asked) > 2:
            break
    underway = len(asked) - 1
    assert underway >= 2
    viewer.page.locator(".st-key-left input").dispatch_event("click")
    viewer.page.wait_for_function("viewer.closed")
    for _ in range(100):
        viewer.page.wait_for_timeout(300)
        if len(failures) >= underway:
            break
    viewer.page.wait_for_timeout(300)
    assert len(asked) == 1 + underway
    assert failures == ["net::ERR_ABORTED"] * underway
    context.unroute("**/voxels/**")
