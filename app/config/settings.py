"""Settings of the application under test: the least that is still an honest Django."""

import os

from config import database
from config.middleware import apps, middleware
from workloads.parameters import MAX_BODY

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
# It signs the sessions of a user who may do nothing.
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "for-the-benchmark-only-never-for-a-site")

ROOT_URLCONF = "config.urls"
USE_I18N = False
USE_TZ = True

# None, unless a deployment chooses: under ASGI every ordinary middleware adds up to two thread hops
# to each request, under WSGI a function call, so with any the comparison would measure middleware.
_chosen = os.environ.get("DJANGO_MIDDLEWARE", "none")
MIDDLEWARE = middleware(_chosen)

DATABASES = database.databases(os.environ)
INSTALLED_APPS = ["workloads", *apps(_chosen), *database.apps(DATABASES)]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# A client logs in once, before it is measured. Django's own hasher would take a core a third of a
# second for each of them. Never do so where passwords are somebody's.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY

# Where /sync/call/ and /async/call/ send their request, e.g. http://127.0.0.1:9000
UPSTREAM_URL = os.environ.get("UPSTREAM_URL", "").rstrip("/")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {
        # 4xx are warnings: a line for each would make a wrong URL slower than a right one.
        "django": {"handlers": ["stderr"], "level": "ERROR"},
        # These are 4xx too, but Django logs them as errors with a traceback.
        "django.security": {"level": "CRITICAL"},
    },
}
