"""Greenlets: tasks that look like those of threads, and take turns like those of an event loop.

The same cook, for guests who need not know of it: the code of a task has no `await`. gevent puts
functions of its own in place of those that wait, and they go on with other tasks meanwhile.
"""

import gevent
from gevent import monkey

from work import Order, Task, main

monkey.patch_time()  # from here on time.sleep() lets other tasks go on


def carry_out(order: Order) -> list[Task]:
    """Begin all tasks, and return once the last has ended."""
    greenlets = [gevent.spawn(order.do, number) for number in order.numbers]
    return [greenlet.get() for greenlet in greenlets]


if __name__ == "__main__":
    main(carry_out)
