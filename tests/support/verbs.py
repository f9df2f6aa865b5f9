"""Call a verb's `main` in this process, which spares what starting Python and importing cost.

For what starts no server: whatever binds cores or has children runs in a process of its own.
"""

import io
import signal
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib import import_module


def call(verb: str, *words: str) -> tuple[int, str, str]:
    """Call `scripts/<verb>.py` with its arguments; return status, output and errors."""
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors), _own_sigterm():
        try:
            status = import_module(verb).main(list(words))
        except SystemExit as end:  # how argparse ends
            status = end.code
    return status, output.getvalue(), errors.getvalue()


@contextmanager
def _own_sigterm() -> Iterator[None]:
    """Put back this process's answer to SIGTERM, which verbs make one to Ctrl-C."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
