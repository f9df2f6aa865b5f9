"""The WSGI entry point with everything loaded that the first request would load: URLs and views.

A master that loads this before it forks (`gunicorn --preload`) shares it with all workers.
Otherwise each of them imports the URLs at its own first request, which takes hundreds of times as
long as a later one: 32 workers that have one core are busy with that for many seconds.

Source: Django resolves ROOT_URLCONF lazily, in django.core.handlers.base.BaseHandler.
"""

from django.urls import get_resolver

from config.wsgi import application

__all__ = ["application"]

get_resolver().url_patterns  # noqa: B018 - a property that imports them when it is read
