"""Numbers in words: one way to print a count, a time, a rate, a share and a factor."""

from math import floor, isfinite, log10


def count(value: float) -> str:
    """Return a whole number with its thousands set apart: 10,000."""
    return f"{value:,.0f}"


def significant(value: float, digits: int = 3) -> str:
    """Return a number with `digits` significant digits, no exponent: 0.0123, 1.23, 123, 12,300."""
    if not isfinite(value):
        return str(value)
    rounded = float(f"{value:.{digits}g}")
    if rounded == 0:
        return "0"
    magnitude = floor(log10(abs(rounded)))
    text = f"{rounded:,.{max(0, digits - 1 - magnitude)}f}"
    return text.rstrip("0") if abs(rounded) < 1 else text


def milliseconds(value: float) -> str:
    """Return milliseconds in the unit a person would use: 0.8 ms, 250 ms, 12.3 s."""
    if abs(value) >= 10_000:
        return f"{significant(value / 1000)} s"
    return f"{significant(value)} ms"


def seconds(value: float) -> str:
    """Return seconds as a person would say them: 42 s, 9 min 05 s, 1 h 02 min."""
    if not isfinite(value):
        return str(value)
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def percent(share: float) -> str:
    """Return a share of 0 to 1 in percent: 0.4%, 12%, 100%."""
    return f"{significant(100 * share, 2)}%"


def threshold(share: float) -> str:
    """Return a share that somebody set, as it was set: 1%, 2.5%, 70%."""
    return f"{100 * share:.6g}%"


def quotient(value: float) -> str:
    """Return how many there are for each, without zeros that say nothing: 0.64, 4, 2,500."""
    return f"{float(f'{value:.3g}'):,g}"


def times(number: int) -> str:
    """Print how often something happened: once, 7 times."""
    return "once" if number == 1 else f"{count(number)} times"


def factor(value: float) -> str:
    """Return a ratio with two or three significant digits: 0.95, 1.20, 3.1, 38."""
    return f"{value:.2f}" if value < 2 else significant(value, 2)
