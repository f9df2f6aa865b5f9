"""What a client must know of Django's forms: the token against cross-site request forgery."""

import re

FIELD = "csrfmiddlewaretoken"

_INPUT = re.compile(rf"<input[^>]*\bname=[\"']?{FIELD}[\"'\s][^>]*>", re.IGNORECASE)
_VALUE = re.compile(r"\bvalue=[\"']?([\w-]+)", re.IGNORECASE)


def form_token(page: str) -> str | None:
    """Return the token in a page's form; None where it has none."""
    field = _INPUT.search(page)
    value = _VALUE.search(field[0]) if field else None
    return value[1] if value else None
