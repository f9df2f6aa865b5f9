"""The one error that a user is meant to see."""


class BenchError(Exception):
    """Tell the user in one line what is wrong, where, and what to do instead."""
