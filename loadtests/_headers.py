"""The headers that every request carries, whichever session asks: what a proxy would add.

`--header "Host: example.com"` and `--header "X-Forwarded-Proto: https"` let a site answer that
refuses other hosts, or redirects to https.
"""

from collections.abc import Sequence
from http.cookiejar import CookieJar, CookiePolicy, DefaultCookiePolicy
from typing import Any

fixed: dict[str, str] = {}
"""The headers by name; empty without any."""


def fix(lines: Sequence[str]) -> None:
    """Let every later session send these, each written as `Name: value`."""
    pairs = (line.partition(":") for line in lines)
    fixed.update({name.strip(): value.strip() for name, _, value in pairs})


def origin(scheme: str, netloc: str) -> str:
    """Return scheme and host as the site sees them, behind the proxy that the headers stand for."""
    return f"{_get('X-Forwarded-Proto') or scheme}://{_get('Host') or netloc}"


def _get(name: str) -> str | None:
    values = (value for each, value in fixed.items() if each.lower() == name.lower())
    return next(values, None)


def policy() -> CookiePolicy:
    """Return which cookies go back: those that are for https too where the site sees https."""
    if _get("X-Forwarded-Proto") == "https":
        return DefaultCookiePolicy(secure_protocols=("http", "https"))
    return DefaultCookiePolicy()


def account() -> None:
    """Let sessions send them, also those that the user's code makes itself."""
    # Here, as importing Locust patches the process, which those who only read headers do not want.
    from locust.clients import HttpSession
    from locust.contrib.fasthttp import FastHttpSession

    stock_fast, stock_requests = FastHttpSession.__init__, HttpSession.__init__

    def fast(session: Any, *args: Any, **kwargs: Any) -> None:
        stock_fast(session, *args, **kwargs)
        session.client.default_headers.update(fixed)
        _admit(session.cookiejar)

    def requests(session: Any, *args: Any, **kwargs: Any) -> None:
        stock_requests(session, *args, **kwargs)
        session.headers.update(fixed)
        _admit(session.cookies)

    setattr(FastHttpSession, "__init__", fast)  # noqa: B010
    setattr(HttpSession, "__init__", requests)  # noqa: B010


def _admit(jar: CookieJar) -> None:
    if fixed:
        jar.set_policy(policy())
