"""Small Django sites, each served twice by a server of the standard library."""

import sys
from pathlib import Path

from harness.core.plan import Plan
from harness.core.plan_file import parse

SITE = """
import os, time
from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path

settings.configure(
    ROOT_URLCONF=__name__, SECRET_KEY="tests only", ALLOWED_HOSTS={hosts}, DEBUG={debug},
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    DATABASES=dict(default=dict(ENGINE="django.db.backends.sqlite3", NAME="site.sqlite3")),
)
import django
django.setup()

def home(request):
    return HttpResponse(f"<p>{{time.time_ns()}}</p><p>{{os.environ.get('SAYS')}}</p>")

def posts(request):
    from django.db import connection
    with connection.cursor() as cursor:
        cursor.execute("SELECT title FROM posts")
        return HttpResponse(str(cursor.fetchall()))

def inside(request):
    return HttpResponseRedirect("https://127.0.0.1/inside/")

urlpatterns = [path("", home), path("posts/", posts), path("inside/", inside)]
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""

SERVE = """
import importlib, sys
from wsgiref.simple_server import make_server
sys.path.insert(0, ".")
module, name = sys.argv[1].split(":")
make_server("127.0.0.1", int(sys.argv[2]), getattr(importlib.import_module(module), name)
            ).serve_forever()
"""

PLAN = """
name = "site"
[application]
directory = "."
wsgi = "site_of_mine:application"
python = "{python}"
{keys}
[[deployments]]
name = "one"
interface = "wsgi"
views = "sync"
command = ["{{python}}", "serve.py", "{{wsgi}}", "{{port}}"]
[[deployments]]
name = "two"
interface = "wsgi"
views = "sync"
command = ["{{python}}", "serve.py", "{two}", "{{port}}"]
environment = {{ SAYS = "{says}" }}
[[scenarios]]
name = "look"
{scenario}
[load]
users = [1]
settle_s = 0
measure_s = 1
"""


def plan(
    folder: Path,
    paths: str = '"/"',
    keys: str = "",
    two: str = "{wsgi}",
    says: str = "None",
    hosts: str = "['127.0.0.1']",
    debug: bool = False,
    scenario: str = "",
) -> Plan:
    """Write a site with a small server, and return a plan that serves it twice.

    Its scenario asks for the paths, where nothing else is said of it.
    """
    (folder / "site_of_mine.py").write_text(SITE.format(hosts=hosts, debug=debug))
    (folder / "serve.py").write_text(SERVE)
    scenario = scenario or f"paths = [{paths}]"
    text = PLAN.format(python=sys.executable, keys=keys, two=two, says=says, scenario=scenario)
    return parse(text, "site.toml", folder)
