"""Tell in mid-run what a served process has executed so far, where valgrind counts.

Cachegrind tells a process's total as it ends. A child that is forked and ends at once brings its
parent's past, so its total is what the parent has executed up to then. With COUNT_FOLDER set, each
process reads, in a thread, the named pipe `<folder>/<pid>.ask`; for each byte it forks such a child
and, once that has ended, appends its number to `<folder>/<pid>.told`.
"""

import os
from _thread import get_ident, start_new_thread
from contextlib import suppress

# Before gevent can put its own in their place, with which the thread would hold up all others.
from os import fork, read, waitpid
from pathlib import Path


class Teller:
    """The pipe of one process, and the thread that reads it."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.thread = 0
        self.pipe = -1
        self.listen()

    def listen(self) -> None:
        """Listen in this process: at the start, and again in each child that it forks."""
        if get_ident() == self.thread:
            return  # a child that ends at once
        if self.pipe != -1:
            os.close(self.pipe)  # the parent's
        own = f"{self.folder}/{os.getpid()}"
        os.mkfifo(f"{own}.ask")
        # For writing too, or reading would end with the first who has written.
        self.pipe = os.open(f"{own}.ask", os.O_RDWR)
        start_new_thread(self.answer, (self.pipe, Path(f"{own}.told")))

    def answer(self, pipe: int, told: Path) -> None:
        """Fork a child for each byte that is asked, and note its number when it has ended."""
        self.thread = get_ident()
        while read(pipe, 1):
            child = fork()
            if child == 0:
                os._exit(0)
            with suppress(ChildProcessError):  # a master that reaps all its children was first
                waitpid(child, 0)
            with told.open("a") as file:
                file.write(f"{child}\n")


def begin() -> None:
    """Listen in this process and in all that it forks, where a folder is named."""
    folder = os.environ.get("COUNT_FOLDER")
    if folder:
        os.register_at_fork(after_in_child=Teller(folder).listen)
