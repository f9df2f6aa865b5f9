"""What measuring costs: measured, and held to what it may."""

import pytest

from harness.host.machine import cores
from harness.measure import overhead


@pytest.mark.long
def test_the_probe_costs_at_most_two_percent_of_a_busy_servers_throughput() -> None:
    """The median of three rounds, side by side."""
    assert overhead.probe_cost(cores(), 3).middle <= 0.02
