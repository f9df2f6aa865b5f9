"""The middleware that a deployment may choose, by the environment variable DJANGO_MIDDLEWARE."""

from django.core.exceptions import ImproperlyConfigured

SETS: dict[str, list[str]] = {
    "none": [],
    "sync": ["workloads.middleware.sync_only"],
    "async": ["workloads.middleware.async_only"],
    "both": ["workloads.middleware.both"],
    # Notes which requests are begun and ended, for the plan `deploys`.
    "numbered": ["workloads.numbered.numbered"],
    # As `django-admin startproject` writes them.
    "startproject": [
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
}

APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
]
"""What startproject's middleware belongs to; without a session none of it asks for its tables."""


def middleware(name: str) -> list[str]:
    """Return one of SETS; raise ImproperlyConfigured for another name."""
    if name not in SETS:
        raise ImproperlyConfigured(
            f"DJANGO_MIDDLEWARE is {name!r}: set it to one of {', '.join(SETS)}"
        )
    return SETS[name]


def apps(name: str) -> list[str]:
    """Return the applications that one of SETS needs."""
    return APPS if name == "startproject" else []
