"""Lengths, areas and volumes in words, with the digits that a mask can carry."""

from pages._ui.language import _

__all__ = ["area", "axes", "images", "millilitres"]


def _digits(value: float) -> str:
    """Two or three digits that mean something."""
    size = abs(value)
    places = 0 if size >= 9.95 else 1 if size >= 0.995 else 2 if size >= 0.0995 or size == 0 else 3
    return f"{value:.{places}f}"


def axes(long: float, short: float, unit: str) -> str:
    """Long and short axis.

    Examples:
        >>> axes(23.41, 9.54, "mm"), axes(104.2, 80.0, "px")
        ('23 x 9.5 mm', '104 x 80 px')
    """
    return f"{_digits(long)} x {_digits(short)} {unit}"


def area(value: float, unit: str) -> str:
    """An area.

    Args:
        value: In the square of the unit.
        unit: ``"mm"`` or ``"px"``.

    Examples:
        >>> area(310.4, "mm"), area(31040, "mm"), area(310, "px")
        ('310 mm²', '310 cm²', '310 pixels')
    """
    if unit != "mm":
        return _("{n:.0f} pixels").format(n=value)
    return f"{_digits(value / 100)} cm²" if value >= 1000 else f"{_digits(value)} mm²"


def millilitres(value: float, *, signed: bool = False) -> str:
    """A volume.

    Examples:
        >>> millilitres(1234.6), millilitres(0.312), millilitres(-2.04, signed=True)
        ('1235 mL', '0.31 mL', '-2.0 mL')
    """
    sign = "+" if signed and value > 0 else ""
    return f"{sign}{_digits(value)} mL"


def images(places: list[int]) -> str:
    """Slices by their numbers on the screen, runs together.

    Args:
        places: From 0, in rising order.

    Examples:
        >>> images([8, 9, 10, 14]), images([3])
        ('9-11, 15', '4')
    """
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][1] + 1:
            runs[-1][1] = place
        else:
            runs.append([place, place])
    return ", ".join(f"{first + 1}" if first == last else f"{first + 1}-{last + 1}" for first, last in runs)
