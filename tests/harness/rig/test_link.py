"""What the link between two hosts does, by one connection."""

import pytest

from harness.core.errors import BenchError
from harness.host.sockets import HOST, free_port
from harness.rig import link
from harness.rig.link import Link


def test_a_link_has_a_round_trip_and_a_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over loopback a byte comes back within a moment; a full stream repeats some even there."""
    monkeypatch.setattr(link, "STREAM_S", 0.05)
    measured = link.measure(HOST, link.answer(HOST))
    assert 0 < measured.rtt_p50_ms <= measured.rtt_p95_ms < 1_000
    assert measured.mbit_s > 1


def test_a_link_is_told_in_words() -> None:
    """Round trip, rate, repeated segments."""
    assert str(Link(0.21, 0.34, 940.0, 1_200)) == (
        "round trip 0.21 ms (p95 0.34 ms), 940 Mbit/s, 1,200 segments repeated"
    )


def test_a_link_that_lets_nothing_through_is_named() -> None:
    """Say what must be let through."""
    with pytest.raises(BenchError, match=r"cannot reach 127.0.0.1 from here \(Connection refused"):
        link.measure(HOST, free_port())
