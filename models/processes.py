"""Several processes: each does one task at a time, on whichever core is free.

Several cooks, each with a kitchen of their own: they can wait at the same time, and cook at the
same time.
"""

from concurrent.futures import ProcessPoolExecutor

from work import Order, Task, main


def carry_out(order: Order) -> list[Task]:
    """Let each process of a pool take the next task as soon as it is free."""
    with ProcessPoolExecutor(order.workers) as pool:
        return list(pool.map(order.do, order.numbers))


if __name__ == "__main__":
    main(carry_out)
