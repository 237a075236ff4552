"""Texts that others wrote, shown letter by letter: Streamlit reads nearly all it is given as Markdown.

A model folder, a file's header and a file's name may come from anywhere. As Markdown, an image in one of them would
make the browser fetch an address outside this machine; nothing may leave it.
"""

import re

__all__ = ["code", "plain"]

_JOINER = "\u2060"  # a word joiner: nothing is seen of it
_ACTIVE = re.compile(r"[\\`*\[\]{}<>&$~|]|(?<![a-zA-Z0-9])_|_(?![a-zA-Z0-9])")  # one inside a word is a letter
_FIRST = re.compile(r"^(?:[#+=-]|\d+(?=[.)]))")
# Streamlit makes links, symbols and colours of these after it has taken the backslashes away
_LATE = re.compile(r":(?=[\w+/:-])|@(?=\w)|\bwww(?=\.)", re.IGNORECASE)


def plain(text: str) -> str:
    r"""A text as Markdown that shows this very text, on one line.

    Args:
        text: Of a model card, a header, a file's name, an index or an error of the core.

    Returns:
        Markdown without any image, link, HTML, formula, symbol, colour or emphasis; a part of one paragraph.

    Examples:
        >>> plain("![x](http:/a.b/c.png) <b>"), plain("# 1 of 2"), plain("3 mL\n\n- more")
        ('!\\[x\\](http:\u2060/a.b/c.png) \\<b\\>', '\\# 1 of 2', '3 mL - more')
    """
    line = _ACTIVE.sub(r"\\\g<0>", " ".join(text.split()))
    line = _FIRST.sub(lambda found: found[0] + "\\" if found[0].isdigit() else "\\" + found[0], line)
    return _LATE.sub(rf"\g<0>{_JOINER}", line)


def code(text: str) -> str:
    """A name as Markdown code, e.g. of a folder, whatever it holds.

    Examples:
        >>> code("tiny_model"), code("a`b")
        ('`tiny_model`', '`` a`b ``')
    """
    line = " ".join(text.split())
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    return f"{fence}{line}{fence}" if len(fence) == 1 else f"{fence} {line} {fence}"
