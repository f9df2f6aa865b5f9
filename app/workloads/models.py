"""What the database holds: books with their authors, and the sales that `write` adds."""

from __future__ import annotations

from django.db import models


class Author(models.Model):
    """Somebody who wrote books."""

    name: models.CharField[str, str] = models.CharField(max_length=100)


class Book(models.Model):
    """A book, and how often it was sold."""

    title: models.CharField[str, str] = models.CharField(max_length=100)
    author: models.ForeignKey[Author, Author] = models.ForeignKey(Author, models.CASCADE)
    sold: models.PositiveIntegerField[int, int] = models.PositiveIntegerField(default=0)


class Sale(models.Model):
    """One sale of a book."""

    book: models.ForeignKey[Book, Book] = models.ForeignKey(Book, models.CASCADE)
