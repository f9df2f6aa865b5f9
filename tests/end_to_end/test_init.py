"""`make init` on projects that it has not seen: fresh, split settings with .env, no asgi.py."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.core import plan_file
from harness.host.machine import Cores
from harness.rig.preflight import preflight
from tests.support.patience import PATIENCE_S

PRODUCTION = """
import os
from .base import *
DEBUG = False
SECRET_KEY = os.environ["SITE_SECRET"]
ALLOWED_HOSTS = [".example.com"]
SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
"""

URLS = """
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.urls import include, path

def home(request):
    return HttpResponse("<h1>home</h1>")

def items(request):
    return JsonResponse({"items": 3})

def item(request, number):
    return HttpResponse(str(number))

inside = [path("items/", items), path("items/<int:number>/", item)]
urlpatterns = [path("admin/", admin.site.urls), path("", home), path("api/", include(inside))]
urlpatterns += [path("account/", login_required(home))]
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Make a project as Django does."""
    folder = tmp_path / "mysite"
    folder.mkdir()
    words = [sys.executable, "-m", "django", "startproject", "shop", str(folder)]
    subprocess.run(words, check=True)
    return folder


def made(site: Path) -> subprocess.CompletedProcess[str]:
    """Make a plan for a site."""
    words = [sys.executable, "scripts/init.py", str(site), f"--results={site.parent / 'results'}"]
    return subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S)


def split(site: Path) -> None:
    """Let manage.py and asgi.py name local settings, wsgi.py those of production."""
    settings = site / "shop" / "settings"
    settings.mkdir()
    (site / "shop" / "settings.py").rename(settings / "base.py")
    (settings / "__init__.py").touch()
    (settings / "local.py").write_text("from .base import *\n")
    (settings / "production.py").write_text(PRODUCTION)
    (site / "shop" / "urls.py").write_text(URLS)
    (site / ".env").write_text("SITE_SECRET='not a secret'\n")
    for path, name in (("manage", "local"), ("shop/asgi", "local"), ("shop/wsgi", "production")):
        file = site / f"{path}.py"
        file.write_text(file.read_text().replace("shop.settings", f"shop.settings.{name}"))


@pytest.mark.long
def test_a_fresh_project_gets_a_plan_that_serves_it(site: Path) -> None:
    """DEBUG is on in what startproject makes, which the preflight of the plan says."""
    done = made(site)
    assert (done.returncode, done.stderr) == (0, "")
    plan, _ = plan_file.read(site / "bench.toml")
    assert [path.path for path in plan.scenarios[0].paths] == ["/"]
    (remark,) = preflight(plan, Cores((0,), (0,))).remarks
    assert remark.startswith("DEBUG is on for gunicorn, uvicorn")
    again = made(site)
    assert again.returncode == 2
    assert "bench.toml: is there already; remove it" in again.stderr


@pytest.mark.long
def test_split_settings_are_those_of_production_for_both_sides(site: Path) -> None:
    """With the variables of .env, a host that is allowed and the header of a proxy.

    What is behind a login is no page of the plan, which says so.
    """
    split(site)
    done = made(site)
    assert (done.returncode, done.stderr) == (0, "")
    plan, _ = plan_file.read(site / "bench.toml")
    application = plan.application
    assert application.environment == {"DJANGO_SETTINGS_MODULE": "shop.settings.production"}
    assert application.request_headers == {"Host": "example.com", "X-Forwarded-Proto": "https"}
    assert application.env_file == site / ".env"
    assert [path.path for path in plan.scenarios[0].paths] == ["/", "/api/items/"]
    text = (site / "bench.toml").read_text()
    assert "# Note: behind a login (/accounts/login/): /account/; to measure that, name a" in text
    result = preflight(plan, Cores((0,), (0,)))
    assert result.remarks == ()
    assert result.served["uvicorn"]["settings"] == "shop.settings.production"


@pytest.mark.long
def test_a_missing_asgi_py_is_made_outside_the_project(site: Path) -> None:
    """Nothing but the plan is written into it."""
    (site / "shop" / "asgi.py").unlink()
    before = set(site.rglob("*.py"))
    done = made(site)
    assert (done.returncode, done.stderr) == (0, "")
    assert "has no asgi.py: " in done.stdout
    assert set(site.rglob("*.py")) == before
    plan, _ = plan_file.read(site / "bench.toml")
    assert preflight(plan, Cores((0,), (0,))).served["uvicorn"]["settings"] == "shop.settings"


@pytest.mark.long
def test_variables_that_are_missing_are_named_at_once(site: Path) -> None:
    """A secret cannot be made up."""
    split(site)
    production = site / "shop" / "settings" / "production.py"
    production.write_text(production.read_text() + 'EMAIL_HOST = os.environ["SITE_MAIL"]\n')
    (site / ".env").unlink()
    for name in ("manage", "shop/asgi"):
        file = site / f"{name}.py"
        file.write_text(file.read_text().replace("settings.local", "settings.production"))
    done = made(site)
    assert done.returncode == 2
    assert "SITE_SECRET, SITE_MAIL are not set: set them in application.env_file" in done.stderr
    assert not (site / "bench.toml").exists()


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    """In one line."""
    done = made(tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {tmp_path}: no manage.py there")
