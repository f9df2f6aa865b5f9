"""`make check` over a locustfile as people have them: an HttpUser that logs in and buys."""

import csv
import json

import pytest

from tests.support.bench import GUNICORN
from tests.support.check import Check
from tests.support.repositories import commit

SITE = """
import json
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.urls import path

settings.configure(
    ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="tests only",
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
)

def ready(request):
    return HttpResponse("ready")

def login(request):
    if request.method == "GET":
        return HttpResponse(f'<input name="csrfmiddlewaretoken" value="{get_token(request)}">')
    request.session["user"] = request.POST["username"]
    return HttpResponseRedirect("/account/")

def account(request):
    if "user" not in request.session:
        return HttpResponseRedirect("/login/")
    return HttpResponse("account of " + request.session["user"])

def items(request):
    made = request.method == "POST"
    return JsonResponse(json.loads(request.body) if made else {}, status=201 if made else 200)

urlpatterns = [
    path("ready/", ready), path("login/", login), path("account/", account), path("items/", items),
]
wsgi = get_wsgi_application()
asgi = get_asgi_application()
"""

BUYER = """
import re
from locust import HttpUser, SequentialTaskSet, between, task

class Buyer(HttpUser):
    wait_time = between(0.02, 0.05)

    def on_start(self):
        form = self.client.get("/login/", name="form").text
        token = re.search('value="([^"]+)"', form)[1]
        self.client.post("/login/", dict(username="ann", csrfmiddlewaretoken=token), name="login")

    @task(3)
    def account(self):
        with self.client.get("/account/", name="account", catch_response=True) as answer:
            if "account of ann" not in answer.text:
                answer.failure("not logged in")

    @task
    class Buy(SequentialTaskSet):
        @task
        def look(self):
            self.client.get("/items/", name="look")

        @task
        def order(self):
            headers = {"X-CSRFToken": self.client.cookies["csrftoken"]}
            self.client.post("/items/", name="order", json=dict(item=7), headers=headers)

        @task
        def leave(self):
            self.interrupt()
"""

PLAN = f"""
name = "buyers"
rounds = 6

[application]
directory = "site"
wsgi = "shop:wsgi"
asgi = "shop:asgi"
ready = "/ready/"
{GUNICORN}
[[scenarios]]
name = "buyers"
locustfile = "load.py"

[load]
users = [8]
settle_s = 0.2
measure_s = 0.6
"""


@pytest.mark.long
def test_an_unchanged_site_passes_by_an_unchanged_locustfile(check: Check) -> None:
    """With login, sequence, weights and a POST that answers 201; noise may leave it open."""
    commit(check.site, "shop", {"shop.py": SITE})
    (check.folder / "load.py").write_text(BUYER)
    check.write(PLAN)
    status, output, errors = check.run("shop", "--strict")
    assert status in (0, 3), output
    assert errors == ""
    checked = json.loads((check.results / "it" / "check.json").read_text())
    verdicts = {change["metric"]: change["verdict"] for change in checked["changes"]}
    assert "regressed" not in verdicts.values()
    assert verdicts["gunicorn.buyers.latency_p95_ms"] in ("unchanged", "undecided")
    with (check.results / "it" / "turns.csv").open(newline="") as file:
        turns = list(csv.DictReader(file))
    assert {turn["failed"] for turn in turns} == {"0"}
    # Eight users that pause for 35 ms on average ask up to 8 x 0.6 s / 35 ms = 137 times a turn.
    assert all(50 < int(turn["asked"]) < 200 for turn in turns)
