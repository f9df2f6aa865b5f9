"""The same event loop on another engine: uvloop, which is written in C.

The same cook, who walks faster from table to table.
"""

import uvloop

from event_loop import do_all
from work import Order, Task, main


def carry_out(order: Order) -> list[Task]:
    """Start uvloop's loop, let it do the tasks, and end it."""
    return uvloop.run(do_all(order))


if __name__ == "__main__":
    main(carry_out)
