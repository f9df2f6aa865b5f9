"""One thread with an event loop: while a task waits, the loop goes on with another.

One cook who does not stand still while a guest thinks.
"""

import asyncio
import time

from work import Order, Task, done, main


async def do(order: Order, number: int) -> Task:
    """Do one task. At `await` it says: I am waiting here, go on with the others."""
    began_s = time.monotonic()
    if order.work == "wait":
        await asyncio.sleep(order.ms / 1000)
    else:
        order.compute()  # there is nothing to wait for, so all others stand still
    return done(number, began_s)


async def do_all(order: Order) -> list[Task]:
    """Begin all tasks, and return once the last has ended."""
    return await asyncio.gather(*(do(order, number) for number in order.numbers))


def carry_out(order: Order) -> list[Task]:
    """Start a loop, let it do the tasks, and end it."""
    return asyncio.run(do_all(order))


if __name__ == "__main__":
    main(carry_out)
