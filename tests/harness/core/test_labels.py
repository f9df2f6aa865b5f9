"""Loads in words."""

from harness.core.labels import loads


def test_loads_are_listed_with_their_unit() -> None:
    """The unit stands once, at the end."""
    assert [loads(users) for users in ((1,), (16, 64), (1, 16, 1024))] == [
        "1 client",
        "16 and 64 clients",
        "1, 16 and 1,024 clients",
    ]
