"""Why a Django site does not serve, by what it answers and raises, and the cure in a plan. Pure.

The texts are those of Django 5.2 and 6.1, psycopg, mysqlclient, django-environ, environs,
python-decouple and Uvicorn.
"""

import re
from collections.abc import Mapping, Sequence

MIGRATE = 'prepare = [["{python}", "manage.py", "migrate", "--noinput"]] makes them'
COLLECT = 'prepare = [["{python}", "manage.py", "collectstatic", "--noinput"]] collects them'
VARIABLES = (
    "in application.env_file (`make init` finds a .env beside manage.py) or application.environment"
)

UNSET = (
    r"Set the (?P<name>\w+) environment variable",
    r"Environment variable \"(?P<name>\w+)\" (?:is )?not set",
    r"^(?:\w+\.)*UndefinedValueError: (?P<name>\w+) not found",
    r"^KeyError: '(?P<name>[A-Z][A-Z0-9_]+)'",
    r"The (?P<name>SECRET_KEY) setting must not be empty",
)
"""How an error says which variable is not set."""

LOGIN = re.compile(r"login|signin|sign-in|accounts/")

CURES = (
    (
        r"No module named '(?P<name>uvloop|httptools|websockets)'",
        "install uvicorn[standard] into the site's environment",
    ),
    (
        r"No module named '(?P<name>[\w.]+)'",
        "install the package that has {name} into the site's environment, or name the interpreter "
        "that has it in application.python (`make init`: PYTHON_OF_APP=)",
    ),
    (
        r"no such table|relation \"[^\"]+\" does not exist|Table '[^']+' doesn't exist"
        r"|no such column|UndefinedTable|UndefinedColumn",
        f"migrations are missing: {MIGRATE}",
    ),
    (
        r"Missing staticfiles manifest entry",
        f"static files were not collected: {COLLECT}",
    ),
    (
        r"Connection refused|could not connect to server|Can't connect to|could not translate host"
        r"|connection to server .* failed",
        "the database, or another service of the site, refuses: start it, or name the one to use "
        "in application.env_file or application.environment",
    ),
    (r"too many clients already", "raise max_connections, or give deployments fewer slots"),
    (
        r"Requested setting \w+, but settings are not configured",
        'set environment = { DJANGO_SETTINGS_MODULE = "..." }',
    ),
    (
        r"HTTP_HOST header|ALLOWED_HOSTS",
        'ALLOWED_HOSTS refuses 127.0.0.1: set application.host = "example.com", a host that it has',
    ),
)

OF_STATUS = {
    401: "it needs a login: let the on_start of a locustfile log in (docs/locustfiles.md)",
    429: "it limits its rate: turn that off in the settings of the plan, or clear it by "
    "application.reset",
}


def missing_package(error: str) -> str | None:
    """Return the import package for want of which a site was not imported; None for others."""
    missing = re.search(r"No module named '(?P<name>\w+)'", error)
    return missing["name"] if missing else None


def cure(error: str, entry: str = "", settings: str = "", source: str = "") -> str | None:
    """Return what to do about an error that a site raised; None where that is unknown.

    `entry` is the entry point that was imported, `settings` the module that it had to load, by the
    DJANGO_SETTINGS_MODULE of a `source`; empty is the entry point itself. Where one of these is
    missing, no package is.
    """
    if missing := re.search(r"No module named '(?P<name>[\w.]+)'", error):
        own = _of_own_module(missing["name"], entry.partition(":")[0], settings, source)
        if own:
            return own
    if name := unset(error):
        return of_unset((name,))
    for pattern, text in CURES:
        if match := re.search(pattern, error, re.MULTILINE):
            return text.format(**match.groupdict()) if match.groupdict() else text
    return None


def unset(error: str) -> str | None:
    """Return the variable for want of which a site raised an error; None where it is another."""
    matches = (re.search(pattern, error, re.MULTILINE) for pattern in UNSET)
    return next((match["name"] for match in matches if match), None)


def of_unset(names: Sequence[str]) -> str:
    """Return what to do about variables that are not set."""
    if len(names) == 1:
        return f"{names[0]} is not set: set it {VARIABLES}"
    return f"{', '.join(names)} are not set: set them {VARIABLES}"


def _of_own_module(missing: str, entry: str, settings: str, source: str) -> str | None:
    """Return what to do about a module that is the project's own; None where it is none."""
    if f"{entry}.".startswith(f"{missing}."):
        return (
            f"there is no {_file(entry)}: correct application.wsgi or application.asgi, or let "
            "`make init APP=` write an entry point"
        )
    if f"{settings}.".startswith(f"{missing}."):
        where = f"{source} sets DJANGO_SETTINGS_MODULE to" if source else f"{entry} names"
        instead = (
            "unset it there, or name the site's own in application.environment"
            if source == "the shell"
            else "correct it there"
        )
        return f"{where} {settings}, which is not in the project: {instead}"
    if entry.partition(".")[0] == missing.partition(".")[0]:
        return f"the project has no {_file(missing)}: add it, where version control leaves it out"
    return None


def _file(module: str) -> str:
    return f"{module.replace('.', '/')}.py"


def of_answer(
    status: int, headers: Mapping[str, str], hosts: str = "", error: str = "", body: str = ""
) -> str | None:
    """Return why a site answers so, and what to do about it; None where that is unknown.

    `hosts` are its ALLOWED_HOSTS, `error` is what its view raised.
    """
    if error:
        return f"{error}: {cure(error) or 'mend the view'}"
    if 300 <= status < 400:
        return _of_redirect(headers.get("location", ""))
    if status == 400 and "127.0.0.1" not in hosts and "*" not in hosts.split(", "):
        host = next((each.lstrip(".") for each in hosts.split(", ") if each), "example.com")
        return f'ALLOWED_HOSTS refuses 127.0.0.1: set application.host = "{host}"'
    if status == 403 and "CSRF" in body:
        return (
            "the token against cross-site request forgery is missing: send the csrfmiddlewaretoken "
            "of the form, as log_in and post_form of the lean client do (docs/locustfiles.md)"
        )
    if status == 405 and (allowed := headers.get("allow")):
        return f"it allows {allowed}: correct the method"
    return OF_STATUS.get(status)


def wants_login(headers: Mapping[str, str]) -> bool:
    """Return whether an answer redirects to a login."""
    return LOGIN.search(headers.get("location", "")) is not None


def _of_redirect(location: str) -> str:
    """Return what to do about a redirect that nobody asked for."""
    if location.startswith("https:"):
        return (
            f"it redirects to {location} (SECURE_SSL_REDIRECT): set application.headers = "
            '{ X-Forwarded-Proto = "https" } and SECURE_PROXY_SSL_HEADER, as behind a proxy'
        )
    if LOGIN.search(location):
        return f"it redirects to {location}: a page that needs a login needs a locustfile"
    return f"it redirects to {location}: name that path"
