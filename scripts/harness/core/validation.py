"""Faults that pydantic reports, in words that fit a one-line error."""

from reprlib import repr as short

from pydantic_core import ErrorDetails


def fault(details: ErrorDetails, whole: str) -> str:
    """Return where a value is wrong and how; `whole` is the place of what is wrong as a whole."""
    where = ".".join(str(part) for part in details["loc"]) or whole
    if details["type"] == "missing":
        return f"{where} is missing"
    message = details["msg"].removeprefix("Value error, ")
    value = "" if isinstance(details["input"], dict) else f", not {short(details['input'])}"
    return f"{where}: {message[0].lower()}{message[1:]}{value}"
