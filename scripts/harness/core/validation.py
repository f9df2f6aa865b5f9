"""What pydantic finds wrong, in the words of a one-line error."""

from reprlib import repr as short

from pydantic_core import ErrorDetails


def fault(details: ErrorDetails, whole: str) -> str:
    """Say where a value is wrong and how; `whole` names what has no place within itself."""
    where = ".".join(str(part) for part in details["loc"]) or whole
    if details["type"] == "missing":
        return f"{where} is missing"
    message = details["msg"].removeprefix("Value error, ")
    given = "" if isinstance(details["input"], dict) else f", not {short(details['input'])}"
    return f"{where}: {message[0].lower()}{message[1:]}{given}"
