"""A locustfile is asked before it is measured, every task of it, by a few users."""

import os
from collections import Counter
from pathlib import Path

import pytest

from harness.core.plan import Load, Scenario
from harness.rig.first_answers import FIRST, FirstAnswers
from harness.rig.generator import LOOKING, generate
from harness.rig.session import awaited
from tests.support.shop import shop

LOAD = """
from locust import FastHttpUser, HttpUser, SequentialTaskSet, constant, task

class Visitor(FastHttpUser):
    wait_time = constant(60)
    weight = 99

    @task(99)
    def listing(self):
        self.client.get("/items/?page=1", name="listing")

    @task
    def gone(self):
        self.client.get("/gone/")

class Customer(HttpUser):
    wait_time = constant(60)

    def on_start(self):
        self.client.get("/login/")

    @task
    class Checkout(SequentialTaskSet):
        @task
        def basket(self):
            with self.client.post("/items/", json={"item": 7}, catch_response=True) as answer:
                answer.failure("no basket")

        @task
        def pay(self):
            self.client.get("/nothing/")
            raise KeyError("card")
"""


def answers(text: str, folder: Path, most_s: float) -> FirstAnswers:
    """Ask the shop by a locustfile, as the preflight does."""
    locustfile = folder / "load.py"
    locustfile.write_text(text)
    core = sorted(os.sched_getaffinity(0))[-1:]
    load = Load(users=(1,), settle_s=0, measure_s=most_s, tail_s=most_s)
    scenario = Scenario(name="shop", locustfile=locustfile)
    with (
        shop() as server,
        generate(scenario, load, "sync", server.url, folder, core, LOOKING) as generator,
    ):
        return FIRST.validate_json(awaited(generator.next_line, generator, (), most_s, False))


def test_each_task_is_done_by_two_users_of_its_class(tmp_path: Path) -> None:
    """With no pause of a minute, whatever the weights."""
    first = answers(LOAD, tmp_path, most_s=20)
    counts = Counter(asked.label for asked in first.asked)
    assert counts.pop("/login/") == 2
    assert counts.keys() == {"listing", "/gone/", "POST /items/", "/nothing/"}
    assert set(counts.values()) <= {2, 3, 4}
    assert first.missed == ()
    assert [(error, task) for error, task, _ in first.raised] == [("KeyError", "pay")]
    by_label = first.by_label()
    listing, gone, basket = (by_label[each][0] for each in ("listing", "/gone/", "POST /items/"))
    assert (listing.path, listing.error) == ("/items/?page=1", "")
    assert listing.answer.body == b'{"items": [1]}'
    assert listing.answer.headers == {"content-type": "application/json"}
    assert (gone.refused, gone.answer.status) == (True, 404)
    assert (basket.refused, basket.error) == (False, "no basket")


@pytest.mark.long
def test_tasks_that_do_not_come_up_are_named(tmp_path: Path) -> None:
    """The first of a sequence never ends."""
    text = LOAD.replace('answer.failure("no basket")', "import time; time.sleep(9)")
    assert answers(text, tmp_path, most_s=1).missed == ("basket", "pay")
