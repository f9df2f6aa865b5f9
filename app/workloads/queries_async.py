"""What async views ask the database for, by the backend that the deployment chose."""

from django.apps import apps

from workloads.queries import FAILURES

if apps.is_installed("django_async_backend"):
    from workloads.async_backend import afetch_books, afetch_slowly, afetch_title, asell
else:
    from workloads.queries import afetch_books, afetch_slowly, afetch_title, asell

__all__ = ["FAILURES", "afetch_books", "afetch_slowly", "afetch_title", "asell"]
