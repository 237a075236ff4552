"""A score drawn on a bar: its place, the range under small changes, the threshold. Words beside every mark."""

from xml.sax.saxutils import escape

from pages._ui.language import _
from pages._ui.theme import Palette

__all__ = ["as_score", "bar_alt", "percent", "score_bar"]

_WIDTH, _LEFT, _RIGHT = 320, 8, 312


def as_score(value: float) -> str:
    """Two digits, and no 0 or 1 that nobody can know.

    Examples:
        >>> as_score(0.914), as_score(0.9996), as_score(0.0004)
        ('0.91', '> 0.99', '< 0.01')
    """
    if value > 0.995:
        return "> 0.99"
    return "< 0.01" if value < 0.005 else f"{value:.2f}"


def percent(share: float) -> str:
    """A share in per cent, without digits nobody measured.

    Examples:
        >>> percent(0.9014), percent(0.004)
        ('90 %', '0.4 %')
    """
    return f"{100 * share:.0f} %" if share >= 0.01 or share == 0 else f"{100 * share:.1g} %"


def bar_alt(score: float, span: tuple[float, float], threshold: float) -> str:
    """The bar in words, for screen readers."""
    return _("Score {score} on a bar from 0 to 1; range under small changes {low} to {high}; threshold {cut}").format(
        score=as_score(score), low=as_score(span[0]), high=as_score(span[1]), cut=as_score(threshold)
    )


def score_bar(score: float, span: tuple[float, float], threshold: float, colours: Palette) -> str:
    """Draw the bar.

    Args:
        score: 0 to 1.
        span: Lowest and highest score under small changes, 0 to 1.
        threshold: 0 to 1.
        colours: Of the theme.

    Returns:
        SVG, 320 x 66.
    """

    def x(share: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * share

    cut = x(threshold)
    anchor = "start" if threshold < 0.15 else "end" if threshold > 0.85 else "middle"
    label = escape(_("threshold {cut}").format(cut=as_score(threshold)))
    style = 'font-family="sans-serif" font-size="11.5"'
    low, high = x(span[0]), x(span[1])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="66" viewBox="0 0 {_WIDTH} 66">',
        f'<text x="{cut:.1f}" y="12" text-anchor="{anchor}" fill="{colours.text}" {style}>{label}</text>',
        f'<rect x="{_LEFT}" y="22" width="{_RIGHT - _LEFT}" height="14" rx="2" fill="{colours.track}"/>',
        f'<rect x="{_LEFT}" y="22" width="{max(x(score) - _LEFT, 1):.1f}" height="14" rx="2" fill="{colours.accent}"/>',
        f'<path d="M{cut:.1f} 16 V42" stroke="{colours.text}" stroke-width="2"/>',
        f'<path d="M{low:.1f} 44 V50 M{low:.1f} 47 H{high:.1f} M{high:.1f} 44 V50" '
        f'stroke="{colours.quiet}" stroke-width="1.5" fill="none"/>',
        f'<text x="{_LEFT}" y="63" fill="{colours.quiet}" {style}>0</text>',
        f'<text x="{_RIGHT}" y="63" text-anchor="end" fill="{colours.quiet}" {style}>1</text>',
        "</svg>",
    ]
    return "".join(parts)
