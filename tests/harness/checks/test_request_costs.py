"""Instructions of one request, deployment by deployment."""

import shutil

import pytest

from harness.checks.request_costs import RequestCost, request_costs
from harness.core.errors import BenchError
from harness.core.plan import Plan
from harness.host.machine import Cores
from harness.report.request_costs import HEADINGS, markdown, rows
from tests.support.builders import SMALL

CORES = Cores((0,), (0,))


def cost(deployment: str, per_request: int, scenario: str = "plain") -> RequestCost:
    """Build a cost."""
    return RequestCost(scenario, deployment, "/sync/plain/", per_request, 5_000_000_000)


def test_every_cost_stands_beside_the_first_of_its_scenario() -> None:
    """1.5 million are half a million and 1.50 times more than one million."""
    costs = [cost("a", 1_000_000), cost("b", 1_500_000), cost("b", 900_000, "wait")]
    assert list(rows(costs)) == [
        ("plain", "a", "1,000,000", "", "", "5,000,000,000"),
        ("plain", "b", "1,500,000", "+500,000", "1.50", "5,000,000,000"),
        ("wait", "b", "900,000", "", "", "5,000,000,000"),
    ]


def test_the_page_has_a_row_for_each() -> None:
    """Below what was counted."""
    page = markdown("middleware", [cost("a", 1_000_000)])
    assert page.startswith("# middleware: instructions per request\n")
    assert f"| {' | '.join(HEADINGS)} |" in page
    assert "| plain | a | 1,000,000 |" in page


def planned(*paths: str) -> Plan:
    """Return SMALL, whose scenario has so many paths counted."""
    scenario = SMALL.scenarios[0].model_copy(update={"instructions": paths})
    return SMALL.model_copy(update={"scenarios": (scenario,)})


@pytest.mark.skipif(not shutil.which("valgrind"), reason="needs valgrind")
def test_a_plan_that_names_no_paths_is_refused_with_what_to_set() -> None:
    """Before anything starts."""
    with pytest.raises(BenchError, match=r"no scenario says what to count; set .*instructions = "):
        list(request_costs(planned(), CORES))


def test_without_valgrind_it_is_said_where_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BenchError, match="apt install valgrind"):
        list(request_costs(planned("/sync/plain/"), CORES))
