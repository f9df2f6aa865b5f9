"""Answers that are long: a client that reads them slowly keeps the server waiting."""

from functools import lru_cache

from workloads.answers import encode


@lru_cache(maxsize=1)  # clients that read slowly share the bytes, however many they are
def download(size: int) -> bytes:
    """Return a body with so many characters of content; any client can build the same bytes."""
    return encode({"workload": "download", "size": size, "content": "x" * size})
