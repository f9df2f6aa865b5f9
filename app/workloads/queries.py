"""What the views ask the database for: each by the sync ORM, then the same by the async one.

The async ORM is the sync one in a thread (sync_to_async), and has no transactions: what needs one
goes to the thread as a whole. async_backend.py makes the same queries without a thread.
Source: https://docs.djangoproject.com/en/stable/topics/async/#queries-the-orm
"""

import asyncio
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, transaction
from django.db.models import F, Func, Manager, QuerySet, TextField, Value

from workloads.models import Book, Sale

FAILURES = (Error, ImproperlyConfigured)
"""What asking raises where the database does not answer, or where there is none."""


def fetch_title(number: int) -> str:
    """Return the title of a book: one row by its key."""
    return titles(Book.objects).get(pk=number)


async def afetch_title(number: int) -> str:
    """Do the same from an async view."""
    return await titles(Book.objects).aget(pk=number)


def fetch_books(first: int, n: int) -> list[list[str]]:
    """Return title and author of `n` books from number `first` on."""
    chosen = with_authors(Book.objects, first, n)
    return [[book.title, book.author.name] for book in chosen]


async def afetch_books(first: int, n: int) -> list[list[str]]:
    """Do the same from an async view."""
    chosen = with_authors(Book.objects, first, n)
    return [[book.title, book.author.name] async for book in chosen]


@transaction.atomic
def sell(number: int) -> None:
    """Sell a book: one row more, and one changed, or neither."""
    Sale.objects.create(book_id=number)
    Book.objects.filter(pk=number).update(sold=F("sold") + 1)


async def asell(number: int) -> None:
    """Do the same from an async view."""
    await sync_to_async(sell)(number)


def fetch_slowly(n: int, ms: float) -> None:
    """Make `n` queries that keep a connection busy for `ms` milliseconds each, one by one."""
    for _ in range(n):
        slow(Book.objects, ms).get()


async def afetch_slowly(n: int, ms: float) -> None:
    """Ask for all of them at once, from an async view."""
    await asyncio.gather(*(slow(Book.objects, ms).aget() for _ in range(n)))


def titles(books: Manager[Book]) -> QuerySet[Book, str]:
    """Return the titles of all books."""
    return books.values_list("title", flat=True)


def with_authors(books: Manager[Book], first: int, n: int) -> QuerySet[Book]:
    """Return books, each with its author: one query, by a join."""
    return books.filter(pk__gte=first).order_by("pk").select_related("author")[:n]


def slow(books: Manager[Book], ms: float) -> QuerySet[Book, str]:
    """Return a query for one row that sleeps in the database."""
    sleep: Func[Any] = Func(Value(ms / 1000), function="pg_sleep", output_field=TextField())
    return books.filter(pk=1).annotate(slept=sleep).values_list("slept", flat=True)
