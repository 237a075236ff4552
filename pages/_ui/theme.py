"""Colours and the few rules of layout that Streamlit's own theme cannot express."""

from dataclasses import dataclass

import streamlit as st

from medimg_core.errors import IncompatibleInputError

__all__ = ["DARK", "LIGHT", "LIGHT_OPTIONS", "Palette", "apply", "options", "palette", "say", "wordmark"]


@dataclass(frozen=True)
class Palette:
    """Colours of drawings, matching the theme in ``.streamlit/config.toml``; text pairs reach WCAG AA.

    Attributes:
        ground: Of the page.
        text: Words and figures.
        quiet: Secondary words.
        track: Empty part of a bar.
        accent: The one accent colour.
        on_accent: Words on the accent colour; white would miss WCAG AA on the dark theme's.
        caution: Amber, always beside a word.
    """

    ground: str
    text: str
    quiet: str
    track: str
    accent: str
    on_accent: str
    caution: str


DARK = Palette(
    ground="#101417",
    text="#e6eaec",
    quiet="#a9b4ba",
    track="#2b343a",
    accent="#4fa8c9",
    on_accent="#0b1215",
    caution="#e0a03c",
)
LIGHT = Palette(
    ground="#ffffff",
    text="#1a2226",
    quiet="#54626a",
    track="#d5dde1",
    accent="#1d7090",
    on_accent="#ffffff",
    caution="#8a5a00",
)

LIGHT_OPTIONS = {
    "base": "light",
    "primaryColor": LIGHT.accent,
    "backgroundColor": LIGHT.ground,
    "secondaryBackgroundColor": "#f1f4f5",
    "textColor": LIGHT.text,
    "borderColor": "#cfd8dc",
    "redColor": "#b3362b",
    "orangeColor": LIGHT.caution,
    "yellowColor": LIGHT.caution,
    "yellowTextColor": "#6d4700",
}
"""What takes the place of the dark theme of ``.streamlit/config.toml`` for bright rooms."""

# The picture owns the page: its height is the window's, less the bars around it, and nothing scrolls.
_RULES = """
<style>
/* what scrolls under the bar with the notice must not show through it */
[data-testid="stHeader"] { height: 2.5rem; min-height: 2.5rem; background: GROUND; }
[data-testid="stMainBlockContainer"] { padding: 2.6rem 1rem 0.5rem; max-width: none; }
[data-testid="stSidebarHeader"] { height: 3rem; margin-bottom: 0; }
[data-testid="stSidebarUserContent"] [data-testid="stVerticalBlock"] { gap: 0.45rem; }
[data-testid="stSidebarUserContent"] [data-testid="stText"] { font-size: 0.875rem; }
/* folded away, it must not take the keyboard's focus */
[data-testid="stSidebar"][data-collapsed="true"] { visibility: hidden; }
/* quiet words keep to the palette, whose pairs reach WCAG AA; faded ones miss it on white */
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p { opacity: 1; color: QUIET; }
button kbd { opacity: 1 !important; color: inherit; }
h2 { font-size: 1.35rem !important; padding: 0.2rem 0 !important; }
h3 { font-size: 1.1rem !important; padding: 0.2rem 0 !important; }
button[kind^="primary"] { color: ON_ACCENT; }
[data-testid="stSidebarUserContent"] { padding-bottom: 1rem; }
/* ways to other pages lie in the bar on top, so that the picture has the whole height */
.st-key-toolbar { position: fixed; top: 0.5rem; left: 12.5rem; z-index: 999991; width: auto; }
.stApp:has([data-testid="stSidebar"][aria-expanded="true"]) .st-key-toolbar { left: 21rem; }
[data-testid="stVerticalBlock"]:has(.st-key-toolbar) { gap: 0; }
.st-key-viewport [data-testid="stImage"], .st-key-viewport [data-testid="stImageContainer"] { width: 100%; }
.st-key-viewport img {
  width: 100%; height: calc(100vh - 7.6rem); min-height: 22rem; object-fit: contain; background: #000;
  border-radius: 0; }
:is(.st-key-viewport, .st-key-result) [data-testid="stElementToolbar"] { display: none; }
.st-key-result { max-height: calc(100vh - 3.4rem); overflow-y: auto; padding-right: 0.35rem; }
.st-key-result [data-testid="stVerticalBlock"] { gap: 0.6rem; }
.st-key-result [data-testid="stMarkdownContainer"] :is(p, li) { font-size: 0.875rem; line-height: 1.4; }
.st-key-result [data-testid="stCaptionContainer"] p { font-size: 0.8rem; }
.st-key-result [data-testid="stAlertContainer"] { padding: 0.6rem 0.75rem; }
.st-key-result hr { margin: 0.4rem 0; }
.st-key-result [data-testid="stButtonGroup"] button { padding-left: 0.35rem; padding-right: 0.35rem; }
/* a list whose rows lead to places: two quiet lines each, the whole row is pressed */
[class*="st-key-part-"] button { padding: 0.15rem 0.3rem; min-height: 0; }
[class*="st-key-part-"] button, [class*="st-key-part-"] button > * { justify-content: flex-start; width: 100%; }
[class*="st-key-part-"] button p { text-align: left; white-space: pre-line; font-size: 0.8rem; line-height: 1.35; }
:is([class*="st-key-flag-"], .st-key-unsay) button { padding: 0; min-height: 0; color: ACCENT; }
.st-key-result [data-testid="stPageLink-NavLink"] { padding-left: 0; padding-right: 0; }
.st-key-result [data-testid="stPageLink-NavLink"] p { color: ACCENT; }
.st-key-notice { position: fixed; top: 0.55rem; right: 4.5rem; z-index: 999991; width: auto; }
.st-key-notice p { margin: 0; font-size: 0.8rem; }
:focus-visible { outline: 2px solid ACCENT !important; outline-offset: 1px; }
</style>
"""


def apply() -> None:
    """Put the rules on the page."""
    colours = palette()
    rules = _RULES.replace("GROUND", colours.ground)
    st.html(
        rules.replace("ON_ACCENT", colours.on_accent).replace("ACCENT", colours.accent).replace("QUIET", colours.quiet)
    )


def options(wish: str) -> dict[str, str]:
    """Options of Streamlit's ``[theme]`` to replace.

    Args:
        wish: ``MEDIMG_THEME``: ``"light"``, or ``"dark"`` or empty for the theme as configured.

    Raises:
        IncompatibleInputError: It is none of these.
    """
    if wish not in ("", "dark", "light"):
        raise IncompatibleInputError(f"MEDIMG_THEME must be dark or light, got {wish[:20]!r}")
    return dict(LIGHT_OPTIONS) if wish == "light" else {}


def wordmark() -> str:
    """The name, as the sidebar and the folded sidebar show it."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="92" height="24" viewBox="0 0 92 24"><text x="0" y="19" '
        f'font-family="sans-serif" font-size="20" font-weight="600" fill="{palette().accent}">MedImg</text></svg>'
    )


def say(text: str) -> None:
    """A quiet word to the reader: no colour, because nothing is wrong."""
    with st.container(border=True):
        st.markdown(text)


def palette() -> Palette:
    """Colours for drawings; the server's theme, because the browser tells its own only after the first run."""
    return LIGHT if st.get_option("theme.base") == "light" else DARK
