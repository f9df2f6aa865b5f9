"""The calculator in a real browser: it solves the model as Python does, and can be used."""

import json
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from harness.core import units
from harness.core.bounds import Bound
from harness.core.closed_network import ClosedNetwork, most_users
from harness.report import page
from harness.report.calculator import (
    OBJECTIVE_MS,
    P95_SHARE,
    Calculator,
    Server,
    calculator,
    held,
)
from harness.report.charts.drawing import Drawing, Key, Panel
from harness.report.narrate import narrate
from harness.runs.store import Run
from harness.runs.summarise import summarise
from tests.support.browser import needs_browser, visit

pytestmark = [pytest.mark.long, needs_browser]

# Cached and slow pages, cheap and dear ones, with pauses and without; few slots, many, any number.
SYSTEMS = [
    Bound(wait_ms, cpu_ms, think_ms, slots, cores)
    for wait_ms, cpu_ms, think_ms, slots, cores in product(
        (0, 5, 250), (0.3, 20), (0, 50), (None, 4, 400), (1, 2)
    )
]
USERS = (1, 16, 256, 1024)

# A chart with two keys: which of them is hidden stands in the link as well.
KEYS = tuple(Key(name, "<svg></svg>", name) for name in ("d0", "d1"))
CHART = Drawing("How much?", ("",), KEYS, (Panel("", "<svg></svg>", ()),))

# Solves all systems, reads what a link chose, moves a slider as a reader does, and goes back.
PROBE = """<script>
const complaints = [];
const systems = SYSTEMS, users = USERS, share = SHARE, objective = OBJECTIVE;
addEventListener("error", (event) => complaints.push(event.message));
addEventListener("load", async () => {
  const form = document.querySelector("form.calculator");
  const says = () => form.querySelector("[role=status]").textContent;
  const later = () => new Promise((done) => setTimeout(done, 300));
  const solved = systems.map(([wait, cpu, think, slots, cores]) => {
    const network = closedNetwork({ wait, cpu, think, slots, cores }, Math.max(...users));
    const p95 = users.map((each) => network.percentile(each, share));
    return [users.map(network.throughput), p95, network.held(objective, share)];
  });
  const nameless = (each) => !each.labels.length && !each.textContent;
  const seen = {
    solved,
    complaints,
    width: innerWidth,
    needed: document.documentElement.scrollWidth,
    shown: [!form.hidden, !form.nextElementSibling.hidden],
    nameless: [...form.elements].filter(nameless).length,
    linked: says(),
    spoken: form.elements.threads.getAttribute("aria-valuetext"),
  };
  document.querySelector(".key[data-key]").click();
  form.elements.threads.value = 0;
  form.elements.threads.dispatchEvent(new Event("input", { bubbles: true }));
  await later();
  seen.moved = says();
  seen.link = location.hash;
  form.reset();
  await later();
  const texts = (row) => [...row.cells].map((cell) => cell.textContent);
  seen.rows = [...form.querySelectorAll("tbody tr")].map(texts);
  parent.postMessage(JSON.stringify(seen), "*");
});
</script>
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """What one start of the browser saw, and the calculator that was on the page."""

    seen: dict[str, Any]
    calculator: Calculator

    def best(self, interface: str) -> Server:
        """Return the server of an interface that holds most users."""
        servers = self.calculator.scenarios["wait"]
        of = [each for each in servers if each.interface == interface]
        return max(of, key=lambda each: users_of(each.system))

    @property
    def threaded(self) -> Server:
        """Return the server whose threads have a slider."""
        return next(each for each in self.calculator.scenarios["wait"] if each.threads)


def users_of(system: Bound) -> int:
    """Return how many users a system holds."""
    return held(ClosedNetwork(system, 7_000), OBJECTIVE_MS)


def most_held(network: ClosedNetwork) -> int:
    """Return how many of USERS at most a network holds."""
    return most_users(
        lambda users: network.share_within(users, OBJECTIVE_MS) >= P95_SHARE, max(USERS)
    )


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """Open the stored default run once, on a screen of 360 pixels, by a link with choices."""
    run = Run.open(Path("results/reference"))
    records = run.records()
    summary = summarise(run.name, run.plan, run.facts.machine, records)
    text = page.html(summary, narrate(summary, run.plan, records), {"wait.throughput": CHART})
    probe = PROBE
    systems = [(s.wait_ms, s.cpu_ms, s.think_ms, s.slots, s.cores) for s in SYSTEMS]
    values = {"SYSTEMS": systems, "USERS": USERS, "SHARE": P95_SHARE, "OBJECTIVE": OBJECTIVE_MS}
    for name, value in values.items():
        probe = probe.replace(name, json.dumps(value), 1)
    folder = tmp_path_factory.mktemp("browser")
    seen = visit(folder, text, probe, 360, link="#what-it-costs&users=300&threads=100")
    shown = calculator(summary)
    assert shown
    return Visit(seen, shown)


def test_javascript_solves_the_model_as_python_does(visited: Visit) -> None:
    """Throughputs to rounding, p95 within 0.1%, how many users are held to the user."""
    for system, (rates, p95, most) in zip(SYSTEMS, visited.seen["solved"], strict=True):
        network = ClosedNetwork(system, max(USERS))
        assert rates == pytest.approx([network.throughput_rps(users) for users in USERS], rel=1e-9)
        expected = [network.percentile_ms(users, P95_SHARE) for users in USERS]
        assert p95 == pytest.approx(expected, rel=1e-3)
        assert most == most_held(network)


def test_the_calculator_takes_the_place_of_the_cases_and_fits_on_a_phone(visited: Visit) -> None:
    """Each control has a name, and says its value in words."""
    seen = visited.seen
    assert seen["complaints"] == []
    assert seen["needed"] <= seen["width"] == 360
    assert seen["shown"] == [True, False]
    assert seen["nameless"] == 0
    assert seen["spoken"] == "100"


def test_a_link_chooses_numbers_and_the_answer_says_where_it_flips(visited: Visit) -> None:
    """As many threads as the link says beside the best event loop, all by Python's figures."""
    threaded, asgi = visited.threaded, visited.best("asgi")
    own, most = users_of(replace(threaded.system, slots=100)), users_of(asgi.system)
    said = visited.seen["linked"]
    assert f"{threaded.name} with 100 threads (WSGI) holds {units.count(own)}" in said
    assert f"{asgi.name} (ASGI) holds {units.count(most)}" in said
    (threads,) = (each for each in visited.calculator.controls if each.key == "threads")
    flip = next(
        t for t in threads.steps if users_of(replace(threaded.system, slots=int(t))) >= most
    )
    assert f"flips at about {units.count(flip)} threads" in said


def test_what_is_moved_stands_in_the_link_beside_what_charts_hide(visited: Visit) -> None:
    """One thread holds few users; the anchor, the users and the hidden deployment stay."""
    alone = users_of(replace(visited.threaded.system, slots=1))
    assert f"with 1 thread (WSGI) holds {alone}" in visited.seen["moved"]
    parts = visited.seen["link"].removeprefix("#").split("&")
    assert parts[0] == "what-it-costs"
    assert sorted(parts[1:]) == ["hide=d0", "threads=1", "users=300"]


def test_a_reset_shows_what_the_run_had(visited: Visit) -> None:
    """A row for each server, with the throughput that Python predicts at the most users."""
    servers = {each.name: each.system for each in visited.calculator.scenarios["wait"]}
    rows = {row[0].split(" ")[0]: row[2] for row in visited.seen["rows"]}
    assert rows.keys() == servers.keys()
    for name, system in servers.items():
        rate = ClosedNetwork(system, 1024).throughput_rps(1024)
        assert float(rows[name].split(" ")[0].replace(",", "")) == pytest.approx(rate, rel=0.01)
