"""`make check` of a site as people have them, by an HttpUser that logs in and buys.

Its database is a file that git ignores, and its static files are collected: neither is committed.
"""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from tests.support.bench import GUNICORN
from tests.support.check import Check
from tests.support.repositories import commit

SITE = """
import json
from pathlib import Path
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.urls import path

HERE = Path(__file__).parent
STORAGE = "django.contrib.staticfiles.storage."
settings.configure(
    ROOT_URLCONF="shop", ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="tests only",
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
    INSTALLED_APPS=["django.contrib.sessions", "django.contrib.staticfiles"],
    DATABASES=dict(
        default=dict(ENGINE="django.db.backends.sqlite3", NAME=HERE / "shop.sqlite3"),
    ),
    STATIC_URL="static/", STATIC_ROOT=HERE / "collected", STATICFILES_DIRS=[HERE / "assets"],
    STORAGES=dict(staticfiles=dict(BACKEND=STORAGE + "ManifestStaticFilesStorage")),
)

def ready(request):
    return HttpResponse("ready")

def login(request):
    if request.method == "GET":
        style = f'<link href="{static("shop.css")}">'
        field = f'<input name="csrfmiddlewaretoken" value="{get_token(request)}">'
        return HttpResponse(style + field)
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

MANAGE = """
import sys
import shop
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""

FILES = {
    "shop.py": SITE,
    "manage.py": MANAGE,
    "assets/shop.css": "body { margin: 0 }",
    ".gitignore": "__pycache__/\n*.sqlite3\ncollected/\n",
}

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
prepare = [
    ["{{python}}", "manage.py", "migrate", "--noinput"],
    ["{{python}}", "manage.py", "collectstatic", "--noinput"],
]
reset = [["{{python}}", "-c", "import os; print(os.getcwd(), file=open('RESETS', 'a'))"]]
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
def test_two_commits_of_a_site_are_compared_by_an_unchanged_locustfile(check: Check) -> None:
    """With login, sequence, weights and a POST that answers 201; noise may leave it open.

    Each commit has database and static files of its own, and its data is reset before each start;
    what lies in the working tree is left alone.
    """
    commit(check.site, "shop", FILES)
    commit(check.site, "later", {"shop.py": SITE + "# A comment more.\n"})
    database, resets = check.site / "shop.sqlite3", check.folder / "resets"
    database.write_text("of the working tree")
    (check.folder / "load.py").write_text(BUYER)
    check.write(PLAN.replace("RESETS", str(resets)))
    status, output, errors = check.run("shop", "--head=later", "--strict")
    assert status in (0, 3), output
    assert errors == ""
    assert database.read_text() == "of the working tree"
    assert not (check.site / "collected").exists()
    sides = Counter(Path(line).name for line in resets.read_text().splitlines())
    assert sides.keys() == {"base", "head"}
    assert sides["base"] == sides["head"] > 6  # before each of six starts, and once to look
    checked = json.loads((check.results / "it" / "check.json").read_text())
    verdicts = {change["metric"]: change["verdict"] for change in checked["changes"]}
    assert "regressed" not in verdicts.values()
    assert verdicts["gunicorn.buyers.latency_p95_ms"] in ("unchanged", "undecided")
    with (check.results / "it" / "turns.csv").open(newline="") as file:
        turns = list(csv.DictReader(file))
    assert {turn["failed"] for turn in turns} == {"0"}
    # Eight users that pause for 35 ms on average ask up to 8 x 0.6 s / 35 ms = 137 times a turn.
    assert all(50 < int(turn["asked"]) < 200 for turn in turns)
