"""A verb's `main` in this process, which saves starting Python and importing.

Only for verbs that start no server: one that binds cores or has children needs its own process.
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
    """Restore this process's handler of SIGTERM, which verbs replace by that of Ctrl-C."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
