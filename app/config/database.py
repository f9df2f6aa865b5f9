"""The database that a deployment chooses, by environment variables.

DATABASE_URL names it; without one the application has none, and serves all that needs none.
DJANGO_CONN_MAX_AGE is how many seconds a connection is kept between requests, 0 by default.
DJANGO_DATABASE_POOL is how many connections each process shares among its threads; without it
each thread opens a connection of its own.
DJANGO_DATABASE_BACKEND is who asks: `sync`, Django's own backend, by default, or `async`,
django-async-backend, for Python 3.12 and newer. That keeps connections by a pool only.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

MAX_AGE_S = 86_400
"""The longest that a connection may be kept between requests: a day."""

MAX_POOL = 1_000
"""The most connections of a pool; PostgreSQL starts a process for each."""

POOL_TIMEOUT_S = 5
"""How long a request waits for a connection of the pool before it is refused."""

ENGINES = {
    "sync": "django.db.backends.postgresql",
    "async": "django_async_backend.db.backends.postgresql",
}
"""Django's ENGINE for each DJANGO_DATABASE_BACKEND; sync code has the first by either."""

APPS = {ENGINES["async"]: "django_async_backend"}
"""What an ENGINE needs among INSTALLED_APPS: it closes what a request has opened."""


def databases(environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return Django's DATABASES; none where DATABASE_URL does not name a PostgreSQL.

    Raise ImproperlyConfigured, with the variable and its range, for a value beyond it.
    """
    url = urlsplit(environment.get("DATABASE_URL", ""))
    if url.scheme not in ("postgres", "postgresql"):
        return {}
    engine = _engine(environment)
    age_s = _whole(environment, "DJANGO_CONN_MAX_AGE", MAX_AGE_S)
    size = _whole(environment, "DJANGO_DATABASE_POOL", MAX_POOL)
    if age_s and size:
        raise ImproperlyConfigured(
            "DJANGO_CONN_MAX_AGE and DJANGO_DATABASE_POOL both keep connections: set one of them"
        )
    options: dict[str, Any] = dict(parse_qsl(url.query))
    # libpq's own way to name a folder of sockets: postgresql://user@/name?host=/folder
    host = options.pop("host", url.hostname or "")
    if size:
        # From one on, so that a pool holds no more than it had to; by default it opens four.
        options["pool"] = {"min_size": 1, "max_size": size, "timeout": POOL_TIMEOUT_S}
    return {
        "default": {
            "ENGINE": engine,
            "NAME": unquote(url.path.lstrip("/")),
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": host,
            "PORT": str(url.port or ""),
            "CONN_MAX_AGE": age_s,
            "OPTIONS": options,
        }
    }


def apps(chosen: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the applications that databases need."""
    return [APPS[each["ENGINE"]] for each in chosen.values() if each["ENGINE"] in APPS]


def _engine(environment: Mapping[str, str]) -> str:
    """Return the ENGINE that a deployment chose by the name of a backend."""
    name = environment.get("DJANGO_DATABASE_BACKEND", "sync")
    if name not in ENGINES:
        raise ImproperlyConfigured(
            f"DJANGO_DATABASE_BACKEND is {name!r}: set it to one of {', '.join(ENGINES)}"
        )
    return ENGINES[name]


def _whole(environment: Mapping[str, str], name: str, most: int) -> int:
    """Return a variable that may be left out, as 0."""
    text = environment.get(name, "0")
    number = int(text) if re.fullmatch("[0-9]{1,9}", text) else -1
    if not 0 <= number <= most:
        raise ImproperlyConfigured(f"{name} is {text!r}: set it to a whole number from 0 to {most}")
    return number
