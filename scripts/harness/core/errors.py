"""The error that a user is meant to see."""


class BenchError(Exception):
    """One line for the user: what is wrong, where, and what to do instead."""
