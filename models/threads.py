"""Several threads: each does one task at a time, and only one of them runs Python at any moment.

Several cooks who share one kitchen: they can wait at the same time, but there is one stove, the
interpreter's lock, and they take turns at it.
"""

from concurrent.futures import ThreadPoolExecutor

from work import Order, Task, main


def carry_out(order: Order) -> list[Task]:
    """Let each thread of a pool take the next task as soon as it is free."""
    with ThreadPoolExecutor(order.workers) as pool:
        return list(pool.map(order.do, order.numbers))


if __name__ == "__main__":
    main(carry_out)
