"""Numbers as a reader reads them: short, with powers of ten, times in fitting units."""

import math

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

YEAR = 365.25 * 86400  # in seconds
#: From how many seconds on a unit is used, its length in seconds, its name.
UNITS = [
    (2 * YEAR, YEAR, "years"), (2 * 86400, 86400, "days"), (2 * 3600, 3600, "hours"),
    (120, 60, "min"), (1, 1, "s"), (1e-3, 1e-3, "ms"), (0, 1e-6, "µs"),
]
LARGE = [(1e9, "billion "), (1e6, "million ")]


def number(x: float) -> str:
    """Write a number for a reader: three significant digits, infinities in words.

    Examples
    --------
    >>> number(0.012345), number(1234567.0), number(float("nan"))
    ('0.0123', '1.23 × 10⁶', 'no longer a number')
    >>> number(float("inf"))
    'beyond the largest number'
    """
    if math.isnan(x):
        return "no longer a number"
    if math.isinf(x):
        return "beyond the largest number" if x > 0 else "below the smallest number"
    if x == 0 or 1e-3 <= abs(x) < 1e5:
        text = f"{x:.3g}"
        return text if "e" not in text else f"{x:,.0f}"
    mantissa, exponent = f"{x:.2e}".split("e")
    return f"{float(mantissa):g} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}"


def power_of_ten(x: float, _position: object = None) -> str:
    """Write a power of ten in plain characters; other numbers give an empty label.

    Examples
    --------
    >>> power_of_ten(0.001), power_of_ten(1), power_of_ten(100.0), power_of_ten(3)
    ('10⁻³', '1', '100', '')
    """
    if x <= 0:
        return ""
    exponent = round(math.log10(x))
    if not math.isclose(x, 10.0**exponent, rel_tol=1e-9):
        return ""
    if 0 <= exponent <= 2:
        return f"{10**exponent}"
    return "10" + str(exponent).translate(_SUPERSCRIPT)


def plain(value: float) -> str:
    """Write a number with three significant digits or more, never as a power of ten.

    Examples
    --------
    >>> plain(0.0123456), plain(12.5), plain(1234567)
    ('0.0123', '12.5', '1,234,567')
    """
    digits = max(0, 2 - math.floor(math.log10(value)))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def duration(seconds: float) -> str:
    """Write a time with two significant digits, in the unit that a reader would choose.

    Raises
    ------
    ValueError
        If it is negative or not finite.

    Examples
    --------
    >>> [duration(t) for t in (0.00042, 257, 86400, 4e5, 3e12)]
    ['420 µs', '4.3 min', '24 hours', '4.6 days', '95,000 years']
    >>> duration(2e17)
    '6.3 billion years'
    """
    if not 0 <= seconds < math.inf:
        raise ValueError(f"a time is a number of seconds, 0 or more, got {seconds}")
    _, length, unit = next(u for u in UNITS if seconds >= u[0])
    value = seconds / length
    size, word = next(((s, w) for s, w in LARGE if value >= s), (1, ""))
    return f"{float(f'{value / size:.2g}'):,.12g} {word}{unit}"
