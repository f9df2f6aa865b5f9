"""Who asks: a form to log in by, and the name of whoever is logged in, by Django's own sessions.

Each step by Django's sync authentication, then the same by its async one.
Source: https://docs.djangoproject.com/en/stable/topics/auth/default/
"""

from django.contrib.auth import aauthenticate, alogin, authenticate, login
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token

from workloads.answers import answer, encode
from workloads.timing import Timing

USER = "reader"
PASSWORD = "reads-books"
"""What `manage.py seed` makes where there are sessions; it may do nothing but log in."""

FORM = (
    '<form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="{token}">'
    '<input name="username"><input name="password" type="password"><button>log in</button></form>'
)


def has_sessions(request: HttpRequest) -> bool:
    """Return whether the middleware of sessions has seen a request."""
    return hasattr(request, "session")


def fetch_user_name(request: HttpRequest) -> str:
    """Return the name of whoever is logged in, from the session's user; empty for others."""
    return request.user.get_username()


async def afetch_user_name(request: HttpRequest) -> str:
    """Do the same from an async view."""
    user = await request.auser()
    return user.get_username()


def open_session(request: HttpRequest) -> bool:
    """Log in by the form's fields; return whether they are right."""
    user = authenticate(request, **_credentials(request))
    if user is None:
        return False
    login(request, user)
    return True


async def aopen_session(request: HttpRequest) -> bool:
    """Do the same from an async view."""
    user = await aauthenticate(request, **_credentials(request))
    if user is None:
        return False
    await alogin(request, user)
    return True


def form(request: HttpRequest) -> HttpResponse:
    """Return the form, with the token that it has to send back."""
    page = FORM.format(token=get_token(request))
    return HttpResponse(page, headers={"Content-Length": str(len(page.encode()))})


def welcome(timing: Timing) -> HttpResponse:
    """Return the answer to whoever is logged in now: go to the account."""
    response = answer(b"", timing, status=302)
    response["Location"] = "../account/"
    return response


def refusal(timing: Timing) -> HttpResponse:
    """Return the answer to whoever is not logged in."""
    error = {"error": "log in first, with user name and password, by the form at ../login/"}
    return answer(encode(error), timing, status=401)


def no_sessions(timing: Timing) -> HttpResponse:
    """Return the answer of a deployment in which nobody can log in."""
    error = {"error": "nobody can log in here: set DJANGO_MIDDLEWARE to startproject"}
    return answer(encode(error), timing, status=503)


def _credentials(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "") for name in ("username", "password")}
