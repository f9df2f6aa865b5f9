"""One after the other: a task begins when the one before it has ended.

One cook who serves alone, and stands at the table while the guest thinks.
"""

from work import Order, Task, main


def carry_out(order: Order) -> list[Task]:
    """Do one task, then the next."""
    return [order.do(number) for number in order.numbers]


if __name__ == "__main__":
    main(carry_out)
