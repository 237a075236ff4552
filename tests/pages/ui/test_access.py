"""Who may reach the server."""

import pytest

from pages._ui.access import is_loopback, refusal

EVERYWHERE = "0.0.0.0"  # noqa: S104 - the very thing that is refused


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("localhost", True), ("::1", True), ("[::1]", True),
        (EVERYWHERE, False), ("::", False), ("192.168.1.4", False), ("example.org", False), ("", False), (None, False),
    ],
)  # fmt: skip
def test_loopback(address, expected):
    assert is_loopback(address) is expected


def test_this_computer_needs_no_sign_in():
    assert refusal("127.0.0.1", has_auth=False) == ""


def test_another_address_needs_one():
    text = refusal(EVERYWHERE, has_auth=False)
    assert EVERYWHERE in text
    assert "[auth]" in text
    assert "every network interface" in refusal(None, has_auth=False)
    assert refusal(EVERYWHERE, has_auth=True) == ""


def test_a_sign_in_that_cannot_work_is_told_at_the_start():
    assert "Authlib" in refusal("127.0.0.1", has_auth=True, able=False)
    assert refusal("127.0.0.1", has_auth=False, able=False) == ""
