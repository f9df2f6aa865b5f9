"""What a site raises and answers, with the cure that a plan has for it."""

import pytest

from harness.core import causes


@pytest.mark.parametrize(
    ("error", "cure"),
    [
        ("ModuleNotFoundError: No module named 'httptools'", "install uvicorn[standard]"),
        ("ModuleNotFoundError: No module named 'environ'", "install the package that has environ"),
        ("django.db.utils.OperationalError: no such table: blog_post", "migrations are missing: "),
        (
            'psycopg.errors.UndefinedTable: relation "blog_post" does not exist',
            "migrations are missing: ",
        ),
        ("ValueError: Missing staticfiles manifest entry for 'a.css'", "static files were not"),
        (
            'OperationalError: connection to server at "127.0.0.1", port 5432 failed: Connection '
            "refused",
            "the database, or another service of the site, refuses",
        ),
        ("FATAL:  sorry, too many clients already", "raise max_connections"),
        (
            "django.core.exceptions.ImproperlyConfigured: Set the DATABASE_URL environment "
            "variable",
            "DATABASE_URL is not set: set it in application.env_file",
        ),
        ("KeyError: 'SECRET_KEY'", "SECRET_KEY is not set"),
        ("decouple.UndefinedValueError: DB_NAME not found.", "DB_NAME is not set"),
        ('environs.EnvError: Environment variable "MAIL" not set', "MAIL is not set"),
        ("The SECRET_KEY setting must not be empty.", "SECRET_KEY is not set"),
        (
            "ImproperlyConfigured: Requested setting DATABASES, but settings are not configured.",
            "set environment = { DJANGO_SETTINGS_MODULE",
        ),
    ],
)
def test_an_error_has_its_cure(error: str, cure: str) -> None:
    """By the words that Django and its drivers use."""
    assert str(causes.cure(error)).startswith(cure)


def test_a_missing_entry_point_is_no_missing_package() -> None:
    """The module that was asked for is the site's own."""
    error = "ModuleNotFoundError: No module named 'mysite.asgi'"
    assert str(causes.cure(error, "mysite.asgi:application")).startswith("there is no mysite/asgi")


def test_a_part_of_the_project_that_is_missing_is_no_missing_package() -> None:
    """Such as settings with secrets, which version control leaves out."""
    error = "ModuleNotFoundError: No module named 'mysite.secrets'"
    cure = str(causes.cure(error, "mysite.wsgi:application", "mysite.settings"))
    assert cure.startswith("the project has no mysite/secrets.py")


@pytest.mark.parametrize(
    ("source", "cure"),
    [
        ("the shell", "the shell sets DJANGO_SETTINGS_MODULE to config.settings, which is not in "),
        ("application.environment", "application.environment sets DJANGO_SETTINGS_MODULE to con"),
        ("", "mysite.wsgi names config.settings, which is not in the project: correct it there"),
    ],
)
def test_settings_that_are_missing_are_named_with_what_names_them(source: str, cure: str) -> None:
    """Python names only the first part of the module that it lacks."""
    error = "ModuleNotFoundError: No module named 'config'"
    text = str(causes.cure(error, "mysite.wsgi:application", "config.settings", source))
    assert text.startswith(cure)
    assert ("unset it there" in text) == (source == "the shell")


def test_an_error_that_nobody_knows_has_no_cure() -> None:
    """A wrong cause is worse than none."""
    assert causes.cure("ZeroDivisionError: division by zero") is None


@pytest.mark.parametrize(
    ("status", "headers", "hosts", "error", "cause"),
    [
        (301, {"location": "https://a.example/"}, "*", "", "it redirects to https://a.example/ (S"),
        (302, {"location": "/login/?next=/"}, "*", "", "it redirects to /login/?next=/: a page "),
        (302, {"location": "/en/"}, "*", "", "it redirects to /en/: name that path"),
        (400, {}, ".example.com, b", "", "ALLOWED_HOSTS refuses 127.0.0.1: set application.host "),
        (
            500,
            {},
            "*",
            "OperationalError: no such table: a",
            "OperationalError: no such table: a: ",
        ),
        (500, {}, "*", "TypeError: odd", "TypeError: odd: mend the view"),
    ],
)
def test_an_answer_has_its_cause(
    status: int, headers: dict[str, str], hosts: str, error: str, cause: str
) -> None:
    """Redirects by where they lead, 400 by the hosts, 500 by what the view raised."""
    assert str(causes.of_answer(status, headers, hosts, error)).startswith(cause)


def test_the_host_that_is_offered_is_one_that_the_site_has() -> None:
    """Without the dot that stands for all below it."""
    assert '"example.com"' in str(causes.of_answer(400, {}, ".example.com, b"))


@pytest.mark.parametrize("hosts", ["*", "127.0.0.1, example.com"])
def test_a_400_of_a_host_that_is_allowed_has_another_cause(hosts: str) -> None:
    """And nobody knows it."""
    assert causes.of_answer(400, {}, hosts) is None
