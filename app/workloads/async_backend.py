"""What async views ask by django-async-backend: the event loop itself waits for the database.

A connection belongs to one task and closes with its request, so a query beside another needs a
connection of its own.
Source: https://django-async-backend.readthedocs.io/en/latest/concurrency.html
"""

import asyncio
from typing import TypeVar

from django.db.models import F, Manager, Model
from django_async_backend.db import async_new_connection
from django_async_backend.db.transaction import async_atomic

from workloads.models import Book, Sale
from workloads.queries import slow, titles, with_authors

Record = TypeVar("Record", bound=Model)


async def afetch_title(number: int) -> str:
    """Return the title of a book: one row by its key."""
    return await titles(_rows(Book)).aget(pk=number)


async def afetch_books(first: int, n: int) -> list[list[str]]:
    """Return title and author of `n` books from number `first` on."""
    chosen = with_authors(_rows(Book), first, n)
    return [[book.title, book.author.name] async for book in chosen]


async def asell(number: int) -> None:
    """Sell a book: one row more, and one changed, or neither."""
    async with async_atomic():
        await _rows(Sale).acreate(book_id=number)
        await _rows(Book).filter(pk=number).aupdate(sold=F("sold") + 1)


async def afetch_slowly(n: int, ms: float) -> None:
    """Make `n` queries that sleep for `ms` milliseconds each, at once: each on its connection."""
    queries = (slow(_rows(Book), ms).aget() for _ in range(n))
    await asyncio.gather(*(async_new_connection(query) for query in queries))


def _rows(model: type[Record]) -> Manager[Record]:
    """Return the manager that the backend adds to every model; it is like Django's, without types.

    Source: https://django-async-backend.readthedocs.io/en/latest/orm.html
    """
    manager: Manager[Record] = model.async_objects
    return manager
