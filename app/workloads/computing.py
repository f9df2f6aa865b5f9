"""Work for the CPU alone: the negative control, which no interface can serve any sooner."""

from time import thread_time

# About 15 microseconds of the interpreter's own time: what a request uses beyond its measure.
_PIECE = range(1_000)


def use_cpu(ms: float) -> None:
    """Use `ms` milliseconds of this thread's CPU time, in Python, as templates and serialisers do.

    Time that the thread waits for the interpreter's lock or for a core does not count, so every
    request costs the same however many there are.
    """
    end_s = thread_time() + ms / 1000
    while thread_time() < end_s:
        sum(_PIECE)
