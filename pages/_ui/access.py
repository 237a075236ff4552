"""Who may reach the dashboard: this computer alone, or people who signed in."""

import ipaddress
from importlib.util import find_spec

import streamlit as st

from pages._ui.language import _

__all__ = ["auth_configured", "can_sign_in", "is_loopback", "refusal", "require_sign_in", "sign_out_button"]


def is_loopback(address: str | None) -> bool:
    """Whether a server bound to this address can be reached from this computer only.

    Args:
        address: ``server.address``; None or empty means every network interface.

    Examples:
        >>> [is_loopback(a) for a in ("127.0.0.1", "localhost", "::1", "0.0.0.0", None)]
        [True, True, True, False, False]
    """
    if not address:
        return False
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def auth_configured() -> bool:
    """Whether the secrets have an ``[auth]`` section."""
    return bool(st.secrets.load_if_toml_exists()) and "auth" in st.secrets


def can_sign_in() -> bool:
    """Whether the library that Streamlit signs people in with is installed."""
    return find_spec("authlib") is not None


def refusal(address: str | None, *, has_auth: bool, able: bool = True) -> str:
    """Why the server must not start, or an empty string when it may.

    Args:
        address: ``server.address``.
        has_auth: Whether an ``[auth]`` section is configured.
        able: Whether a sign-in can work at all (:func:`can_sign_in`).
    """
    if has_auth:
        return "" if able else _("MedImg does not start: [auth] needs Authlib (pip install Authlib).")
    if is_loopback(address):
        return ""
    where = address or _("every network interface")
    return _(
        "MedImg does not start: bound to {where}, other computers could open the images of this one, and there is "
        "no sign-in.\nStart it on 127.0.0.1 (--server.address 127.0.0.1), or add an [auth] section to "
        ".streamlit/secrets.toml (OpenID Connect; see Streamlit's st.login)."
    ).format(where=where)


def require_sign_in() -> None:
    """Stop the page until somebody signed in; nothing to do without an ``[auth]`` section."""
    if not auth_configured() or getattr(st.user, "is_logged_in", False):
        return
    st.title("MedImg")
    st.write(_("Sign in to open studies."))
    st.button(_("Sign in"), type="primary", on_click=st.login)
    st.stop()


def sign_out_button() -> None:
    """A button to sign out, where there is a sign-in."""
    if auth_configured():
        st.button(_("Sign out"), on_click=st.logout)
