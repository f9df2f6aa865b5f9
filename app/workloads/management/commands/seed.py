"""`python manage.py seed`: make the tables, and fill them anew with the same rows every time."""

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection, transaction

from workloads.accounts import PASSWORD, USER
from workloads.models import Author, Book, Sale
from workloads.parameters import BOOKS

AUTHORS = 100
"""How many authors there are; books take them in turn."""


class Command(BaseCommand):
    """Put the data back as each block of a run shall find it; no tables but its own are touched."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, empty, fill, and count for the planner what there is."""
        call_command("migrate", verbosity=0)
        with transaction.atomic():
            empty()
            fill()
            if apps.is_installed("django.contrib.auth"):
                register()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def empty() -> None:
    """Remove all rows, at once however many there are."""
    tables = ", ".join(model._meta.db_table for model in (Author, Book, Sale))
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY")


def fill() -> None:
    """Add authors and books, numbered from 1 on, of which each name follows from the number."""
    Author.objects.bulk_create(
        Author(id=number, name=f"author {number}") for number in range(1, AUTHORS + 1)
    )
    Book.objects.bulk_create(
        Book(id=number, title=f"book {number}", author_id=number % AUTHORS + 1)
        for number in range(1, BOOKS + 1)
    )


def register() -> None:
    """Have the user who may log in; whoever else may, and sessions, are left alone."""
    users = get_user_model().objects
    users.filter(username=USER).delete()
    users.create(username=USER, password=make_password(PASSWORD))
